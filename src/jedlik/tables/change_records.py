"""What a write leaves in the log of its table."""

from __future__ import annotations

from zlib import adler32

from jedlik.changes.record import Record, encode_record
from jedlik.storage.waist import Change
from jedlik.tables.model import Table
from jedlik.tables.stored import Stored


def change_of(
    table: Table,
    token: bytes,
    old: Stored | None,
    new: Stored | None,
    *,
    at_ms: int,
    version: int,
    actor: str | None = None,
) -> Change | None:
    """The change that a write to a table whose log has readers adds to it; None if it changes
    nothing. token: of the item's key."""
    if not _differ(old, new):
        return None
    record = Record(
        at_ms=at_ms,
        version=version,
        old=None if old is None else old.value,
        new=None if new is None else new.value,
        actor=actor,
    )
    return Change(table.log_space, table.part_of(token), encode_record(record))


def _differ(old: Stored | None, new: Stored | None) -> bool:
    """Whether an item is another one now: the same members in another order are none."""
    if old is None or new is None:
        return old is not new
    before, after = old.value, new.value
    if before == after:
        return False
    if len(before) != len(after) or _sum_of(before) != _sum_of(after):
        return True  # no other order of the same
    return old.item != new.item


def _sum_of(value: bytes) -> int:
    """Of its bytes, wherever they stand: the lower half of Adler-32 (RFC 1950)."""
    return adler32(value) & 0xFFFF
