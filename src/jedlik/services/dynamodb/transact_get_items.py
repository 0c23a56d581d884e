"""TransactGetItems: up to a hundred items as they were at one instant."""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.api.errors import validation
from jedlik.api.operation import operation
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.cancellations import KeyPlaces, cancelled
from jedlik.services.dynamodb.item_keys import key_of, refuse_paths_into_keys
from jedlik.services.dynamodb.item_limits import TRANSACTION_BYTES_MAX
from jedlik.services.dynamodb.permissions import ON_TRANSACT_GET
from jedlik.services.dynamodb.request_expressions import only_projection
from jedlik.services.dynamodb.rules import read_parameters
from jedlik.services.dynamodb.transaction_reads import admit_gets, take_gets
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.tables.errors import TransactionCancelled
from jedlik.tables.expressions import Projection
from jedlik.tables.read import get_items
from jedlik.tables.stored import Stored
from jedlik.values import check_item

Get = dict[str, Any]


def transact_get_rules(req: dict[str, Any]) -> str | None:
    """What each Get may combine."""
    return next(filter(None, (read_parameters(one["Get"]) for one in req["TransactItems"])), None)


@operation(
    "dynamodb",
    "TransactGetItems",
    access="read",
    permissions=ON_TRANSACT_GET,
    rules=[transact_get_rules],
)
async def transact_get_items(ctx: Context, req: dict[str, Any]) -> bytes:
    gets: list[Get] = [one["Get"] for one in req["TransactItems"]]
    projections: list[Projection | None] = []
    for get in gets:
        check_item(get["Key"])
        projections.append(only_projection(get))
    tables = [
        known_table(ctx, get["TableName"]) or await usable_table(ctx, get["TableName"])
        for get in gets
    ]
    places = KeyPlaces()
    for table, get in zip(tables, gets, strict=True):
        places.add(table, key_of, get["Key"])
    try:
        wanted = places.all_or_cancelled()
    except TransactionCancelled as error:
        raise cancelled(error.reasons, [False] * len(gets)) from None
    for table, projection in zip(tables, projections, strict=True):
        refuse_paths_into_keys(table, projection)
    ctx.tables = list({table.space: table for table in tables}.values())
    admit_gets(ctx, wanted)
    found = await get_items(ctx.db.engine, wanted, snapshot=True)
    if sum(stored.size for stored in found if stored) > TRANSACTION_BYTES_MAX:
        # Unverified: the documentation names the limit, not the words.
        raise validation("Collection size of items in transaction exceeds the limit of 4 MB")
    responses = b",".join(map(_response, found, projections))
    taken = take_gets(ctx, wanted, found)
    detail = capacity.wanted(req)
    if detail is None:
        return b'{"Responses":[' + responses + b"]}"
    units = capacity.Tally()
    for get, table, each in zip(gets, tables, taken, strict=True):
        units.add(get["TableName"], table, each)
    told = orjson.dumps(units.consumed(detail, kind="ReadCapacityUnits"))
    return b'{"Responses":[' + responses + b'],"ConsumedCapacity":' + told + b"}"


def _response(stored: Stored | None, projection: Projection | None) -> bytes:
    if stored is None:
        return b"{}"
    item = stored.json if projection is None else orjson.dumps(projection.apply(stored.item))
    return b'{"Item":' + item + b"}"
