"""DescribeEvents: what happened lately, oldest first, a page at a time."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.errors import invalid_combination, invalid_value
from jedlik.services.dax.limits import EVENTS_DEFAULT_S, EVENTS_KEPT_S
from jedlik.services.dax.pages import page
from jedlik.services.dax.permissions import cluster_arns
from jedlik.services.dax.records import EVENT, EventRecord, Records


@operation("dax", "DescribeEvents", access="list", resource=cluster_arns)
async def describe_events(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    start_s, end_s = _span(req, ctx.now)
    found = await Records.of(ctx).range(
        EVENT, low=f"{int(start_s * 1000):015d}", high=f"{int(end_s * 1000):015d}"
    )
    kind, source = req.get("SourceType"), req.get("SourceName")
    # Names of events are not told to clients: the place in the list stands for them.
    numbered = [
        (f"{number:09d}", event)
        for number, event in enumerate(found)
        if kind in (None, event.type) and source in (None, event.source)
    ]
    shown, rest = page(numbered, req, name=lambda each: each[0])
    return {"Events": [_told(event) for _, event in shown], **rest}


def _span(req: dict[str, Any], now: float) -> tuple[float, float]:
    """The time asked about, epoch seconds. Unverified texts."""
    start, end, minutes = (req.get(name) for name in ("StartTime", "EndTime", "Duration"))
    if minutes is not None:
        if start is not None and end is not None:
            raise invalid_combination("Specify a duration, or a start and an end time, not both.")
        if minutes < 0:
            raise invalid_value("The duration must not be negative.")
    length_s = EVENTS_DEFAULT_S if minutes is None else minutes * 60
    if start is None:
        end = now if end is None else end
        start = end - length_s
    elif end is None:
        end = start + length_s if minutes is not None else now
    if start > end:
        raise invalid_value("The start time must be before the end time.")
    return max(start, now - EVENTS_KEPT_S, 0), max(end, 0)


def _told(event: EventRecord) -> dict[str, Any]:
    return {
        "SourceName": event.source,
        "SourceType": event.type,
        "Message": event.message,
        "Date": event.at_ms / 1000,
    }
