"""DeleteResourcePolicy, of a stream or a consumer."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.names import OnStream
from jedlik.services.kinesis.policies import set_policy


@operation(
    "kinesis",
    "DeleteResourcePolicy",
    access="permissions",
    permissions=OnStream("DeleteResourcePolicy"),
)
async def delete_resource_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await set_policy(ctx, req, None)
    return {}
