"""DescribeExportTasks: the youngest first."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid
from jedlik.services.logs.export_tasks import Task, Tasks
from jedlik.services.logs.requests import page


@operation("logs", "DescribeExportTasks", access="list")
async def describe_export_tasks(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    if "taskId" in req and "statusCode" in req:  # unverified text
        raise invalid("taskId and statusCode cannot both be specified.")
    found = [
        each
        for each in await Tasks(ctx.db, ctx.account, ctx.region).all()
        if req.get("taskId", each.id) == each.id
        and req.get("statusCode", each.status) == each.status
    ]
    shown, token = page(found, req)
    return {"exportTasks": [_described(each) for each in shown], **token}


def _described(task: Task) -> dict[str, Any]:
    ran: dict[str, Any] = {"creationTime": task.created_ms}
    if task.ended_ms is not None:
        ran["completionTime"] = task.ended_ms
    status: dict[str, str] = {"code": task.status}
    if task.message:
        status["message"] = task.message
    shown: dict[str, Any] = {
        "taskId": task.id,
        "logGroupName": task.group,
        "from": task.from_ms,
        "to": task.to_ms,
        "destination": task.bucket,
        "destinationPrefix": task.prefix,
        "status": status,
        "executionInfo": ran,
    }
    return shown if task.name is None else {**shown, "taskName": task.name}
