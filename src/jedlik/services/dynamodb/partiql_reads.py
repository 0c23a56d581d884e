"""Reading for PartiQL: a page of a SELECT over several ranges, or over everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.pages import admit_page, fetch_items, matching, not_projected
from jedlik.services.dynamodb.partiql_tokens import BEGINNING, Position, after
from jedlik.services.dynamodb.start_keys import last_key
from jedlik.storage.waist import Entry
from jedlik.tables.errors import Throttled
from jedlik.tables.partiql.access import Range
from jedlik.tables.partiql.plan import ReadPlan
from jedlik.tables.read import PAGE_SIZE_BYTES_MAX, Page, query, scan
from jedlik.tables.throughput import Flow
from jedlik.values import Invalid

Item = dict[str, Any]

LISTED_PAGE_ROWS_MAX = 10
"""Items in a page where IN lists keys (developer guide, PartiQL operators)."""


@dataclass(slots=True)
class Selected:
    """A page: items as JSON, what they cost, and where the next page begins.

    `fetched_units`: what asking the table for attributes took that a local index does not hold.
    """

    items: list[bytes] = field(default_factory=list)
    units: float = 0.0
    fetched_units: float = 0.0
    next: Position | None = None
    last_key: Item | None = None


async def select_page(
    ctx: Context,
    plan: ReadPlan,
    *,
    start: Position = BEGINNING,
    limit: int | None,
    rate: float,
) -> Selected:
    """Look at rows from `start` on, until `limit` rows or 1 MB were looked at.

    Unverified: that the ten rows of a page for IN are rows looked at, and that only an IN of keys
    by which rows are looked up has such pages.
    """
    if plan.listed:
        limit = min(limit or LISTED_PAGE_ROWS_MAX, LISTED_PAGE_ROWS_MAX)
    selected = Selected()
    flow = ctx.db.flows.of(plan.table)
    fetching = _must_fetch(plan)
    number, position = start
    left, size_bytes = limit, 0
    if plan.ranges == ():
        # WHERE contradicts itself: nothing is read, and charged like an item not found.
        selected.units = capacity.read_units(0, rate)
        place = admit_page(ctx, plan.table, plan.index, b"")
        flow.read_lane(plan.index).take_range(place, b"", selected.units, ctx.now)
    while number < _count(plan):
        try:
            beginning = _beginning(plan, number, position)
            key = _key(plan, number, flow)
            place = admit_page(ctx, plan.table, plan.index, *beginning, key=key)
        except Throttled:
            if number == start.number:
                raise
            selected.next = Position(number, None)  # what was read is answered
            return selected
        page = await _range_page(ctx, plan, number, position, left)
        taken = capacity.read_units(page.size_bytes, rate)
        lane = flow.read_lane(plan.index)
        lane.take_range(place, place if key is None else key, taken, ctx.now)
        selected.units += taken
        size_bytes += page.size_bytes
        entries, more = page.entries, page.more and not _is_one_row(plan, number)
        rows = [entry.value for entry in entries]
        whole = rows
        if fetching:
            whole, units = await fetch_items(ctx, plan.table, entries)
            flow.read.take_range(place, key or b"", units * rate, ctx.now)
            selected.fetched_units += units * rate
            if len(whole) < len(entries):
                entries, more = entries[: len(whole)], True
        selected.items += await matching(rows, whole, plan.condition, plan.projection)
        full = size_bytes >= PAGE_SIZE_BYTES_MAX
        if left is not None:
            left -= len(entries)
            full = full or left == 0
        if more or (full and not _is_one_row(plan, number) and entries):
            selected.next = after(number, entries[-1])
            selected.last_key = last_key(plan.table, plan.index, _item(entries[-1]))
            return selected
        number, position = number + 1, None
        if full and number < _count(plan):
            selected.next = Position(number, None)
            if entries:
                selected.last_key = last_key(plan.table, plan.index, _item(entries[-1]))
            return selected
    return selected


def check_projected(plan: ReadPlan) -> None:
    """Refuse attributes that a global index does not hold."""
    index, projection = plan.index, plan.projection
    if index is None or index.kind != "global" or projection is None:
        return
    missing = not_projected(plan.table, index, projection.top_level)
    if missing:
        raise Invalid(
            f"One or more parameter values were invalid: Global secondary index {index.name} "
            f"does not project [{', '.join(missing)}]"
        )


def _count(plan: ReadPlan) -> int:
    return 1 if plan.ranges is None else len(plan.ranges)


def _is_one_row(plan: ReadPlan, number: int) -> bool:
    """Whether a range is one key of the table, so that nothing can follow its row."""
    if plan.index is not None or plan.ranges is None:
        return False
    return plan.ranges[number].point or not plan.table.keys.sort


def _key(plan: ReadPlan, number: int, flow: Flow) -> bytes | None:
    """What insights name a page by, as `admit_page` has it."""
    if plan.ranges is None:
        return b""
    reach: Range = plan.ranges[number]
    watch = flow.read_lane(plan.index).watch
    if watch is not None:
        watch.name_partition(reach.token, reach.values)
    return None if _is_one_row(plan, number) else reach.token


async def _range_page(
    ctx: Context, plan: ReadPlan, number: int, position: Any, limit: int | None
) -> Page:
    engine = ctx.db.engine
    if plan.ranges is None:
        return await scan(engine, plan.space, after=position, limit=limit)
    reach: Range = plan.ranges[number]
    return await query(
        engine,
        plan.space,
        reach.token,
        reach.low,
        reach.high,
        low_open=reach.low_open,
        high_open=reach.high_open,
        reverse=plan.reverse,
        after=None if position is None else position[1:],
        limit=limit,
    )


def _beginning(plan: ReadPlan, number: int, position: Any) -> tuple[bytes, bytes | None]:
    """Token and sort key where a page begins."""
    if plan.ranges is None:
        return (b"" if position is None else position[0]), None
    return plan.ranges[number].token, plan.ranges[number].low


def _must_fetch(plan: ReadPlan) -> bool:
    """Whether a local index lacks attributes that the statement names."""
    index, projection, condition = plan.index, plan.projection, plan.condition
    if index is None or index.kind != "local":
        return False
    named = {
        *(projection.top_level if projection else ()),
        *(condition.top_level if condition else ()),
    }
    return bool(not_projected(plan.table, index, named))


def _item(entry: Entry) -> Item:
    found: Item = orjson.loads(entry.value[4:])
    return found
