"""What Query and Scan share: which index, what of each row is wanted, and the page as a reply."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import orjson
from msgspec import Struct

from jedlik.api.context import Context
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.start_keys import last_key
from jedlik.storage.waist import Entry
from jedlik.tables.errors import Invalid
from jedlik.tables.expressions import Condition, Projection
from jedlik.tables.model import Index, Table
from jedlik.tables.read import PAGE_SIZE_BYTES_MAX, ROWS_PER_TURN, Page, get_items
from jedlik.tables.stored import size_of
from jedlik.values.tokens import TOKEN_BYTES

Request = dict[str, Any]
FETCH_CHUNK = 100
"""How many items are fetched from the table at once for a local index that lacks attributes."""


class Shown(Protocol):
    """What is wanted of an item, in the language of expressions or in PartiQL."""

    def apply(self, item: dict[str, Any]) -> dict[str, Any]: ...


class Selection(Struct, frozen=True):
    """What a page gives back of each row. `fetch`: the index lacks it, so the table is asked."""

    count_only: bool
    projection: Projection | None
    fetch: bool = False


def index_of(table: Table, req: Request) -> Index | None:
    """The index that is read, None for the table itself; raises Invalid."""
    name = req.get("IndexName")
    if name is None:
        return None
    index = table.index(name)
    if index is None or index.status == "DELETING":
        raise Invalid(f"The table does not have the specified index: {name}")
    if index.kind == "global":
        if req.get("ConsistentRead"):
            raise Invalid("Consistent reads are not supported on global secondary indexes")
        if index.backfilling or index.status == "CREATING":
            raise Invalid(f"Cannot read from backfilling global secondary index: {name}")
    return index


def selection_of(
    req: Request, table: Table, index: Index | None, projection: Projection | None
) -> Selection:
    """What is wanted of each row; raises Invalid for what a global index does not hold."""
    select = req.get("Select")
    if index is None or index.projection == "ALL" or select == "COUNT":
        return Selection(select == "COUNT", projection)
    if index.kind == "global" and select == "ALL_ATTRIBUTES":
        raise Invalid(
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not "
            f"supported for global secondary index {index.name} "
            "because its projection type is not ALL"
        )
    missing = [] if projection is None else not_projected(table, index, projection.top_level)
    if index.kind == "global" and missing:
        raise Invalid(
            f"One or more parameter values were invalid: Global secondary index {index.name} "
            f"does not project [{', '.join(missing)}]"
        )
    return Selection(False, projection, fetch=bool(missing) or select == "ALL_ATTRIBUTES")


def refuse_filter_beyond_index(
    table: Table, index: Index, selection: Selection, condition: Condition
) -> None:
    """A Query's filter looks at what the index holds, unless the items are fetched anyway.

    Unverified for local indexes: the developer guide promises to fetch attributes that are asked
    for and says nothing of filters; DynamoDB Local refuses, for local and global ones alike.
    """
    if selection.fetch:
        return
    missing = not_projected(table, index, condition.top_level)
    if missing:
        raise Invalid(
            f"One or more parameter values were invalid: Secondary index {index.name} "
            f"does not project one or more filter attributes: [{', '.join(missing)}]"
        )


def not_projected(table: Table, index: Index, names: Iterable[str]) -> list[str]:
    """Those of the names that an index does not hold, in order."""
    if index.projection == "ALL":
        return []
    held = {*table.keys.names, *index.keys.names, *index.non_key}
    return sorted(name for name in names if name not in held)


def admit_page(
    ctx: Context,
    table: Table,
    index: Index | None,
    token: bytes,
    sort: bytes | None = None,
    *,
    key: bytes | None = b"",
) -> bytes:
    """Let a page be read from here on; raises Throttled. Returns the place it is charged to.

    A page may reach over several parts; it is charged where it begins. key: what insights name it
    by: the token of a Query's partition; nothing, for a scan; None: the place, one item.
    """
    lane = ctx.db.flows.of(table).read_lane(index)
    place: bytes = lane.place_of(token, sort or b"")
    if ctx.now < lane.shut_until:
        lane.admit(place, ctx.now, key)
    return place


async def page_answer(
    ctx: Context,
    req: Request,
    table: Table,
    index: Index | None,
    page: Page,
    selection: Selection,
    condition: Condition | None,
    *,
    operation: str,
    place: bytes,
) -> bytes:
    """The body of a reply that carries this page, and its capacity taken.

    operation: "Query" or "Scan". place: as it was admitted (`admit_page`).
    """
    entries, more = page.entries, page.more
    values = [entry.value for entry in entries]
    fetched_units = 0.0
    if selection.fetch:
        values, steps = await fetch_items(ctx, table, entries)
        fetched_units = steps * capacity.rate_of(req)
        if len(values) < len(entries):
            entries, more = entries[: len(values)], True
    found = await matching(values, values, condition, selection.projection)
    parts = [b"{"]
    if not selection.count_only:
        parts += [b'"Items":[', b",".join(found), b"],"]
    parts.append(b'"Count":%d,"ScannedCount":%d' % (len(found), len(entries)))
    if more and entries:
        key = last_key(table, index, orjson.loads(entries[-1].value[4:]))
        parts += [b',"LastEvaluatedKey":', orjson.dumps(key)]
    flow = ctx.db.flows.of(table)
    units = capacity.read_units(page.size_bytes, capacity.rate_of(req))
    named = place[:TOKEN_BYTES] if operation == "Query" else b""
    flow.read_lane(index).take_range(place, named, units, ctx.now)
    if fetched_units:
        flow.read.take_range(place, named, fetched_units, ctx.now)
    flow.operation(operation).returned.add(len(found))
    detail = capacity.wanted(req)
    if detail is not None:
        if index is None:
            told = capacity.consumed(detail, req["TableName"], table, units)
        else:
            by_index = {index.name: units}
            told = capacity.consumed(detail, req["TableName"], table, fetched_units, by_index)
        parts += [b',"ConsumedCapacity":', orjson.dumps(told)]
    parts.append(b"}")
    return b"".join(parts)


async def matching(
    rows: Sequence[bytes],
    items: Sequence[bytes],
    condition: Condition | None,
    projection: Shown | None,
) -> list[bytes]:
    """The rows that pass the filter, projected, as JSON; other requests have turns in between.

    items: what is looked at for each row: itself, or the table's own row where that was fetched,
    b"" for one that has gone since. Without a projection the answer is what `rows` holds.
    """
    found = _selected(rows[:ROWS_PER_TURN], items[:ROWS_PER_TURN], condition, projection)
    for at in range(ROWS_PER_TURN, len(items), ROWS_PER_TURN):
        await asyncio.sleep(0)
        turn = slice(at, at + ROWS_PER_TURN)
        found += _selected(rows[turn], items[turn], condition, projection)
    return found


def _selected(
    rows: Sequence[bytes],
    items: Sequence[bytes],
    condition: Condition | None,
    projection: Shown | None,
) -> list[bytes]:
    if condition is None and projection is None:
        return [row[4:] for row, value in zip(rows, items, strict=False) if value]
    found = []
    for row, value in zip(rows, items, strict=False):
        if value:
            item = orjson.loads(value[4:])
            if condition is None or condition.holds(item):
                found.append(
                    row[4:] if projection is None else orjson.dumps(projection.apply(item))
                )
    return found


async def fetch_items(
    ctx: Context, table: Table, entries: Sequence[Entry]
) -> tuple[list[bytes], int]:
    """The table's own rows of index entries, b"" for one that has gone since, and their read steps.

    Each is charged by itself (developer guide, "Local secondary indexes", provisioned throughput).
    Stops with the item that fills the page; so many entries as values came back are answered.
    """
    values: list[bytes] = []
    units, size_bytes = 0, 0
    for first in range(0, len(entries), FETCH_CHUNK):
        if first:
            await asyncio.sleep(0)
        chunk = entries[first : first + FETCH_CHUNK]
        keys = [(table, table.key_of(orjson.loads(entry.value[4:]))) for entry in chunk]
        for stored in await get_items(ctx.db.engine, keys):
            values.append(b"" if stored is None else stored.value)
            size = 0 if stored is None else size_of(stored.value)
            units += int(capacity.read_units(size, 1.0))
            size_bytes += size
            if size_bytes >= PAGE_SIZE_BYTES_MAX:
                return values, units
    return values, units
