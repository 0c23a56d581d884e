"""The way of a PutItem that differs from one before it in nothing but its item's values.

The same steps as `put_item.py` and the short way of `tables/write.py`, with what they found then:
the table, its lane, what surrounds the values in the body and in storage. Only for puts without a
condition that answer nothing, into a table where a write changes no other row, in an engine of this
process; and only while the table is still the one that it was.
"""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.ways import Rows, every_row
from jedlik.services.dynamodb.item_forms import ItemForm
from jedlik.services.dynamodb.item_pieces import form_of
from jedlik.services.dynamodb.usable_tables import known_table
from jedlik.services.dynamodb.writing import Writing
from jedlik.storage.waist import Embedded
from jedlik.tables.change_records import change_of
from jedlik.tables.indexes import WRITE_UNIT_BYTES
from jedlik.tables.item_writes import ITEM_BYTES_MAX
from jedlik.tables.keys import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from jedlik.tables.model import Table
from jedlik.tables.stored import Stored, size_of
from jedlik.tables.throughput import Lane
from jedlik.values import encode_key, token

_MEMBERS = {"TableName", "Item"}
_SILENT = ("ReturnValues", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics")
_NOTHING = b"{}"


def way_of(ctx: Context, req: dict[str, Any], body: bytes, rows: Rows) -> PutWay | None:
    """The way of requests like this one; None if there is none."""
    table, engine = known_table(ctx, req["TableName"]), ctx.db.embedded
    if table is None or engine is None or engine is not ctx.db.engine or not table.plain:
        return None
    if any(name not in _MEMBERS and (name not in _SILENT or req[name] != "NONE") for name in req):
        return None
    if rows is not every_row and table.keys.partition[0].type != "S":
        return None
    try:
        form = form_of(body, req["Item"], table.keys)
    except LookupError:
        return None
    return PutWay(ctx.db, table, form, engine, rows)


class PutWay:
    """rows: those that the caller may have."""

    __slots__ = (
        "_has_still",
        "_is_logged",
        "_lane",
        "_next_version",
        "_now_ms",
        "_partition_type",
        "_peek",
        "_place",
        "_put_seen",
        "_read",
        "_rows",
        "_sort_type",
        "_space",
        "_table",
    )

    def __init__(self, db: Any, table: Table, form: ItemForm, engine: Embedded, rows: Rows) -> None:
        self._has_still = db.catalog.has_still
        self._next_version = db.versions.next
        self._now_ms = db.clock.now_ms
        self._table = table
        self._is_logged = table.logged
        self._place = table.account, table.region, table.name
        self._space = table.space
        self._lane: Lane = db.flows.of(table).write
        # A method at hand costs less than one to be looked for.
        self._read = form.read
        self._peek = engine.peek
        self._put_seen = engine.put_seen
        self._rows = None if rows is every_row else rows
        self._partition_type = table.keys.partition[0].type
        self._sort_type = table.keys.sort[0].type if table.keys.sort else ""

    def answer(self, body: bytes, now: float) -> bytes | Writing | None:
        """As `api.ways.Way` asks."""
        found = self._read(body)
        if found is None:
            return None
        value, size, partition, sort = found
        lane = self._lane
        if now < lane.shut_until or lane.watch is not None:
            return None  # it has to be admitted; or somebody wants to know what the key is called
        if not self._has_still(self._place, self._table):
            return None
        if not partition or size > ITEM_BYTES_MAX:
            return None
        if self._rows is not None and not self._rows(partition.decode()):
            return None  # the gateway will refuse it
        if self._partition_type == "N":
            partition = encode_key({"N": partition.decode()})
        if self._sort_type:
            if not sort:
                return None
            if self._sort_type == "N":
                sort = encode_key({"N": sort.decode()})
        if len(partition) > PARTITION_KEY_BYTES_MAX or len(sort) > SORT_KEY_BYTES_MAX:
            return None
        place = hashed = token(partition)
        parts = lane.parts
        if parts is not None and parts.by_sort:
            place = hashed + sort
        key = (self._space, hashed, sort, b"")
        try:
            # As in `write_one`: from here to `put_seen` nobody else's turn comes.
            row = self._peek(key)
            if row is None:
                more, before, larger = 1, 0, size
                version = self._next_version(0)
            else:
                more, before = 0, size_of(row.value)
                larger = before if before > size else size
                version = self._next_version(row.version)
            change = None
            if self._is_logged:
                old = None if row is None else Stored(row.version, row.value)
                new = Stored(version, value)
                at_ms = self._now_ms()
                change = change_of(self._table, hashed, old, new, at_ms=at_ms, version=version)
            durable = self._put_seen(key, version, value, more, size - before, change)
        except Exception:
            return None  # the operation will meet it, too, and tell of it
        units = -(-larger // WRITE_UNIT_BYTES) or 1
        if durable is not None:
            return Writing(durable, lane, place, units, now, _NOTHING)
        lane.take(place, units, now)
        return _NOTHING
