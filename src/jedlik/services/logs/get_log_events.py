"""GetLogEvents: a page of one stream, with tokens that lead on in both directions for ever."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid_token
from jedlik.services.logs.requests import from_token, group_arns, group_name, logs_of, to_token
from jedlik.services.logs.store import Event, event_name

LIMIT = 10_000
LAST = "9" * 15 + "|"
PAGE_BYTES = 1 << 20


@operation("logs", "GetLogEvents", access="read", resource=group_arns)
async def get_log_events(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    logs = logs_of(ctx)
    group = await logs.group(group_name(ctx, req))
    stream = await logs.stream(group, req["logStreamName"])
    low = event_name(req["startTime"], 0) if "startTime" in req else ""
    high = event_name(req["endTime"], 0) if "endTime" in req else LAST
    limit, forward, place = req.get("limit", LIMIT), req.get("startFromHead", False), ""
    if "nextToken" in req:
        way, _, token = req["nextToken"].partition("/")
        if way not in ("f", "b"):
            raise invalid_token()
        forward, place = way == "f", from_token(token)
    if forward:
        found = await logs.events(
            stream, low=max(low, place + "~" if place else ""), high=high, limit=limit
        )
    else:
        before = min(high, place) if place else high
        found = await logs.last_events(stream, low=low, high=before, limit=limit + 1)
        found = [each for each in found if each[0] != place][-limit:]
    found = [
        (name, await logs.whole(stream, name, event)) for name, event in _within(found, forward)
    ]
    # Without events the tokens stay where they are: that is how a reader knows the end.
    first = found[0][0] if found else place or low
    last = found[-1][0] if found else place or high
    return {
        "events": [
            {"timestamp": each.at_ms, "message": each.message, "ingestionTime": each.ingested_ms}
            for _, each in found
        ],
        "nextForwardToken": "f/" + to_token(last),
        "nextBackwardToken": "b/" + to_token(first),
    }


def _within(found: list[tuple[str, Event]], forward: bool) -> list[tuple[str, Event]]:
    """As many as fit into a page, from the side where the reading begins."""
    size = 0
    for number, (_, event) in enumerate(found if forward else reversed(found)):
        size += event.size_bytes
        if size > PAGE_BYTES and number:
            return found[:number] if forward else found[-number:]
    return found
