"""oldest_first, newest_first: the events of several streams in the order of their names, which is
that of their times, a page of each in memory."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from jedlik.services.logs.store import Event, Logs, Stream, event_id, event_name

PAGE_ALL, PAGE_MIN = 2000, 20
Page = list[tuple[str, Event]]
Fetch = Callable[[Stream, str | None], Awaitable[Page]]
"""The page behind the event of that name, or the first one; what comes next is its last."""


def oldest_first(
    logs: Logs, streams: Sequence[Stream], *, low: str, high: str
) -> AsyncIterator[tuple[str, Stream, Event]]:
    """From one name to another. Messages may be only their beginning: ask `Logs.whole`."""
    limit = _per_stream(streams)

    async def fetch(stream: Stream, after: str | None) -> Page:
        begin = low if after is None else after + "~"
        return (await logs.events(stream, low=begin, high=high, limit=limit))[::-1]

    return _merged(streams, fetch, 1)


def newest_first(
    logs: Logs, streams: Sequence[Stream], *, from_ms: int, to_ms: int
) -> AsyncIterator[tuple[str, Stream, Event]]:
    """Both times are inclusive. Messages may be only their beginning: ask `Logs.whole`."""
    low, high = event_name(max(from_ms, 0), 0), event_name(to_ms + 1, 0)
    limit = _per_stream(streams)

    async def fetch(stream: Stream, before: str | None) -> Page:
        # `high` is inclusive, and so may be the one that was seen last.
        end = high if before is None else before
        found = await logs.last_events(stream, low=low, high=end, limit=limit)
        return [each for each in found if each[0] != end]

    return _merged(streams, fetch, -1)


def _per_stream(streams: Sequence[Stream]) -> int:
    return max(PAGE_MIN, PAGE_ALL // max(1, len(streams)))


async def _merged(
    streams: Sequence[Stream], fetch: Fetch, sign: int
) -> AsyncIterator[tuple[str, Stream, Event]]:
    """sign: 1 where the least name comes first, -1 where the greatest does."""
    pages: dict[int, Page] = {}
    heads: list[tuple[int, int]] = []

    def head(at: int) -> None:
        if pages[at]:
            # All ids have as many digits.
            heapq.heappush(heads, (sign * int(event_id(pages[at][-1][0])), at))

    for at, stream in enumerate(streams):
        pages[at] = await fetch(stream, None)
        head(at)
    while heads:
        _, at = heapq.heappop(heads)
        name, event = pages[at].pop()
        yield name, streams[at], event
        if not pages[at]:
            pages[at] = await fetch(streams[at], name)
        head(at)
