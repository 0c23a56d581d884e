"""StopQueryExecution; harmless for one that is done."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.requests import AsksByRecord, store_of
from jedlik.services.athena.running import Runner


@operation(
    "athena", "StopQueryExecution", access="write", permissions=AsksByRecord("StopQueryExecution")
)
async def stop_query_execution(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    store = store_of(ctx)
    now_ms = store.now_ms
    await store.change_execution(
        req["QueryExecutionId"],
        lambda old: msgspec.structs.replace(
            old, state="CANCELLED", reason="Query cancelled by user", completed_ms=now_ms
        ),
    )
    Runner.of(ctx.db).stop(req["QueryExecutionId"])
    return {}
