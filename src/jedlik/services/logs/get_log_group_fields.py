"""GetLogGroupFields: which fields the events of a group have, and how many of them, in percent."""

from __future__ import annotations

from collections import Counter
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.insights.rows import SYSTEM, discovered
from jedlik.services.logs.merging import newest_first
from jedlik.services.logs.requests import group_arns, group_name, logs_of

AROUND_MS = 8 * 60_000
"""Before and after the given time (API reference)."""
RECENT_MS = 15 * 60_000
LOOKED_AT_MAX = 1000
"""Events; ours."""


@operation("logs", "GetLogGroupFields", access="read", resource=group_arns)
async def get_log_group_fields(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    logs = logs_of(ctx)
    group = await logs.group(group_name(ctx, req))
    now_ms = int(ctx.now * 1000)
    low, high = now_ms - RECENT_MS, now_ms
    if "time" in req:
        at_ms = req["time"] * 1000
        low, high = at_ms - AROUND_MS, at_ms + AROUND_MS
    streams = await logs.streams(group)
    seen: Counter[str] = Counter()
    events = 0
    async for name, stream, event in newest_first(logs, streams, from_ms=low, to_ms=high):
        event = await logs.whole(stream, name, event)
        seen.update((*(each for each in SYSTEM if each != "@ptr"), *discovered(event.message)))
        events += 1
        if events >= LOOKED_AT_MAX:
            break
    return {
        "logGroupFields": [
            {"name": name, "percent": round(100 * count / events)}
            for name, count in sorted(seen.items(), key=lambda each: (-each[1], each[0]))
        ]
    }
