"""TagResource."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb import limits
from jedlik.services.dynamodb.errors import ResourceNotFound, invalid
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import change_table
from jedlik.services.dynamodb.table_rules import tags_given
from jedlik.services.dynamodb.tagged_tables import tagged_table
from jedlik.tables.model import Table


@operation(
    "dynamodb",
    "TagResource",
    access="tagging",
    permissions=on_table("TagResource"),
    rules=[tags_given],
)
async def tag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any] | bytes:
    arn = req["ResourceArn"]
    found = await tagged_table(ctx, arn)
    if found is None:
        raise ResourceNotFound.resource(arn)
    new = {tag["Key"]: tag["Value"] for tag in req["Tags"]}

    def tag(table: Table) -> Table:
        tags = {**table.tags, **new}
        if len(tags) > limits.TAGS_MAX:
            # Unverified: the text.
            raise invalid(f"Too many Tags: {len(tags)}. The maximum is {limits.TAGS_MAX}")
        return replace(table, tags=tags)

    await change_table(ctx, found.name, tag)
    return b""
