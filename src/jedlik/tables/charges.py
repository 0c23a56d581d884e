"""What writes take: admitted before the work, taken after it, to the unit.

The write door (`write.py`) calls this for everything that clients ask for; what the house does by
itself (expiry, backfill) takes no capacity. An index that has none left holds up its table's writes
(developer guide, "Global secondary indexes": throughput considerations).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jedlik.storage.waist import Row
from jedlik.tables.errors import Reason, Throttled, TransactionCancelled
from jedlik.tables.indexes import IndexDelta, write_units
from jedlik.tables.item_writes import ItemWrite, PutWrite
from jedlik.tables.keys import index_key
from jedlik.tables.model import Table
from jedlik.tables.stored import size_of
from jedlik.tables.throughput import Flow, Watch

if TYPE_CHECKING:
    from jedlik.tables.database import Database
    from jedlik.tables.item_writes import Written

INNOCENT = Reason("None")


def admit_indexes(flow: Flow, deltas: Sequence[IndexDelta], now: float) -> None:
    """A write waits for the global indexes that it changes; raises Throttled."""
    for delta in deltas:
        lanes = flow.indexes.get(delta.index.name)
        if lanes is not None and now < lanes[1].shut_until:
            _, token, sort, _ = delta.writes[-1].key
            lanes[1].admit(lanes[1].place_of(token, sort), now)


def take_for_indexes(flow: Flow, written: Written, now: float, times: int = 1) -> int:
    """Take what a write came to from the global indexes; returns what local ones came to, which
    share the table's capacity."""
    local = 0
    places = written.index_places or {}
    for name, units in written.index_units.items():
        lanes = flow.indexes.get(name)
        if lanes is None:
            local += units
        else:
            place = places.get(name, b"")
            if lanes[1].watch is not None:
                place = _named_place(flow.table, name, written, lanes[1].watch) or place
            lanes[1].take(place, units * times, now)
    return local


def _named_place(table: Table, name: str, written: Written, watch: Watch) -> bytes:
    """The whole place of the entry that is written, or goes, and the watch told what it is."""
    index = table.index(name)
    for image in (written.new, written.old):
        key = index_key(index, image.item) if index is not None and image is not None else None
        if key is not None and image is not None:
            watch.name(key, image.item)
            return key.token + key.sort
    return b""


def reserve(db: Database, write: ItemWrite, now: float) -> int | Throttled:
    """Admit a write of a batch and charge it the least that it can take: so many units."""
    lane = db.flows.of(write.table).write
    place = lane.place_of(write.key.token, write.key.sort)
    if now < lane.shut_until:
        try:
            lane.admit(place, now)
        except Throttled as fault:
            return fault
    if lane.limit is None:
        return 0
    units = write_units(write.size) if isinstance(write, PutWrite) else 1
    lane.charge(place, units, now)
    return units


def take(
    db: Database,
    write: ItemWrite,
    written: Written,
    now: float,
    *,
    times: int = 1,
    reserved: int = 0,
) -> None:
    """Take what one write of several came to. `reserved`: so much of it was charged before."""
    flow = db.flows.of(write.table)
    lane = flow.write
    units = write_units(written.charged_bytes)
    if written.index_units:
        units += take_for_indexes(flow, written, now, times)
    units *= times
    lane.add(units)
    if (lane.limit is not None or lane.watch is not None) and units > reserved:
        lane.charge(lane.place_of(write.key.token, write.key.sort), units - reserved, now)


def admit_all(db: Database, writes: Sequence[ItemWrite], now: float) -> None:
    """Admit a transaction; raises TransactionCancelled if one of its items must wait."""
    reasons = [INNOCENT] * len(writes)
    for at, write in enumerate(writes):
        lane = db.flows.of(write.table).write
        if now < lane.shut_until:
            try:
                lane.admit(lane.place_of(write.key.token, write.key.sort), now)
            except Throttled as fault:
                reasons[at] = throttled_reason(fault)
    if any(reason is not INNOCENT for reason in reasons):
        raise TransactionCancelled(reasons)


def take_for_cancelled(
    db: Database,
    writes: Sequence[ItemWrite],
    rows: Sequence[Row | None],
    reasons: Sequence[Reason],
    now: float,
) -> None:
    """Take what preparing a transaction came to that was cancelled for its conditions: half of
    what it would have taken. Unverified: "one to prepare the transaction and one to commit it"
    says the developer guide, and nothing of those that are not committed."""
    if all(reason.code in ("None", "Throttled") for reason in reasons):
        return  # what is throttled takes nothing
    for write, row, reason in zip(writes, rows, reasons, strict=True):
        flow = db.flows.of(write.table)
        if reason.code == "ConditionalCheckFailed":
            flow.conditions_failed.add(1.0)
        size = size_of(row.value) if row is not None else 0
        if isinstance(write, PutWrite):
            size = max(size, write.size)
        lane = flow.write
        lane.take(lane.place_of(write.key.token, write.key.sort), write_units(size), now)


def throttled_reason(fault: Throttled) -> Reason:
    """Why an item of a transaction must wait; services know the words."""
    return Reason("Throttled", None, None, fault)
