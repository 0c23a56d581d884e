"""Scan: all items of a table or an index, in hash order, in parallel segments where asked."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.item_keys import refuse_paths_into_keys
from jedlik.services.dynamodb.pages import admit_page, index_of, page_answer, selection_of
from jedlik.services.dynamodb.permissions import ON_SCAN
from jedlik.services.dynamodb.request_expressions import (
    legacy_parts,
    refuse,
    with_expressions,
)
from jedlik.services.dynamodb.rules import scan_parameters, segments, select
from jedlik.services.dynamodb.start_keys import check_segment, check_start_values, scan_start
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.tables.keys import segment_tokens
from jedlik.tables.read import scan as read_all


@operation("dynamodb", "Scan", access="read", permissions=ON_SCAN, rules=[scan_parameters])
async def scan(ctx: Context, req: dict[str, Any]) -> bytes:
    parts = legacy_parts(req, "ScanFilter")
    check_start_values(req.get("ExclusiveStartKey"))
    refuse(segments(req))
    parts = with_expressions(req, parts)
    refuse(select(req))
    table = known_table(ctx, req["TableName"]) or await usable_table(ctx, req["TableName"])
    index = index_of(table, req)
    start = scan_start(table, index, req.get("ExclusiveStartKey"))
    low, high = b"", None
    if "Segment" in req:
        check_segment(start, req["Segment"], req["TotalSegments"])
        low, high = segment_tokens(req["Segment"], req["TotalSegments"])
    refuse_paths_into_keys(table, parts.condition, parts.projection)
    selection = selection_of(req, table, index, parts.projection)
    place = admit_page(ctx, table, index, low if start is None else start[0])
    page = await read_all(
        ctx.db.engine,
        table.space if index is None else index.space,
        low,
        high,
        after=start,
        limit=req.get("Limit"),
    )
    return await page_answer(
        ctx, req, table, index, page, selection, parts.condition, operation="Scan", place=place
    )
