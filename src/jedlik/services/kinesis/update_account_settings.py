"""UpdateAccountSettings."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.account_settings import committed, shown


@operation("kinesis", "UpdateAccountSettings", access="write")
async def update_account_settings(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    now = await committed(ctx, req["MinimumThroughputBillingCommitment"]["Status"])
    return {"MinimumThroughputBillingCommitment": shown(now, int(ctx.now * 1000))}
