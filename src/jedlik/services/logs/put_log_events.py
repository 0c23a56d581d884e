"""PutLogEvents: a batch for one stream, in order of time, without what is too old or too new."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid
from jedlik.services.logs.requests import group_arns, logs_of
from jedlik.services.logs.store import EVENT_OVERHEAD_BYTES

BATCH_BYTES_MAX = 1_048_576
BATCH_EVENTS_MAX = 10_000
EVENT_BYTES_MAX = 1_048_576
DAY_MS = 86_400_000
OLD_MS, NEW_MS = 14 * DAY_MS, 2 * 3_600_000
"""Older and newer events than this are rejected (API reference)."""


@operation("logs", "PutLogEvents", access="write", resource=group_arns)
async def put_log_events(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    logs, events = logs_of(ctx), req["logEvents"]
    times = [each["timestamp"] for each in events]
    if times != sorted(times):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if times[-1] - times[0] > DAY_MS:
        raise invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than "
            "24 hours."
        )
    sizes = [len(each["message"].encode()) + EVENT_OVERHEAD_BYTES for each in events]
    if max(sizes) > EVENT_BYTES_MAX:
        raise invalid(f"Log event too large: {max(sizes)} bytes exceeds limit of {EVENT_BYTES_MAX}")
    if sum(sizes) > BATCH_BYTES_MAX:
        raise invalid(f"Upload too large: {sum(sizes)} bytes exceeds limit of {BATCH_BYTES_MAX}")
    if len(events) > BATCH_EVENTS_MAX:
        raise invalid(f"Upload too large: more than {BATCH_EVENTS_MAX} events")
    group = await logs.group(req["logGroupName"])
    stream = await logs.stream(group, req["logStreamName"])
    now_ms = int(ctx.now * 1000)
    kept_ms = group.days * DAY_MS if group.days is not None else OLD_MS
    old = sum(at < now_ms - OLD_MS for at in times)
    expired = sum(at < now_ms - kept_ms for at in times)
    new = sum(at > now_ms + NEW_MS for at in times)
    rejected = {}
    if old:
        rejected["tooOldLogEventEndIndex"] = old
    if expired > old:
        rejected["expiredLogEventEndIndex"] = expired
    if new:
        rejected["tooNewLogEventStartIndex"] = len(events) - new
    taken = events[max(old, expired) : len(events) - new]
    if taken:
        pairs = [(each["timestamp"], each["message"]) for each in taken]
        await logs.put(group.name, stream.name, pairs)
    answer: dict[str, Any] = {"nextSequenceToken": stream.id}
    return answer | ({"rejectedLogEventsInfo": rejected} if rejected else {})
