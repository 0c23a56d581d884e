"""DescribeLogStreams: in order of their names or of their last events."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid
from jedlik.services.logs.requests import group_arns, group_name, logs_of, page
from jedlik.services.logs.store import Group, Stream


@operation("logs", "DescribeLogStreams", access="list", resource=group_arns)
async def describe_log_streams(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    logs = logs_of(ctx)
    by_time = req.get("orderBy") == "LastEventTime"
    if by_time and "logStreamNamePrefix" in req:
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    group = await logs.group(group_name(ctx, req))
    found = await logs.streams(group, req.get("logStreamNamePrefix", ""))
    if by_time:
        found.sort(key=lambda stream: stream.last_ms or 0)
    if req.get("descending"):
        found.reverse()
    shown, token = page(found, req)
    return {"logStreams": [_described(group, each) for each in shown], **token}


def _described(group: Group, stream: Stream) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": stream.created_ms,
        "arn": f"{group.arn}:log-stream:{stream.name}",
        "storedBytes": 0,  # AWS tells it of groups only, since 2019
    }
    for name, at_ms in (
        ("firstEventTimestamp", stream.first_ms),
        ("lastEventTimestamp", stream.last_ms),
        ("lastIngestionTime", stream.ingested_ms),
    ):
        if at_ms is not None:
            shown[name] = at_ms
    return shown | {"uploadSequenceToken": stream.id}
