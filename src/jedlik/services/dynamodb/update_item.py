"""UpdateItem: change an item, or make it from its key."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.item_keys import key_of, refuse_paths_into_keys
from jedlik.services.dynamodb.permissions import ON_UPDATE
from jedlik.services.dynamodb.request_expressions import update_and_condition
from jedlik.services.dynamodb.rules import update_parameters
from jedlik.services.dynamodb.update_item_way import way_of
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.services.dynamodb.write_answers import condition_failed, update_answer
from jedlik.tables.errors import ConditionFailed
from jedlik.tables.item_writes import UpdateWrite
from jedlik.tables.write import write_one
from jedlik.values import check_item


@operation(
    "dynamodb",
    "UpdateItem",
    access="write",
    permissions=ON_UPDATE,
    rules=[update_parameters],
    way=way_of,
)
async def update_item(ctx: Context, req: dict[str, Any]) -> bytes:
    key, name = req["Key"], req["TableName"]
    check_item(key)
    update, condition = update_and_condition(req)
    table = known_table(ctx, name) or await usable_table(ctx, name)
    place = key_of(table, key)
    if update is not None:
        update.check_keys(table.keys.names)
    refuse_paths_into_keys(table, update, condition)
    write = UpdateWrite(table, place, key, update, condition, "AttributeUpdates" not in req)
    try:
        written = await write_one(ctx.db, write)
    except ConditionFailed as error:
        raise condition_failed(req, error) from None
    return update_answer(req, table, written, key, update)
