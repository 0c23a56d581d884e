"""ExecuteTransaction: up to a hundred PartiQL statements, all reads of one instant or all writes.

EXISTS, which only requires a condition, counts as a write.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.cancellations import cancelled
from jedlik.services.dynamodb.client_tokens import client_token
from jedlik.services.dynamodb.item_limits import TRANSACTION_BYTES_MAX
from jedlik.services.dynamodb.partiql_permissions import statements
from jedlik.services.dynamodb.partiql_requests import bound_of, is_read, table_of
from jedlik.services.dynamodb.partiql_writes import DUPLICATE
from jedlik.services.dynamodb.transaction_reads import admit_gets, take_gets
from jedlik.tables.charges import INNOCENT
from jedlik.tables.errors import Reason, TransactionCancelled
from jedlik.tables.item_writes import ItemWrite
from jedlik.tables.model import Table
from jedlik.tables.partiql.access import NO_FULL_KEY
from jedlik.tables.partiql.literals import Bound
from jedlik.tables.partiql.plan import EXISTS_NEEDS_MORE, GetPlan, plan_get, plan_write
from jedlik.tables.partiql.tree import Delete, Insert, Select, Update
from jedlik.tables.read import get_items
from jedlik.tables.write import write_all
from jedlik.values import Invalid

MIXED = (
    "ExecuteTransaction API does not support both read and write operations in the same request."
)
NO_KEY = (
    "Select statements within ExecuteTransaction must specify the primary key in the where clause."
)
NO_INDEX = "Reads on indices are not supported within transactions."
NO_RETURNING = "RETURNING clause is not supported in ExecuteTransaction."
TWICE = "Transaction request cannot include multiple operations on one item"
# Unverified: the documentation names the limit, not the words.
TOO_LARGE = "Collection size of items in transaction exceeds the limit of 4 MB"


@operation(
    "dynamodb", "ExecuteTransaction", access="write", permissions=statements("ExecuteTransaction")
)
async def execute_transaction(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    asked = req["TransactStatements"]
    # Before the parameters' numbers are normalised: the same request must look the same again.
    token = client_token(ctx, req, "TransactStatements")
    bounds = [bound_of(each) for each in asked]
    if len({is_read(bound) for bound in bounds}) > 1:
        raise Invalid(MIXED)
    tables = [await table_of(ctx, bound) for bound in bounds]
    ctx.tables = list({table.space: table for table in tables}.values())
    if is_read(bounds[0]):
        return await _read(ctx, req, bounds, tables)
    try:
        writes = _writes(bounds, tables)
        written = await write_all(ctx.db, writes, token=token)
    except TransactionCancelled as error:
        shows_old = [e.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" for e in asked]
        raise cancelled(_reasons(error, bounds), shows_old) from None
    answer: dict[str, Any] = {"Responses": []}
    detail = capacity.wanted(req)
    units = capacity.Tally()
    if written is None:
        # A token used before: nothing is written, the items are read (and charged) instead.
        wanted = [(write.table, write.key) for write in writes]
        taken = take_gets(ctx, wanted, await get_items(ctx.db.engine, wanted))
        for table, each in zip(tables, taken, strict=True):
            units.add(table.name, table, each)
        if detail is None:
            return answer
        answer["ConsumedCapacity"] = units.consumed(detail, kind="ReadCapacityUnits")
        return answer
    if detail is None:
        return answer
    for table, done in zip(tables, written, strict=True):
        table_units = capacity.write_units(done.charged_bytes)
        units.add(table.name, table, table_units, done.index_units, times=2.0)
    answer["ConsumedCapacity"] = units.consumed(detail, kind="WriteCapacityUnits")
    return answer


async def _read(
    ctx: Context, req: dict[str, Any], bounds: Sequence[Bound], tables: Sequence[Table]
) -> dict[str, Any]:
    """Every statement's item as it was at one instant."""
    plans = [_get(number, *each) for number, each in enumerate(zip(bounds, tables, strict=True))]
    _refuse_twice([(plan.table.space, plan.key) for plan in plans])
    wanted = [(plan.table, plan.key) for plan in plans]
    admit_gets(ctx, wanted)
    found = await get_items(ctx.db.engine, wanted, snapshot=True)
    if sum(stored.size for stored in found if stored) > TRANSACTION_BYTES_MAX:
        raise Invalid(TOO_LARGE)
    responses: list[dict[str, Any]] = []
    units = capacity.Tally()
    taken = take_gets(ctx, wanted, found)
    for plan, stored, each in zip(plans, found, taken, strict=True):
        units.add(plan.table.name, plan.table, each)
        if stored is None:
            responses.append({})
        else:
            item = stored.item
            projected = item if plan.projection is None else plan.projection.apply(item)
            responses.append({"Item": projected})
    answer: dict[str, Any] = {"Responses": responses}
    detail = capacity.wanted(req)
    if detail is not None:
        answer["ConsumedCapacity"] = units.consumed(detail, kind="ReadCapacityUnits")
    return answer


def _get(number: int, bound: Bound, table: Table) -> GetPlan:
    does = bound.statement.does
    assert isinstance(does, Select)
    if does.index is not None:
        raise _refused(number, NO_INDEX)
    plan = plan_get(bound, does, table)
    if plan is None:
        raise _refused(number, NO_KEY)
    return plan


def _writes(bounds: Sequence[Bound], tables: Sequence[Table]) -> list[ItemWrite]:
    """The writes of all statements.

    Raises Invalid for what a transaction cannot do, TransactionCancelled for keys and values.
    """
    for number, bound in enumerate(bounds):
        does = bound.statement.does
        if isinstance(does, (Update, Delete)) and does.returning is not None:
            raise _refused(number, NO_RETURNING)
    writes: list[ItemWrite] = []
    reasons: list[Reason] = []
    for number, (bound, table) in enumerate(zip(bounds, tables, strict=True)):
        try:
            writes.append(plan_write(bound, table))
            reasons.append(INNOCENT)
        except Invalid as error:
            if error.message == EXISTS_NEEDS_MORE:
                raise _refused(number, error.message) from None
            if not _cancels(error.message):
                raise
            reasons.append(Reason("ValidationError", error.message))
    if len(writes) < len(bounds):
        raise TransactionCancelled(reasons)
    _refuse_twice([(write.table.space, write.key) for write in writes])
    return writes


def _cancels(message: str) -> bool:
    """Whether a mistake cancels the transaction: those about keys do, as in DynamoDB Local."""
    return message.startswith((NO_FULL_KEY, "Multiple conditions on same key", "Key attribute"))


def _refuse_twice(places: Sequence[Any]) -> None:
    if len(set(places)) < len(places):
        raise Invalid(TWICE)


def _reasons(error: TransactionCancelled, bounds: Sequence[Bound]) -> list[Reason]:
    """An INSERT's condition is that there is no such item, which has a code of its own.

    Unverified: DynamoDB Local says ValidationError with the same text.
    """
    told = []
    for reason, bound in zip(error.reasons, bounds, strict=True):
        inserts = isinstance(bound.statement.does, Insert)
        if reason.code == "ConditionalCheckFailed" and inserts:
            told.append(Reason("DuplicateItem", DUPLICATE))
        else:
            told.append(reason)
    return told


def _refused(number: int, message: str) -> Invalid:
    return Invalid(f"Validation failed in TransactStatements[{number}]: {message}")
