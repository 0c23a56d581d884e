"""newest_first: the events of several streams, from the last one back, a page of each in memory."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Sequence

from jedlik.services.logs.store import Event, Logs, Stream, event_name

PAGE_ALL, PAGE_MIN = 2000, 20


async def newest_first(
    logs: Logs, streams: Sequence[Stream], *, from_ms: int, to_ms: int
) -> AsyncIterator[tuple[str, Stream, Event]]:
    """Both times are inclusive. Messages may be only their beginning: ask `Logs.whole`."""
    low, high = event_name(max(from_ms, 0), 0), event_name(to_ms + 1, 0)
    per_stream = max(PAGE_MIN, PAGE_ALL // max(1, len(streams)))
    pages: dict[int, list[tuple[str, Event]]] = {}
    heads: list[tuple[int, int]] = []

    def head(at: int) -> None:
        # Names are digits, so that the greatest is the one with the least negative.
        heapq.heappush(heads, (-int(pages[at][-1][0].replace("|", "")), at))

    async def refill(at: int, before: str) -> None:
        # `high` is inclusive, and so may be the one that was seen last.
        found = await logs.last_events(streams[at], low=low, high=before, limit=per_stream)
        pages[at] = [each for each in found if each[0] != before]
        if pages[at]:
            head(at)

    for at in range(len(streams)):
        await refill(at, high)
    while heads:
        _, at = heapq.heappop(heads)
        name, event = pages[at].pop()
        yield name, streams[at], event
        if pages[at]:
            head(at)
        else:
            await refill(at, name)
