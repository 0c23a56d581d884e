"""BatchExecuteStatement: up to 25 PartiQL statements, each answered for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import operation
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.errors import short_code, translate
from jedlik.services.dynamodb.pages import admit_page
from jedlik.services.dynamodb.partiql_permissions import statements
from jedlik.services.dynamodb.partiql_requests import (
    Asked,
    bound_of,
    is_read,
    table_of,
)
from jedlik.services.dynamodb.partiql_writes import returned, write_statement
from jedlik.tables.errors import TableError
from jedlik.tables.item_writes import ItemWrite
from jedlik.tables.partiql.literals import Bound
from jedlik.tables.partiql.parser import NO_EXISTS
from jedlik.tables.partiql.plan import GetPlan, plan_get, plan_write
from jedlik.tables.partiql.tree import Exists, Select
from jedlik.tables.read import get_item
from jedlik.values import Invalid

MIXED = "Read and write requests together in the same batch is not supported."
NO_KEY = (
    "Select statements within BatchExecuteStatement must specify the primary key in the where "
    "clause."
)
TWICE = "Provided list of item keys contains duplicates"


@dataclass(slots=True)
class Member:
    """One statement: what it asks, and either what to do or why it cannot be done."""

    asked: Asked
    bound: Bound | None = None
    plan: GetPlan | ItemWrite | None = None
    error: ApiError | None = None


@operation(
    "dynamodb",
    "BatchExecuteStatement",
    access="write",
    permissions=statements("BatchExecuteStatement"),
)
async def batch_execute_statement(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    refused = ctx.refused or {}
    members = [
        await _member(ctx, asked) if i not in refused else _refused(asked, refused[i])
        for i, asked in enumerate(req["Statements"])
    ]
    tables = [member.plan.table for member in members if member.plan is not None]
    ctx.tables = list({table.space: table for table in tables}.values())
    _refuse_odd_batches(members)
    units = capacity.Tally()
    responses = [await _response(ctx, member, units) for member in members]
    answer: dict[str, Any] = {"Responses": responses}
    detail = capacity.wanted(req)
    if detail is not None:
        answer["ConsumedCapacity"] = units.consumed(detail)
    return answer


def _refused(asked: Asked, refusal: ApiError) -> Member:
    """A statement that policies do not allow: nothing is looked at for it but what it says."""
    try:
        bound = bound_of(asked)
    except Invalid as fault:
        return Member(asked, error=translate(fault))
    return Member(asked, bound, error=refusal)


async def _member(ctx: Context, asked: Asked) -> Member:
    """One statement, understood as far as it goes."""
    member = Member(asked)
    try:
        member.bound = bound = bound_of(asked)
        does = bound.statement.does
        if isinstance(does, Exists):
            raise Invalid(NO_EXISTS)
        table = await table_of(ctx, bound)
        if isinstance(does, Select):
            member.plan = plan_get(bound, does, table)
            if member.plan is None:
                raise Invalid(NO_KEY)
        else:
            member.plan = plan_write(bound, table)
    except (Invalid, TableError) as fault:
        member.error = translate(fault)
    return member


def _refuse_odd_batches(members: Sequence[Member]) -> None:
    """All reads or all writes, and each item once; raises Invalid."""
    bounds = [member.bound for member in members if member.bound is not None]
    kinds = {is_read(bound) for bound in bounds if not isinstance(bound.statement.does, Exists)}
    if len(kinds) > 1:
        raise Invalid(MIXED)
    places = [(m.plan.table.space, m.plan.key) for m in members if m.plan is not None]
    if len(set(places)) < len(places):
        # As DynamoDB Local; the documentation is silent.
        raise Invalid(TWICE)


async def _response(ctx: Context, member: Member, units: capacity.Tally) -> dict[str, Any]:
    """What one statement came to; an error of one does not touch the others."""
    if member.plan is None or member.bound is None:
        assert member.error is not None
        return {"Error": _error(member.error)}
    table = member.plan.table
    try:
        if isinstance(member.plan, GetPlan):
            item = await _read(ctx, member.plan, member.asked, units)
        else:
            written = await write_statement(ctx, member.plan, member.asked)
            table_units = capacity.write_units(written.charged_bytes)
            units.add(table.name, table, table_units, written.index_units)
            item = returned(member.bound, member.plan, written)
    except (ApiError, Invalid, TableError) as fault:
        refusal = fault if isinstance(fault, ApiError) else translate(fault)
        assert refusal is not None
        return {"Error": _error(refusal), "TableName": table.name}
    return {"TableName": table.name} if item is None else {"TableName": table.name, "Item": item}


async def _read(
    ctx: Context, plan: GetPlan, asked: Asked, units: capacity.Tally
) -> dict[str, Any] | None:
    place = admit_page(ctx, plan.table, None, plan.key.token, plan.key.sort, key=None)
    stored = await get_item(ctx.db.engine, plan.table, plan.key)
    taken = capacity.read_units(0 if stored is None else stored.size, capacity.rate_of(asked))
    ctx.db.flows.of(plan.table).read.take(place, taken, ctx.now)
    units.add(plan.table.name, plan.table, taken)
    if stored is None:
        return None
    return stored.item if plan.projection is None else plan.projection.apply(stored.item)


def _error(refusal: ApiError) -> dict[str, Any]:
    """An error as a member of Responses: codes here go without their ending, reasons of throttling
    are not told (the API's model has no place for them)."""
    fields = {name: value for name, value in refusal.fields.items() if name == "Item"}
    return {"Code": short_code(refusal), "Message": refusal.message, **fields}
