"""GetLogRecord: one event, by the @ptr of a query's result, with all its fields."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid, no_record
from jedlik.services.logs.insights.rows import discovered
from jedlik.services.logs.insights.values import text_of
from jedlik.services.logs.requests import group_arns, logs_of


def _arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    try:
        return group_arns(ctx, {"logGroupName": _named(req["logRecordPointer"])[0]})
    except ApiError:
        return ["*"]  # the operation says what is wrong with it


@operation("logs", "GetLogRecord", access="read", resource=_arns)
async def get_log_record(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    group_name, stream_name, name = _named(req["logRecordPointer"])
    logs = logs_of(ctx)
    group = await logs.group(group_name)
    stream = await logs.stream(group, stream_name)
    found = await logs.events(stream, low=name, high=name, limit=1)
    if not found:
        raise no_record()
    event = await logs.whole(stream, *found[0])
    record = {each: text_of(value) for each, value in discovered(event.message).items()}
    return {
        "logRecord": record
        | {
            "@timestamp": str(event.at_ms),
            "@ingestionTime": str(event.ingested_ms),
            "@message": event.message,
            "@logStream": stream.name,
            "@log": f"{ctx.account}:{group.name}",
            "@ptr": req["logRecordPointer"],
        }
    }


def _named(pointer: str) -> tuple[str, str, str]:
    """Group, stream, and name of the event. Raises ApiError."""
    try:
        group, stream, name = orjson.loads(urlsafe_b64decode(pointer.encode()))
    except ValueError:
        raise invalid("The log record pointer is invalid.") from None  # unverified
    if not (isinstance(group, str) and isinstance(stream, str) and isinstance(name, str) and name):
        raise invalid("The log record pointer is invalid.")
    return group, stream, name
