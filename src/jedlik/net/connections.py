"""Connections: what a server has whatever its connections speak.

Its listeners, the connections and how many there may be, the bytes of unfinished messages that they
hold together, and its end.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any, Generic, Protocol, TypeVar

_FILES_FOR_OTHERS = 128  # descriptors left to storage, logs and the like


class Connection(Protocol):
    """As its server sees it. drive: of the answer that is being made, or None."""

    drive: Any

    def stop(self) -> None:
        """Begin nothing more; close when the answer that is being made is sent."""

    def abort(self) -> None:
        """Close at once."""


C = TypeVar("C", bound=Connection)


class Connections(Generic[C]):
    """A server's. connections_max, held_bytes_max: for all of them together."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, connections_max: int, held_bytes_max: int
    ) -> None:
        self.loop = loop
        self.closing = False
        self.now = loop.time()  # as of the last tick; a second's precision serves time-outs
        self._connections: set[C] = set()
        self._connections_max = min(connections_max, _file_limit())
        self._held_bytes = 0
        self._held_bytes_max = held_bytes_max
        self._listeners: list[asyncio.AbstractServer] = []
        self._emptied: asyncio.Future[None] | None = None  # `close` waits for it
        self._timer: asyncio.TimerHandle | None = None

    async def close(self, *, grace_s: float = 10.0) -> None:
        """Stop: accept no more, finish what is being answered, end the rest after `grace_s`."""
        self.closing = True
        for listener in self._listeners:
            listener.close()
        for connection in tuple(self._connections):
            connection.stop()
        if self._connections:
            self._emptied = self.loop.create_future()
            await asyncio.wait([self._emptied], timeout=grace_s)
        for connection in tuple(self._connections):
            connection.abort()
        if self._timer is not None:
            self._timer.cancel()

    @property
    def connection_count(self) -> int:
        return len(self._connections)

    # Called by connections

    def admit(self, connection: C) -> bool:
        """Count a new connection; False if there are too many."""
        self._connections.add(connection)
        return len(self._connections) <= self._connections_max and not self.closing

    def leave(self, connection: C) -> None:
        """A connection has ended. While its handler still runs it is kept, so that `close` waits
        for the work that the client had asked for."""
        if connection.drive is None:
            self._connections.discard(connection)
            if self._emptied is not None and not self._connections and not self._emptied.done():
                self._emptied.set_result(None)

    def reserve(self, size: int) -> bool:
        """Take bytes for a large message, or give them back (negative); False: there are none."""
        if size > 0 and self._held_bytes + size > self._held_bytes_max:
            return False
        self._held_bytes += size
        return True


def _file_limit() -> int:
    """How many connections the process's open-file limit allows; raised as far as it goes.

    The usual soft limit of 1024 would otherwise end in refused accepts, for clients a silence.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard and hard > 0:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (ValueError, OSError):
            pass
    if soft == resource.RLIM_INFINITY:
        return 1 << 30
    return max(16, soft - _FILES_FOR_OTHERS)
