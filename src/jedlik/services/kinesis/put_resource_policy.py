"""PutResourcePolicy, of a stream or a consumer."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.names import OnStream
from jedlik.services.kinesis.policies import checked, set_policy


@operation(
    "kinesis",
    "PutResourcePolicy",
    access="permissions",
    permissions=OnStream("PutResourcePolicy"),
)
async def put_resource_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await set_policy(ctx, req, checked(req["Policy"]))
    return {}
