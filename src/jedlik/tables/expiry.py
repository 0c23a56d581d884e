"""When items expire: an entry for each item that has an expiry, in order of time. Pure.

    (ttl.space, one token, expiry (8 bytes, big endian) + token of the item, sort of the item) -> ""

The write door keeps these rows in the same commit as the items, so that whoever looks for what has
expired reads exactly that, from the front, and never scans a table (see
docs/decisions/0008-expiries-in-order-of-time.md).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from jedlik.storage.waist import ANY, Delete, Put
from jedlik.storage.waist import Key as RowKey
from jedlik.tables.keys import Key
from jedlik.tables.model import TtlSettings
from jedlik.tables.stored import Stored

TOKEN = b"expiry".ljust(16, b"\0")
TIME_BYTES = 8
TIME_MAX = (1 << 62) - 1
"""Later expiries are never: that is beyond every calendar."""
TOO_OLD_S = 5 * 365 * 24 * 3600
"""Expiries longer ago are ignored (developer guide, "Using time to live"). Unverified: whether
leap days count."""


class Expiry(NamedTuple):
    """An entry, read back: which item, and the expiry in epoch seconds it was entered with."""

    at_s: int
    key: Key


def moves(
    ttl: TtlSettings, key: Key, old: Stored | None, new: Stored | None
) -> tuple[Put | Delete, ...]:
    """The rows that change when an item does."""
    before = entry_key(ttl, key, old.item) if old is not None else None
    after = entry_key(ttl, key, new.item) if new is not None else None
    if before == after:
        return ()
    removal = (Delete(before, ANY),) if before is not None else ()
    addition = (Put(after, ANY, b""),) if after is not None else ()
    return (*removal, *addition)


def entry_key(ttl: TtlSettings, key: Key, item: dict[str, Any]) -> RowKey | None:
    """Where an item's entry is; None for an item that never expires."""
    at_s = expiry_of(ttl, item)
    if at_s is None:
        return None
    return (ttl.space, TOKEN, at_s.to_bytes(TIME_BYTES, "big") + key.token, key.sort)


def expiry_of(ttl: TtlSettings, item: dict[str, Any]) -> int | None:
    """The item's expiry in epoch seconds; None without one, or where it is no number of use."""
    value = item.get(ttl.attribute)
    text = value.get("N") if value is not None else None
    if text is None:
        return None
    at_s = int(text) if text.isdigit() else int(Decimal(text))
    return at_s if 0 < at_s <= TIME_MAX else None


def is_due(at_s: int, now_ms: int) -> bool:
    """Whether an expiry has passed, and not too long ago to count."""
    low_s, high_s = due_range(now_ms)
    return low_s <= at_s <= high_s


def due_range(now_ms: int) -> tuple[int, int]:
    """The expiries that are due now: from, to, both inclusive. Due is what is less than now."""
    return max(0, now_ms // 1000 - TOO_OLD_S), max(0, (now_ms - 1) // 1000)


def due_bounds(now_ms: int) -> tuple[bytes, bytes]:
    """The same as sort keys: from, inclusive, to, exclusive."""
    low_s, high_s = due_range(now_ms)
    return low_s.to_bytes(TIME_BYTES, "big"), (high_s + 1).to_bytes(TIME_BYTES, "big")


def read_entry(sort: bytes, sub: bytes) -> Expiry:
    """The entry in a row of an expiry space."""
    at_s = int.from_bytes(sort[:TIME_BYTES], "big")
    return Expiry(at_s, Key(sort[TIME_BYTES:], sub))
