"""CreateExportTask: events of a group to a bucket, in the background."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid, limit_exceeded
from jedlik.services.logs.export_tasks import OVER, Task, Tasks
from jedlik.services.logs.exporting import check_bucket
from jedlik.services.logs.requests import group_arns, logs_of
from jedlik.services.s3 import S3Error

PREFIX = "exportedlogs"


class _Writes:
    """Its own action on the group, and the writing of objects."""

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        written = f"arn:aws:s3:::{req['destination']}/{_prefix(req)}/*"
        return [
            *(Ask("logs:CreateExportTask", arn) for arn in group_arns(ctx, req)),
            Ask("s3:PutObject", written, owner=ctx.account),
        ]

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        return self.asks(ctx, req)


def _prefix(req: dict[str, Any]) -> str:
    return str(req.get("destinationPrefix") or PREFIX).strip("/")


@operation("logs", "CreateExportTask", access="write", permissions=_Writes())
async def create_export_task(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    group = await logs_of(ctx).group(req["logGroupName"])
    if req["from"] >= req["to"]:  # unverified text
        raise invalid("The start time of an export must be before its end time.")
    if req["to"] < group.created_ms:  # API reference; unverified text
        raise invalid("The end time of an export must not be before the log group's creation time.")
    tasks = Tasks(ctx.db, ctx.account, ctx.region)
    if any(each.status not in OVER for each in await tasks.all()):
        raise limit_exceeded()
    task = Task(
        id=str(uuid.uuid4()),
        account=ctx.account,
        region=ctx.region,
        group=group.name,
        streams=req.get("logStreamNamePrefix", ""),
        from_ms=req["from"],
        to_ms=req["to"],
        bucket=req["destination"],
        prefix=_prefix(req),
        created_ms=int(ctx.now * 1000),
        name=req.get("taskName"),
    )
    try:
        await check_bucket(ctx.db, task)
    except S3Error as fault:
        call = "GetBucketAcl" if fault.code == "NoSuchBucket" else "PutObject"
        raise invalid(
            f"{call} call on the given bucket failed. Please check if CloudWatch Logs has been "
            "granted permission to perform this operation."
        ) from None
    await tasks.add(task)
    return {"taskId": task.id}
