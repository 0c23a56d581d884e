"""ExecuteStatement: one PartiQL statement, a page of a SELECT or a write of one item."""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.item_keys import refuse_paths_into_keys
from jedlik.services.dynamodb.pages import index_of
from jedlik.services.dynamodb.partiql_permissions import statements
from jedlik.services.dynamodb.partiql_reads import Selected, check_projected, select_page
from jedlik.services.dynamodb.partiql_requests import bound_of, table_of
from jedlik.services.dynamodb.partiql_tokens import BEGINNING, position_of, token_of
from jedlik.services.dynamodb.partiql_writes import returned, write_statement
from jedlik.tables.model import Table
from jedlik.tables.partiql.literals import Bound
from jedlik.tables.partiql.parser import NO_EXISTS
from jedlik.tables.partiql.plan import ReadPlan, plan_select, plan_write
from jedlik.tables.partiql.tree import Exists, Select
from jedlik.values import Invalid

Request = dict[str, Any]


@operation(
    "dynamodb", "ExecuteStatement", access="write", permissions=statements("ExecuteStatement")
)
async def execute_statement(ctx: Context, req: Request) -> bytes:
    bound = bound_of(req)
    does = bound.statement.does
    if isinstance(does, Exists):
        raise Invalid(NO_EXISTS)
    table = await table_of(ctx, bound)
    if isinstance(does, Select):
        return await _select(ctx, req, bound, does, table)
    write = plan_write(bound, table)
    written = await write_statement(ctx, write, req)
    item = returned(bound, write, written)
    body = b'{"Items":[' + (b"" if item is None else orjson.dumps(item)) + b"]"
    detail = capacity.wanted(req)
    if detail is not None:
        units = capacity.write_units(written.charged_bytes)
        told = capacity.consumed(detail, table.name, table, units, written.index_units)
        body += b',"ConsumedCapacity":' + orjson.dumps(told)
    return body + b"}"


async def _select(ctx: Context, req: Request, bound: Bound, select: Select, table: Table) -> bytes:
    """A page of a SELECT."""
    where = {**req, "IndexName": select.index} if select.index is not None else req
    index = index_of(table, where)
    plan = plan_select(bound, select, table, index)
    refuse_paths_into_keys(table, plan.condition, plan.projection)
    check_projected(plan)
    start = BEGINNING
    if "NextToken" in req:
        count = 1 if plan.ranges is None else len(plan.ranges)
        start = position_of(bound, table, req["NextToken"], ranges=count)
    selected = await select_page(
        ctx, plan, start=start, limit=req.get("Limit"), rate=capacity.rate_of(req)
    )
    parts = [b'{"Items":[', b",".join(selected.items), b"]"]
    if selected.next is not None:
        parts += [b',"NextToken":', orjson.dumps(token_of(bound, table, selected.next))]
        if selected.last_key is not None:
            parts += [b',"LastEvaluatedKey":', orjson.dumps(selected.last_key)]
    detail = capacity.wanted(req)
    if detail is not None:
        parts += [b',"ConsumedCapacity":', orjson.dumps(_consumed(detail, plan, selected))]
    parts.append(b"}")
    return b"".join(parts)


def _consumed(detail: str, plan: ReadPlan, selected: Selected) -> dict[str, Any]:
    table = plan.table
    if plan.index is None:
        return capacity.consumed(detail, table.name, table, selected.units)
    by_index = {plan.index.name: selected.units}
    return capacity.consumed(detail, table.name, table, selected.fetched_units, by_index)
