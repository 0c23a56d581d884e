"""Pages of lists: MaxItems and Marker.

A marker is the name after which the next page begins, so a list that changes between two pages
loses and repeats nothing else.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from jedlik.api.errors import validation
from jedlik.services.iam.limits import ITEMS_PER_PAGE

T = TypeVar("T")


def page(
    req: dict[str, Any], found: Iterable[T], *, key: Callable[[T], str], most: int = ITEMS_PER_PAGE
) -> tuple[list[T], dict[str, Any]]:
    """The part of a list that was asked for, and the members IsTruncated and Marker.

    found: in the order of `key`, which is unique.
    """
    after = marked(req.get("Marker"))
    left = [each for each in found if after is None or key(each) > after]
    size = req.get("MaxItems", most)
    part = left[:size]
    if len(left) <= size:
        return part, {"IsTruncated": False}
    return part, {"IsTruncated": True, "Marker": mark(key(part[-1]))}


def mark(key: str) -> str:
    return urlsafe_b64encode(key.encode()).decode()


def marked(marker: str | None) -> str | None:
    """The key that a marker holds. Raises ApiError."""
    if marker is None:
        return None
    try:
        return urlsafe_b64decode(marker.encode()).decode()
    except ValueError:
        raise validation("Invalid Marker.") from None  # unverified
