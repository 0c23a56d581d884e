"""The way of a GetItem that differs from one before it in nothing but the key's value.

The same steps as `get_item.py`, with what they found then: the table, its lane, where in the body
the key's value stands. Only for whole items, from an engine that gives a row at once; and only
while the table is still the one that it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jedlik.api.body_forms import BodyForm
from jedlik.api.body_pieces import pieces_around
from jedlik.api.context import Context
from jedlik.api.ways import Rows, every_row
from jedlik.services.dynamodb.capacity import READ_UNIT_BYTES
from jedlik.services.dynamodb.usable_tables import known_table
from jedlik.storage.waist import Key, Row
from jedlik.tables.errors import Invalid
from jedlik.tables.keys import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from jedlik.tables.model import Table
from jedlik.tables.read import row_at_once
from jedlik.tables.stored import framed, size_of
from jedlik.tables.throughput import Lane
from jedlik.values import encode_key, token

_MEMBERS = {"TableName", "Key", "ConsistentRead"}


def way_of(ctx: Context, req: dict[str, Any], body: bytes, rows: Rows) -> ItemWay | None:
    """The way of requests like this one; None if there is none."""
    table, find = known_table(ctx, req["TableName"]), row_at_once(ctx.db.engine)
    if table is None or find is None or not req.keys() <= _MEMBERS:
        return None
    attributes = table.keys.attributes
    if rows is not every_row and attributes[0].type != "S":
        return None
    try:
        pieces, order = pieces_around(body, [("Key", each.name, each.type) for each in attributes])
    except LookupError:
        return None
    unit = 1.0 if req.get("ConsistentRead") else 0.5
    return ItemWay(ctx.db, table, BodyForm(pieces), order, unit, find, rows)


class ItemWay:
    """order: of the key's attributes in the body, each by its number. unit: what a read of 4 KB
    takes. find: from a key to its durable row. rows: those that the caller may have."""

    __slots__ = (
        "_find",
        "_form",
        "_has_still",
        "_lane",
        "_partition_at",
        "_partition_type",
        "_place",
        "_rows",
        "_sort_at",
        "_sort_type",
        "_space",
        "_table",
        "_unit",
    )

    def __init__(
        self,
        db: Any,
        table: Table,
        form: BodyForm,
        order: Sequence[int],
        unit: float,
        find: Callable[[Key], Row | None],
        rows: Rows,
    ) -> None:
        self._has_still: Callable[[tuple[str, str, str], Table], bool] = db.catalog.has_still
        self._table = table
        self._place = table.account, table.region, table.name
        self._space = table.space
        self._lane: Lane = db.flows.of(table).read
        self._form = form
        self._unit = unit
        self._find = find
        self._rows = None if rows is every_row else rows
        keys = table.keys
        self._partition_at = order.index(0)
        self._partition_type = keys.partition[0].type
        self._sort_at = order.index(1) if keys.sort else -1
        self._sort_type = keys.sort[0].type if keys.sort else "S"

    def answer(self, body: bytes, now: float) -> bytes | None:
        """As `api.ways.Way` asks."""
        texts = self._form.read(body)
        if texts is None:
            return None
        lane = self._lane
        if now < lane.shut_until or not self._has_still(self._place, self._table):
            return None
        if lane.watch is not None:
            return None  # it wants to know what the key is called
        sort = b""
        try:
            partition = texts[self._partition_at]
            if self._rows is not None and not self._rows(partition.decode("ascii")):
                return None  # the gateway will refuse it
            if self._partition_type != "S":
                partition = encode_key({self._partition_type: partition.decode()})
            if self._sort_at >= 0:
                sort = texts[self._sort_at]
                if self._sort_type != "S":
                    sort = encode_key({self._sort_type: sort.decode()})
        except Invalid:
            return None
        if len(partition) > PARTITION_KEY_BYTES_MAX or len(sort) > SORT_KEY_BYTES_MAX:
            return None
        place = hashed = token(partition)
        try:
            row = self._find((self._space, hashed, sort, b""))
        except Exception:
            return None  # the operation will meet it, too, and tell of it
        parts = lane.parts
        if parts is not None and parts.by_sort:
            place = hashed + sort
        if row is None:
            lane.take(place, self._unit, now)
            return b"{}"
        value = row.value  # of a named tuple, a place costs more than a name
        size = size_of(value)
        units = self._unit
        if size > READ_UNIT_BYTES:
            units *= -(-size // READ_UNIT_BYTES)
        lane.take(place, units, now)
        return framed(b'{"Item":', value, b"}")
