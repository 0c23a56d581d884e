"""GetItem: one item by its key, as it lies in storage or projected."""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.capacity import READ_UNIT_BYTES
from jedlik.services.dynamodb.item_keys import key_of, refuse_paths_into_keys
from jedlik.services.dynamodb.permissions import ON_GET
from jedlik.services.dynamodb.request_expressions import only_projection
from jedlik.services.dynamodb.rules import read_parameters
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.tables.read import get_item as read_item
from jedlik.values import check_item


@operation("dynamodb", "GetItem", access="read", permissions=ON_GET, rules=[read_parameters])
async def get_item(ctx: Context, req: dict[str, Any]) -> bytes:
    name, projection, is_bare = req["TableName"], None, len(req) == 2
    table = known_table(ctx, name)
    if table is None or not is_bare:
        check_item(req["Key"])
        projection = only_projection(req)
        table = table or await usable_table(ctx, name)
    key = key_of(table, req["Key"])
    if projection is not None:
        refuse_paths_into_keys(table, projection)
    lane = ctx.db.flows.of(table).read
    place = lane.place_of(key.token, key.sort)
    if ctx.now < lane.shut_until:
        lane.admit(place, ctx.now)
    found = await read_item(ctx.db.engine, table, key)
    size = 0 if found is None else found.size
    units = (-(-size // READ_UNIT_BYTES) or 1) * (1.0 if req.get("ConsistentRead") else 0.5)
    lane.take(place, units, ctx.now)
    if is_bare:
        return b"{}" if found is None else b'{"Item":' + found.json + b"}"
    if found is None:
        item = None
    elif projection is None:
        item = found.json
    else:
        item = orjson.dumps(projection.apply(found.item))
    detail = capacity.wanted(req)
    if detail is None:
        return b"{}" if item is None else b'{"Item":' + item + b"}"
    told = orjson.dumps(capacity.consumed(detail, name, table, units))
    if item is None:
        return b'{"ConsumedCapacity":' + told + b"}"
    return b'{"Item":' + item + b',"ConsumedCapacity":' + told + b"}"
