"""GetItem: one item by its key, as it lies in storage or projected."""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.capacity import READ_UNIT_BYTES
from jedlik.services.dynamodb.get_item_way import way_of
from jedlik.services.dynamodb.item_keys import key_of, refuse_paths_into_keys
from jedlik.services.dynamodb.permissions import ON_GET
from jedlik.services.dynamodb.request_expressions import only_projection
from jedlik.services.dynamodb.rules import read_parameters
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.tables.read import get_row
from jedlik.tables.stored import Stored, framed, json_of, size_of
from jedlik.values import check_item


@operation(
    "dynamodb",
    "GetItem",
    access="read",
    permissions=ON_GET,
    rules=[read_parameters],
    way=way_of,
)
async def get_item(ctx: Context, req: dict[str, Any]) -> bytes:
    name, projection, members = req["TableName"], None, len(req)
    is_bare = members == 2 or (members == 3 and "ConsistentRead" in req)
    table = known_table(ctx, name)
    if table is None or not is_bare:
        check_item(req["Key"])
        projection = only_projection(req)
        table = table or await usable_table(ctx, name)
    key = key_of(table, req["Key"])
    if projection is not None:
        refuse_paths_into_keys(table, projection)
    lane = ctx.db.flows.of(table).read
    parts = lane.parts
    place = key.token if parts is None or not parts.by_sort else key.token + key.sort
    if ctx.now < lane.shut_until:
        lane.admit(place, ctx.now)
    row = await get_row(ctx.db.engine, table, key)
    size = 0 if row is None else size_of(row[1])
    units = (-(-size // READ_UNIT_BYTES) or 1) * (1.0 if req.get("ConsistentRead") else 0.5)
    lane.take(place, units, ctx.now)
    if is_bare:
        return b"{}" if row is None else framed(b'{"Item":', row[1], b"}")
    if row is None:
        item = None
    elif projection is None:
        item = json_of(row[1])
    else:
        item = orjson.dumps(projection.apply(Stored(*row).item))
    detail = capacity.wanted(req)
    if detail is None:
        return b"{}" if item is None else b'{"Item":' + item + b"}"
    told = orjson.dumps(capacity.consumed(detail, name, table, units))
    if item is None:
        return b'{"ConsumedCapacity":' + told + b"}"
    return b'{"Item":' + item + b',"ConsumedCapacity":' + told + b"}"
