"""BatchGetItem: up to a hundred items of any tables, in no promised order."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.item_keys import key_of, refuse_paths_into_keys
from jedlik.services.dynamodb.item_limits import BATCH_GET_BYTES_MAX, BATCH_GET_ITEMS_MAX
from jedlik.services.dynamodb.permissions import ON_BATCH_GET
from jedlik.services.dynamodb.request_expressions import only_projection
from jedlik.services.dynamodb.rules import read_parameters
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.tables.errors import Invalid, Throttled
from jedlik.tables.expressions import Projection
from jedlik.tables.keys import Key
from jedlik.tables.model import Table
from jedlik.tables.read import get_items
from jedlik.tables.stored import Stored
from jedlik.values import check_item


def batch_get_rules(req: dict[str, Any]) -> str | None:
    """How many keys, and what each table's part may combine."""
    tables = req["RequestItems"].values()
    if sum(len(asked["Keys"]) for asked in tables) > BATCH_GET_ITEMS_MAX:
        return "Too many items requested for the BatchGetItem call"
    return next(filter(None, map(read_parameters, tables)), None)


class Asked(NamedTuple):
    """What is asked of one table; `name` is what the request called it."""

    name: str
    table: Table
    request: dict[str, Any]
    keys: list[Key]
    projection: Projection | None


@operation(
    "dynamodb", "BatchGetItem", access="read", permissions=ON_BATCH_GET, rules=[batch_get_rules]
)
async def batch_get_item(ctx: Context, req: dict[str, Any]) -> bytes:
    asked = await _asked(ctx, req["RequestItems"])
    wanted = [(one.table, key) for one in asked for key in one.keys]
    ctx.tables = [one.table for one in asked]
    if (fault := _all_throttled(ctx, asked)) is not None:
        raise fault
    found = await get_items(ctx.db.engine, wanted)
    responses, unprocessed, units = _divide(ctx, asked, found)
    parts = [b'{"Responses":{', responses, b'},"UnprocessedKeys":', orjson.dumps(unprocessed)]
    detail = capacity.wanted(req)
    if detail is not None:
        parts += [b',"ConsumedCapacity":', orjson.dumps(units.consumed(detail))]
    parts.append(b"}")
    return b"".join(parts)


async def _asked(ctx: Context, request_items: dict[str, Any]) -> list[Asked]:
    """Every table's part understood; raises Invalid, or TableNotFound."""
    projections = []
    for request in request_items.values():
        for key in request["Keys"]:
            check_item(key)
        projections.append(only_projection(request))
    asked = []
    for (name, request), projection in zip(request_items.items(), projections, strict=True):
        table = known_table(ctx, name) or await usable_table(ctx, name)
        keys = [key_of(table, key) for key in request["Keys"]]
        refuse_paths_into_keys(table, projection)
        asked.append(Asked(name, table, request, keys, projection))
    places = {(one.table.space, key) for one in asked for key in one.keys}
    if len(places) < sum(len(one.keys) for one in asked):
        raise Invalid("Provided list of item keys contains duplicates")
    return asked


def _all_throttled(ctx: Context, asked: list[Asked]) -> Throttled | None:
    """Why nothing at all can be read; None if something can. What cannot is found again, and
    counted, item by item."""
    fault = None
    for one in asked:
        lane = ctx.db.flows.of(one.table).read
        for key in one.keys:
            reason = lane.refusal(lane.place_of(key.token, key.sort), ctx.now)
            if reason is None or lane.reports_only:
                return None
            fault = fault or (lane, reason)
    for one in asked if fault is not None else ():
        lane = ctx.db.flows.of(one.table).read
        for key in one.keys:
            lane.tell_throttled(lane.place_of(key.token, key.sort), ctx.now)
    return None if fault is None else fault[0].throttled(fault[1])


def _divide(
    ctx: Context, asked: list[Asked], found: list[Stored | None]
) -> tuple[bytes, dict[str, Any], capacity.Tally]:
    """The inside of Responses, what is left undone, and the bill."""
    groups: list[bytes] = []
    unprocessed: dict[str, Any] = {}
    units = capacity.Tally()
    size_bytes = 0
    is_full = False
    rows = iter(found)
    for name, table, request, keys, projection in asked:
        rate = capacity.rate_of(request)
        lane = ctx.db.flows.of(table).read
        is_throttled = False
        items: list[bytes] = []
        left: list[dict[str, Any]] = []
        for i in range(len(keys)):
            stored = next(rows)
            size = 0 if stored is None else stored.size
            if is_full or size_bytes + size > BATCH_GET_BYTES_MAX:
                left.append(request["Keys"][i])
                is_full = True
                continue
            place = lane.place_of(keys[i].token, keys[i].sort)
            if ctx.now < lane.shut_until:
                try:
                    lane.admit(place, ctx.now)
                except Throttled:
                    left.append(request["Keys"][i])
                    is_throttled = True
                    continue
            size_bytes += size
            taken = capacity.read_units(size, rate)
            lane.take(place, taken, ctx.now)
            units.add(name, table, taken)
            if stored is None:
                continue
            if projection is None:
                items.append(stored.json)
            else:
                items.append(orjson.dumps(projection.apply(stored.item)))
        if is_throttled:
            ctx.db.flows.of(table).operation("BatchGetItem").throttled.add(1.0)
        if left:
            unprocessed[name] = {**request, "Keys": left}
        groups.append(b"%b:[%b]" % (orjson.dumps(name), b",".join(items)))
    return b",".join(groups), unprocessed, units
