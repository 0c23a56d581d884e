"""Query: the items of one partition key, of a table or an index, in the order of the sort key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.item_keys import refuse_filter_on_keys, refuse_paths_into_keys
from jedlik.services.dynamodb.pages import (
    admit_page,
    index_of,
    page_answer,
    refuse_filter_beyond_index,
    selection_of,
)
from jedlik.services.dynamodb.permissions import ON_QUERY
from jedlik.services.dynamodb.request_expressions import (
    ReadParts,
    legacy_parts,
    refuse,
    with_expressions,
)
from jedlik.services.dynamodb.rules import query_parameters, select
from jedlik.services.dynamodb.start_keys import check_in_range, check_start_values, query_start
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.tables.errors import Invalid
from jedlik.tables.expressions import legacy
from jedlik.tables.read import query as read_range
from jedlik.values import encode_key_tuple, token

NO_KEY_CONDITION = (
    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
)


@operation("dynamodb", "Query", access="read", permissions=ON_QUERY, rules=[query_parameters])
async def query(ctx: Context, req: dict[str, Any]) -> bytes:
    parts = _parts(req)
    table = known_table(ctx, req["TableName"]) or await usable_table(ctx, req["TableName"])
    index = index_of(table, req)
    keys = table.keys if index is None else index.keys
    start = query_start(table, index, req.get("ExclusiveStartKey"))
    assert parts.keys is not None
    wanted = parts.keys.range(keys)
    partition = token(encode_key_tuple(wanted.partition))
    if start is not None:
        check_in_range(start, partition, wanted)
    if parts.condition is not None:
        what = "Filter Expression" if "FilterExpression" in req else "QueryFilter"
        refuse_filter_on_keys(what, parts.condition, keys)
    refuse_paths_into_keys(table, parts.condition, parts.projection)
    selection = selection_of(req, table, index, parts.projection)
    if index is not None and parts.condition is not None:
        refuse_filter_beyond_index(table, index, selection, parts.condition)
    watch = ctx.db.flows.of(table).read_lane(index).watch
    if watch is not None:
        watch.name_partition(partition, wanted.partition)
    place = admit_page(ctx, table, index, partition, wanted.low, key=partition)
    page = await read_range(
        ctx.db.engine,
        table.space if index is None else index.space,
        partition,
        wanted.low,
        wanted.high,
        low_open=wanted.low_open,
        high_open=wanted.high_open,
        reverse=req.get("ScanIndexForward") is False,
        after=None if start is None else (start.sort, start.sub),
        limit=req.get("Limit"),
    )
    return await page_answer(
        ctx, req, table, index, page, selection, parts.condition, operation="Query", place=place
    )


def _parts(req: Mapping[str, Any]) -> ReadParts:
    """Everything that can be understood without the table; raises Invalid."""
    parts = legacy_parts(req, "QueryFilter")
    check_start_values(req.get("ExclusiveStartKey"))
    if "KeyConditions" in req:
        parts = parts._replace(keys=legacy.parsed_key_conditions(req["KeyConditions"]))
    elif "KeyConditionExpression" not in req:
        raise Invalid(NO_KEY_CONDITION)
    parts = with_expressions(req, parts)
    refuse(select(req))
    return parts
