"""DeleteItem: no item under a key, whether or not there was one."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.item_keys import key_of, refuse_paths_into_keys
from jedlik.services.dynamodb.permissions import ON_DELETE
from jedlik.services.dynamodb.request_expressions import only_condition, refuse
from jedlik.services.dynamodb.rules import only_old_values, write_parameters
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.services.dynamodb.write_answers import condition_failed, write_answer
from jedlik.tables.errors import ConditionFailed
from jedlik.tables.item_writes import DeleteWrite
from jedlik.tables.write import write_one
from jedlik.values import check_item


@operation(
    "dynamodb", "DeleteItem", access="write", permissions=ON_DELETE, rules=[write_parameters]
)
async def delete_item(ctx: Context, req: dict[str, Any]) -> bytes:
    name, condition = req["TableName"], None
    check_item(req["Key"])
    is_bare = len(req) == 2
    if not is_bare:
        refuse(only_old_values(req))
        condition = only_condition(req)
    table = known_table(ctx, name) or await usable_table(ctx, name)
    write = DeleteWrite(table, key_of(table, req["Key"]), condition)
    refuse_paths_into_keys(table, condition)
    try:
        written = await write_one(ctx.db, write)
    except ConditionFailed as error:
        raise condition_failed(req, error) from None
    if is_bare:
        return b"{}"
    old = written.old if req.get("ReturnValues") == "ALL_OLD" else None
    return write_answer(req, table, written, req["Key"], old.json if old else None)
