"""DescribeAccountSettings."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.account_settings import shown
from jedlik.services.kinesis.store import Store


@operation("kinesis", "DescribeAccountSettings", access="read")
async def describe_account_settings(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await Store.of(ctx.db).commitment(ctx.account, ctx.region)
    return {"MinimumThroughputBillingCommitment": shown(found, int(ctx.now * 1000))}
