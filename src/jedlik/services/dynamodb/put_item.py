"""PutItem: an item in place of whatever has its key."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.item_keys import key_of_item, refuse_paths_into_keys
from jedlik.services.dynamodb.permissions import ON_PUT
from jedlik.services.dynamodb.put_item_way import way_of
from jedlik.services.dynamodb.request_expressions import only_condition, refuse
from jedlik.services.dynamodb.rules import only_old_values, write_parameters
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.services.dynamodb.write_answers import condition_failed, write_answer
from jedlik.tables.errors import ConditionFailed, Invalid
from jedlik.tables.item_writes import ITEM_BYTES_MAX, PutWrite
from jedlik.tables.write import write_one
from jedlik.values import check_item

ITEM_TOO_LARGE = "Item size has exceeded the maximum allowed size"


@operation(
    "dynamodb",
    "PutItem",
    access="write",
    permissions=ON_PUT,
    rules=[write_parameters],
    way=way_of,
)
async def put_item(ctx: Context, req: dict[str, Any]) -> bytes:
    item, name, condition = req["Item"], req["TableName"], None
    size = check_item(item)
    is_bare = len(req) == 2
    if not is_bare:
        refuse(only_old_values(req))
    if size > ITEM_BYTES_MAX:
        raise Invalid(ITEM_TOO_LARGE)
    if not is_bare:
        condition = only_condition(req)
    table = known_table(ctx, name) or await usable_table(ctx, name)
    write = PutWrite(table, key_of_item(table, item), item, size, condition)
    refuse_paths_into_keys(table, condition)
    try:
        written = await write_one(ctx.db, write)
    except ConditionFailed as error:
        raise condition_failed(req, error) from None
    if is_bare:
        return b"{}"
    old = written.old if req.get("ReturnValues") == "ALL_OLD" else None
    return write_answer(req, table, written, item, old.json if old else None)
