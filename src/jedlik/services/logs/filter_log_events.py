"""FilterLogEvents: the events of a group, or some of its streams, that match a pattern, in order
of time."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid
from jedlik.services.logs.merging import oldest_first
from jedlik.services.logs.patterns import compiled
from jedlik.services.logs.requests import from_token, group_arns, group_name, logs_of, to_token
from jedlik.services.logs.store import event_id, event_name

LIMIT = 10_000
PAGE_BYTES = 1 << 20
SEARCHED_MAX = 20_000
"""Events that are looked at for one page, which may therefore be empty; ours."""
LAST = "9" * 15 + "|"


@operation("logs", "FilterLogEvents", access="read", resource=group_arns)
async def filter_log_events(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    if "logStreamNames" in req and "logStreamNamePrefix" in req:
        raise invalid("logStreamNames and logStreamNamePrefix cannot both be specified.")
    logs, matches = logs_of(ctx), compiled(req.get("filterPattern", ""))
    group = await logs.group(group_name(ctx, req))
    if "logStreamNames" in req:
        streams = [await logs.stream(group, name) for name in dict.fromkeys(req["logStreamNames"])]
    else:
        streams = await logs.streams(group, req.get("logStreamNamePrefix", ""))
    low = event_name(req["startTime"], 0) if "startTime" in req else ""
    high = event_name(req["endTime"] + 1, 0) if "endTime" in req else LAST
    place = from_token(req["nextToken"]) if "nextToken" in req else ""
    low = max(low, place + "~" if place else "")
    limit = req.get("limit", LIMIT)
    shown: list[dict[str, Any]] = []
    size = searched = 0
    token = None
    async for name, stream, event in oldest_first(logs, streams, low=low, high=high):
        if len(shown) >= limit or size > PAGE_BYTES or searched >= SEARCHED_MAX:
            token = place
            break
        place = name
        searched += 1
        event = await logs.whole(stream, name, event)
        if matches(event.message) is not None:
            size += len(event.message)
            shown.append(
                {
                    "logStreamName": stream.name,
                    "timestamp": event.at_ms,
                    "message": event.message,
                    "ingestionTime": event.ingested_ms,
                    "eventId": event_id(name),
                }
            )
    answer: dict[str, Any] = {"events": shown, "searchedLogStreams": []}
    return answer | ({"nextToken": to_token(token)} if token is not None else {})
