"""UntagResource."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.errors import ResourceNotFound
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import change_table
from jedlik.services.dynamodb.tagged_tables import tagged_table
from jedlik.tables.model import Table


def keys_given(req: dict[str, Any]) -> str | None:
    return None if req["TagKeys"] else "Atleast one Tag Key needs to be provided as Input."


@operation(
    "dynamodb",
    "UntagResource",
    access="tagging",
    permissions=on_table("UntagResource"),
    rules=[keys_given],
)
async def untag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any] | bytes:
    found = await tagged_table(ctx, req["ResourceArn"])
    if found is None:
        raise ResourceNotFound.item_table()
    gone = set(req["TagKeys"])

    def untag(table: Table) -> Table:
        return replace(table, tags={k: v for k, v in table.tags.items() if k not in gone})

    await change_table(ctx, found.name, untag)
    return b""
