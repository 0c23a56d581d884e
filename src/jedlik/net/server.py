"""Server: the listening socket, its connections and their clock.

Keeps what connections share: limits, learned layouts, the Date line, and what every server of ours
has (`connections.py`). One tick a second renews the Date and lets each connection end what has
taken too long, so that no request needs a timer of its own.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, cast

from .connections import Connections
from .http import HttpProtocol
from .layout import Layouts
from .limits import Limits
from .phases import BUSY
from .reply_bytes import STATUS_LINES
from .request import Handler, Refuse, StreamsBody, refuse_plainly

_TICK_S = 1.0


class Server(Connections[HttpProtocol]):
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
        clock: Callable[[], float] = time.time,
    ) -> None:
        """handler: a coroutine function from Request to Reply. refuse: words for what net itself
        refuses. streams_body: which requests are handled while their bodies come. clock: epoch
        seconds, for the Date header.
        """
        self.limits = limits or Limits()
        super().__init__(
            loop,
            connections_max=self.limits.connections_max,
            held_bytes_max=self.limits.body_bytes_total_max,
        )
        self.handler = handler
        self.refuse = refuse
        self.streams_body = streams_body
        self.layouts = Layouts(self.limits)
        self.common_lines = ""
        self.ok_start = ""
        self._name_line = f"Server: {name}\r\n" if name else ""
        self._clock = clock
        self._tick()

    async def listen(self, host: str, port: int, *, share: bool = False) -> int:
        """Accept connections at an address; returns the port (asked for as 0, any free one).

        share: let several processes listen on the port (SO_REUSEPORT).
        """
        listener = await self.loop.create_server(
            self._connection,
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
            await self.loop.create_server(self._connection, sock=sock, backlog=1024)
        )

    def _connection(self) -> asyncio.Protocol:
        """For a client that has just come; a protocol by its methods."""
        return cast(asyncio.Protocol, HttpProtocol(self))

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
) -> Server:
    """Start a server on the running loop."""
    server = Server(handler, loop=asyncio.get_running_loop(), limits=limits, refuse=refuse)
    await server.listen(host, port)
    return server
