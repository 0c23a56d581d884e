"""NextToken: what an operation needs to go on, as text that clients pass back."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error

from jedlik.services.cloudwatch.errors import invalid_token


def token_of(place: bytes) -> str:
    return urlsafe_b64encode(place).decode()


def place_of(token: str) -> bytes:
    """Raises InvalidNextToken."""
    try:
        return b64decode(token.encode(), b"-_", validate=True)
    except (Error, ValueError):
        raise invalid_token() from None


def number_of(token: str | None) -> int:
    """The number that a token stands for; 0 without one. Raises InvalidNextToken."""
    if token is None:
        return 0
    place = place_of(token)
    if not place.isdigit() or len(place) > 12:
        raise invalid_token()
    return int(place)
