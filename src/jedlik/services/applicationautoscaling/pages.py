"""MaxResults and NextToken, as all Describe operations have them."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from typing import Any, TypeVar

from jedlik.services.applicationautoscaling.errors import invalid_token, validation
from jedlik.services.applicationautoscaling.limits import PAGE_MAX

T = TypeVar("T")


def page(found: Sequence[T], req: dict[str, Any]) -> tuple[Sequence[T], dict[str, str]]:
    """The part of `found` that a request asks for, and the token of the rest. Raises ApiError."""
    size = req.get("MaxResults", PAGE_MAX)
    if size < 1:
        raise validation("MaxResults must be at least 1.")  # unverified
    first = _number(req["NextToken"]) if "NextToken" in req else 0
    end = first + min(size, PAGE_MAX)
    if end >= len(found):
        return found[first:], {}
    return found[first:end], {"NextToken": urlsafe_b64encode(str(end).encode()).decode()}


def _number(token: str) -> int:
    try:
        text = b64decode(token.encode(), b"-_", validate=True)
    except (Error, ValueError):
        raise invalid_token() from None
    if not text.isdigit() or len(text) > 12:
        raise invalid_token()
    return int(text)
