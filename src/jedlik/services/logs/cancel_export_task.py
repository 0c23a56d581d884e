"""CancelExportTask: end one that waits or runs; what it has written stays."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import task_over
from jedlik.services.logs.export_tasks import OVER, Task, Tasks


@operation("logs", "CancelExportTask", access="write")
async def cancel_export_task(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def cancelled(now: Task) -> Task:
        return msgspec.structs.replace(now, status="PENDING_CANCEL")

    tasks = Tasks(ctx.db, ctx.account, ctx.region)
    if (await tasks.get(req["taskId"])).status in OVER:
        raise task_over()
    await tasks.change(req["taskId"], cancelled)
    return {}
