"""TransactWriteItems: up to a hundred writes and checks of different items, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from jedlik.api.context import Context
from jedlik.api.errors import validation
from jedlik.api.operation import operation
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.cancellations import KeyPlaces, cancelled
from jedlik.services.dynamodb.client_tokens import client_token
from jedlik.services.dynamodb.item_keys import key_of, key_of_item, refuse_paths_into_keys
from jedlik.services.dynamodb.item_limits import TRANSACTION_BYTES_MAX
from jedlik.services.dynamodb.permissions import ON_TRANSACT_WRITE
from jedlik.services.dynamodb.put_item import ITEM_TOO_LARGE
from jedlik.services.dynamodb.request_expressions import only_condition, update_and_condition
from jedlik.services.dynamodb.rules import update_parameters, write_parameters
from jedlik.services.dynamodb.transaction_reads import take_gets
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.services.dynamodb.write_answers import collection_metrics
from jedlik.tables.errors import Invalid, TransactionCancelled
from jedlik.tables.expressions import Condition, Update
from jedlik.tables.item_writes import (
    ITEM_BYTES_MAX,
    CheckWrite,
    DeleteWrite,
    ItemWrite,
    PutWrite,
    UpdateWrite,
    Written,
)
from jedlik.tables.keys import Key
from jedlik.tables.model import Table
from jedlik.tables.read import get_items
from jedlik.tables.write import write_all
from jedlik.values import check_item

Item = dict[str, Any]


def transact_write_rules(req: dict[str, Any]) -> str | None:
    """One action in each item of the list, and what it may combine."""
    for one in req["TransactItems"]:
        if len(one) > 1:
            return "TransactItems can only contain one of Check, Put, Update or Delete"
        for kind, request in one.items():
            rule = update_parameters if kind == "Update" else write_parameters
            message = rule(request)
            if message is not None:
                return message
        if not one:
            return (
                "Invalid Request: "
                "TransactWriteRequest should contain Delete or Put or Update request"
            )
    return None


class Action(NamedTuple):
    """One item of the list, understood as far as that goes without its table."""

    kind: str
    request: dict[str, Any]
    attributes: Item
    size: int
    update: Update | None
    condition: Condition | None


@operation(
    "dynamodb",
    "TransactWriteItems",
    access="write",
    permissions=ON_TRANSACT_WRITE,
    rules=[transact_write_rules],
)
async def transact_write_items(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    token = client_token(ctx, req, "TransactItems")
    actions = [_action(*one) for asked in req["TransactItems"] for one in asked.items()]
    if sum(action.size for action in actions) > TRANSACTION_BYTES_MAX:
        # Unverified: the documentation names the limit, not the words.
        raise validation("Collection size of items in transaction exceeds the limit of 4 MB")
    names = [action.request["TableName"] for action in actions]
    tables = [known_table(ctx, name) or await usable_table(ctx, name) for name in names]
    ctx.tables = list({table.space: table for table in tables}.values())
    try:
        writes = _writes(actions, tables)
        written = await write_all(ctx.db, writes, token=token)
    except TransactionCancelled as error:
        shows_old = [
            action.request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            for action in actions
        ]
        raise cancelled(error.reasons, shows_old) from None
    detail = capacity.wanted(req)
    if written is None:
        repeated = await _repeated(ctx, names, writes, detail)
        return {} if detail is None else repeated
    answer: dict[str, Any] = {}
    if detail is not None:
        units = capacity.Tally()
        for name, write, done in zip(names, writes, written, strict=True):
            table_units = capacity.write_units(done.charged_bytes)
            units.add(name, write.table, table_units, done.index_units, times=2.0)
        answer["ConsumedCapacity"] = units.consumed(detail, kind="WriteCapacityUnits")
    if req.get("ReturnItemCollectionMetrics") == "SIZE":
        metrics = _metrics(actions, writes, written)
        if metrics:
            answer["ItemCollectionMetrics"] = metrics
    return answer


def _action(kind: str, request: dict[str, Any]) -> Action:
    """Check one action's values and parse its expressions; raises Invalid."""
    attributes = request["Item"] if kind == "Put" else request["Key"]
    size = check_item(attributes)
    if size > ITEM_BYTES_MAX:
        raise Invalid(ITEM_TOO_LARGE)
    if kind == "Update":
        update, condition = update_and_condition(request)
        return Action(kind, request, attributes, size, update, condition)
    return Action(kind, request, attributes, size, None, only_condition(request))


def _writes(actions: Sequence[Action], tables: Sequence[Table]) -> list[ItemWrite]:
    """The actions as writes of items; raises Invalid, or TransactionCancelled for odd keys."""
    places = KeyPlaces()
    for action, table in zip(actions, tables, strict=True):
        if action.kind == "Put":
            places.add(table, key_of_item, action.attributes)
        elif action.update is None:
            places.add(table, key_of, action.attributes)
        else:
            places.add(table, partial(_updatable_key, action.update), action.attributes)
    found = places.all_or_cancelled()
    for action, table in zip(actions, tables, strict=True):
        refuse_paths_into_keys(table, action.update, action.condition)
    return [_write(action, *place) for action, place in zip(actions, found, strict=True)]


def _updatable_key(update: Update, table: Table, attributes: Item) -> Key:
    """The place of an item that the update may change; raises Invalid."""
    key = key_of(table, attributes)
    update.check_keys(table.keys.names)
    return key


def _write(action: Action, table: Table, key: Key) -> ItemWrite:
    if action.kind == "Put":
        return PutWrite(table, key, action.attributes, action.size, action.condition)
    if action.kind == "Update":
        return UpdateWrite(table, key, action.attributes, action.update, action.condition)
    if action.kind == "Delete":
        return DeleteWrite(table, key, action.condition)
    return CheckWrite(table, key, action.condition)


async def _repeated(
    ctx: Context, names: Sequence[str], writes: Sequence[ItemWrite], detail: str | None
) -> dict[str, Any]:
    """The answer to a token used before: nothing is written, the items are read (and charged)."""
    units = capacity.Tally()
    wanted = [(write.table, write.key) for write in writes]
    taken = take_gets(ctx, wanted, await get_items(ctx.db.engine, wanted))
    for name, write, each in zip(names, writes, taken, strict=True):
        units.add(name, write.table, each)
    return {"ConsumedCapacity": units.consumed(detail or "TOTAL", kind="ReadCapacityUnits")}


def _metrics(
    actions: Sequence[Action], writes: Sequence[ItemWrite], written: Sequence[Written]
) -> dict[str, list[dict[str, Any]]]:
    """ItemCollectionMetrics by table: one for each collection that was written to."""
    found: dict[str, dict[bytes, dict[str, Any]]] = {}
    for action, write, done in zip(actions, writes, written, strict=True):
        if write.table.has_local_indexes and not isinstance(write, CheckWrite):
            metrics = collection_metrics(write.table, done, action.attributes)
            found.setdefault(action.request["TableName"], {})[write.key.token] = metrics
    return {name: list(by_collection.values()) for name, by_collection in found.items()}
