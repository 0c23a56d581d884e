"""Server: the listening socket, its connections and their clock.

Keeps what connections share: limits, learned layouts, the Date line, the count of connections and
of body bytes held. One tick a second renews the Date and lets each connection end what has taken
too long, so that no request needs a timer of its own.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, cast

from .http import HttpProtocol
from .layout import Layouts
from .limits import Limits
from .phases import BUSY
from .reply_bytes import STATUS_LINES
from .request import Handler, Refuse, StreamsBody, refuse_plainly

_TICK_S = 1.0
_FILES_FOR_OTHERS = 128  # descriptors left to storage, logs and the like


class Server:
    """Serves HTTP on one or more sockets until closed."""

    def __init__(
        self,
        handler: Handler,
        *,
        loop: asyncio.AbstractEventLoop,
        limits: Limits | None = None,
        refuse: Refuse = refuse_plainly,
        streams_body: StreamsBody | None = None,
        name: str = "Jedlik",
        tasks: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """handler: a coroutine function from Request to Reply. refuse: words for what net itself
        refuses. streams_body: which requests are handled while their bodies come. tasks: run
        every handler in a Task of its own, for handlers that need `asyncio.current_task()`. clock:
        epoch seconds, for the Date header.
        """
        self.handler = handler
        self.loop = loop
        self.limits = limits or Limits()
        self.refuse = refuse
        self.streams_body = streams_body
        self.tasks = tasks
        self.layouts = Layouts(self.limits)
        self.closing = False
        self.now = loop.time()  # as of the last tick; a second's precision serves time-outs
        self.common_lines = ""
        self.ok_start = ""
        self._name_line = f"Server: {name}\r\n" if name else ""
        self._clock = clock
        self._connections: set[HttpProtocol] = set()
        self._connections_max = min(self.limits.connections_max, file_limit())
        self._body_bytes = 0
        self._listeners: list[asyncio.AbstractServer] = []
        self._emptied: asyncio.Future[None] | None = None  # `close` waits for it
        self._timer: asyncio.TimerHandle | None = None
        self._tick()

    async def listen(self, host: str, port: int, *, share: bool = False) -> int:
        """Accept connections at an address; returns the port (asked for as 0, any free one).

        share: let several processes listen on the port (SO_REUSEPORT).
        """
        listener = await self.loop.create_server(
            lambda: HttpProtocol(self),
            host,
            port,
            backlog=1024,
            reuse_port=share or None,
        )
        self._listeners.append(listener)
        return int(listener.sockets[0].getsockname()[1])

    async def listen_on(self, sock: socket.socket) -> None:
        """Accept connections on a socket that is already bound."""
        self._listeners.append(
            await self.loop.create_server(lambda: HttpProtocol(self), sock=sock, backlog=1024)
        )

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

    def admit(self, connection: HttpProtocol) -> bool:
        """Count a new connection; False if there are too many."""
        self._connections.add(connection)
        return len(self._connections) <= self._connections_max and not self.closing

    def leave(self, connection: HttpProtocol) -> None:
        """A connection has ended. While its handler still runs it is kept, so that `close` waits
        for the work that the client had asked for."""
        if connection.drive is None:
            self._connections.discard(connection)
            if self._emptied is not None and not self._connections and not self._emptied.done():
                self._emptied.set_result(None)

    def becomes_http2(
        self, old: HttpProtocol, transport: asyncio.Transport, peer: Any, data: bytes
    ) -> None:
        """A connection has begun with HTTP/2's preface; `data` is what came, from there on."""
        from .http2 import Http2Protocol  # with its library, only for those who speak it

        new = Http2Protocol(self, transport, peer)
        self._connections.discard(old)
        self._connections.add(cast(HttpProtocol, new))
        transport.set_protocol(new)
        new.begin(data)

    def reserve(self, size: int) -> bool:
        """Take bytes for a large body, or give them back (negative); False if there are none."""
        if self._body_bytes + size > self.limits.body_bytes_total_max:
            return False
        self._body_bytes += size
        return True

    def _tick(self) -> None:
        self.now = self.loop.time()
        date = formatdate(self._clock(), usegmt=True)
        self.common_lines = f"{self._name_line}Date: {date}\r\n"
        self.ok_start = STATUS_LINES[200] + self.common_lines
        self.layouts.second_passed()
        for connection in tuple(self._connections):
            if connection.phase != BUSY:
                connection.tick(self.now)
            elif connection.flows:
                connection.tick_flows(self.now)
        # Just after the next full second, so that Date is never late by more than a moment.
        until_next = _TICK_S - self._clock() % _TICK_S + 0.001
        self._timer = self.loop.call_later(until_next, self._tick)


async def serve(
    handler: Handler,
    host: str,
    port: int,
    *,
    limits: Limits | None = None,
    refuse: Refuse = refuse_plainly,
    tasks: bool = False,
) -> Server:
    """Start a server on the running loop."""
    server = Server(
        handler, loop=asyncio.get_running_loop(), limits=limits, refuse=refuse, tasks=tasks
    )
    await server.listen(host, port)
    return server


def file_limit() -> int:
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
