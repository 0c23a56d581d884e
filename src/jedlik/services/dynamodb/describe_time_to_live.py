"""DescribeTimeToLive."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import found_table


@operation(
    "dynamodb", "DescribeTimeToLive", access="read", permissions=on_table("DescribeTimeToLive")
)
async def describe_time_to_live(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    ttl = (await found_table(ctx, req["TableName"])).ttl
    if ttl is None or not ttl.enabled:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {
        "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": ttl.attribute}
    }
