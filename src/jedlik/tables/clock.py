"""Time and write tokens, passed in so that a seed replays a run."""

from __future__ import annotations

from time import time_ns
from typing import Protocol

NODE_BITS = 10
COUNTER_BITS = 11
VERSIONS_PER_MS = 1 << (NODE_BITS + COUNTER_BITS)


class Clock(Protocol):
    """Where the time comes from."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        ...


class SystemClock:
    """The machine's clock."""

    __slots__ = ()

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return time_ns() // 1_000_000


def last_version_of(at_ms: int) -> int:
    """The greatest version that a write of that millisecond can have."""
    return (at_ms + 1) * VERSIONS_PER_MS - 1


class VersionSource:
    """Unique, growing write tokens: milliseconds, a counter, the node (a hybrid logical clock).

    Fits a signed 64-bit integer until the year 2109. Never `v + 1`: two rivals would make equal
    versions, and "did my write land?" could not be answered.
    """

    __slots__ = ("_last", "_node", "_now_ms")

    def __init__(self, clock: Clock, node: int = 0) -> None:
        self._now_ms = clock.now_ms
        self._node = node & ((1 << NODE_BITS) - 1)
        self._last = 0

    def next(self, after: int = 0) -> int:
        """A version greater than every one given before and than `after`."""
        version = (self._now_ms() << (NODE_BITS + COUNTER_BITS)) | self._node
        floor = self._last if self._last > after else after
        if version <= floor:
            version = (((floor >> NODE_BITS) + 1) << NODE_BITS) | self._node
        self._last = version
        return version
