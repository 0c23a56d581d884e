"""MaxResults and NextToken, as all Describe operations have them."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from jedlik.services.dax.errors import invalid_value
from jedlik.services.dax.limits import PAGE_MAX, PAGE_MIN

T = TypeVar("T")


def page(
    found: Sequence[T], req: dict[str, Any], *, name: Callable[[T], str]
) -> tuple[Sequence[T], dict[str, str]]:
    """The part of `found`, in order of its names, that a request asks for, and the rest's token.

    Raises InvalidParameterValueException. Unverified texts.
    """
    size = req.get("MaxResults", PAGE_MAX)
    if not PAGE_MIN <= size <= PAGE_MAX:
        raise invalid_value(f"MaxResults must be between {PAGE_MIN} and {PAGE_MAX}.")
    if "NextToken" in req:
        after = _decode(req["NextToken"])
        found = [each for each in found if name(each) > after]
    shown = found[:size]
    if len(found) == len(shown):
        return shown, {}
    return shown, {"NextToken": urlsafe_b64encode(name(shown[-1]).encode()).decode()}


def _decode(text: str) -> str:
    try:
        return b64decode(text.encode(), b"-_", validate=True).decode()
    except (Error, ValueError):
        raise invalid_value("The NextToken is not valid.") from None
