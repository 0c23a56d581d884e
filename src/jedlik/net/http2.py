"""HTTP/2 in clear text, for clients that begin with its preface ("prior knowledge", RFC 9113, 3.3).

Frames, header compression and flow control are the library h2's; here requests are put together,
handled (many at once, each in a task), and answered as fast as the client lets us. A connection of
`http.py` hands its transport over when it reads the preface; so one port serves both.

Limits: streams at once, size and count of headers, size of a body and of all bodies together,
answers that a client does not read, and streams that are opened only to be reset ("rapid reset").
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
from hyperframe.frame import GoAwayFrame

from .body import decode_body
from .flows import StreamedReply, close
from .head import BadRequest
from .phases import BODY, BUSY, CLOSED, IDLE
from .request import ParsedRequest, Reply

if TYPE_CHECKING:
    from .server import Server

log = logging.getLogger("jedlik.net")

STREAMS_MAX = 100
WINDOW = 1 << 20
RESETS_MAX = 200  # of unanswered streams, within a minute
RESETS_S = 60.0
_FORBIDDEN = frozenset((b"connection", b"keep-alive", b"transfer-encoding", b"content-length"))


class _Stream:
    """A request on its way in, then its answer on its way out."""

    __slots__ = ("body", "headers", "pseudo", "reserved", "size", "task", "window")

    def __init__(self) -> None:
        self.pseudo: dict[bytes, bytes] = {}
        self.headers: dict[bytes, bytes] = {}
        self.body: list[bytes] = []
        self.size = 0
        self.reserved = 0
        self.task: asyncio.Task[None] | None = None
        self.window: asyncio.Event = asyncio.Event()


class Http2Protocol(asyncio.Protocol):
    """One connection; to the server it is like one of `http.py`."""

    drive = None
    flows = False

    def __init__(self, server: Server, transport: asyncio.Transport, peer: Any) -> None:
        self._server = server
        self._transport = transport
        self._peer = peer
        self._streams: dict[int, _Stream] = {}
        self._unsent = asyncio.Event()
        self._unsent.set()
        self._paused_at = 0.0
        self._resets: list[float] = []
        self._stopping = False
        self._leaving = False
        self.phase = IDLE
        self.since = server.now
        self._h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding=None)
        )
        limits = server.limits
        self._h2.local_settings = h2.settings.Settings(
            client=False,
            initial_values={
                h2.settings.SettingCodes.ENABLE_PUSH: 0,
                h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: STREAMS_MAX,
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: WINDOW,
                h2.settings.SettingCodes.MAX_HEADER_LIST_SIZE: limits.head_bytes_max,
            },
        )
        self._h2.decoder.max_header_list_size = limits.head_bytes_max
        # h2 takes a GOAWAY for the end, though streams that are open may go on (RFC 9113, 6.8).
        self._h2._frame_dispatch_table[GoAwayFrame] = self._client_leaves

    def begin(self, data: bytes) -> None:
        """Take over: `data` is what has come, from the preface on."""
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(WINDOW)
        self._flush()
        self.data_received(data)

    # Called by the event loop

    def data_received(self, data: bytes) -> None:
        self.since = self._server.now
        try:
            events = self._h2.receive_data(data)
            for event in events:
                self._take(event)
        except h2.exceptions.ProtocolError:
            self._flush()
            self._transport.close()
            return
        self._flush()

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self._unsent.clear()
        self._paused_at = self._server.now

    def resume_writing(self) -> None:
        self._unsent.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.phase = CLOSED
        self._unsent.set()
        for number in tuple(self._streams):
            stream = self._streams[number]
            if stream.task is None:
                self._forget(number)
            else:
                stream.window.set()
        self._leave()

    # Called by the server

    def tick(self, now: float) -> None:
        """Once a second: end what has taken too long."""
        limits = self._server.limits
        if not self._unsent.is_set() and now - self._paused_at > limits.write_s:
            self._transport.abort()
            return
        unfinished = any(stream.task is None for stream in self._streams.values())
        waited = now - self.since
        if (unfinished and waited > limits.body_s) or (
            not self._streams and waited > limits.idle_s
        ):
            self._close()

    def tick_flows(self, now: float) -> None:
        return

    def stop(self) -> None:
        """The server is closing: no new streams; end when those that run are answered."""
        self._stopping = True
        if self.phase == CLOSED:
            return
        if not self._streams:
            self._close()
        for stream in self._streams.values():
            stream.window.set()

    def abort(self) -> None:
        self._transport.abort()

    # Reading

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._begin(event)
        elif isinstance(event, h2.events.DataReceived):
            self._feed(event)
        elif isinstance(event, h2.events.StreamEnded):
            self._complete(event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self._reset(event.stream_id)
        elif isinstance(event, h2.events.WindowUpdated):
            if event.stream_id:
                found = self._streams.get(event.stream_id)
                if found is not None:
                    found.window.set()
            else:
                self._widen()
        elif isinstance(event, h2.events.RemoteSettingsChanged):
            self._widen()

    def _client_leaves(self, frame: GoAwayFrame) -> tuple[list[Any], list[Any]]:
        """The client will open no more streams."""
        self._leaving = True
        if not self._streams or frame.error_code:
            self._server.loop.call_soon(self._transport.close)
        return [], []

    def _widen(self) -> None:
        for stream in self._streams.values():
            stream.window.set()

    def _begin(self, event: h2.events.RequestReceived) -> None:
        number = event.stream_id
        stream = self._streams[number] = _Stream()
        headers = event.headers or []
        limits = self._server.limits
        if self._stopping or len(headers) > limits.header_count_max:
            self._refuse(number, 503 if self._stopping else 431, "too many headers")
            return
        for name, value in headers:
            if name.startswith(b":"):
                stream.pseudo[name] = value
            elif name == b"cookie" and name in stream.headers:
                stream.headers[name] += b"; " + value
            elif name in stream.headers:
                stream.headers[name] += b"," + value
            else:
                stream.headers[name] = value
        stream.headers.setdefault(b"host", stream.pseudo.get(b":authority", b""))
        if len(stream.pseudo.get(b":path", b"")) > limits.target_bytes_max:
            self._refuse(number, 414, "target too long")

    def _feed(self, event: h2.events.DataReceived) -> None:
        number = event.stream_id
        stream = self._streams.get(number)
        taken = event.flow_controlled_length or 0
        if taken:
            self._h2.acknowledge_received_data(taken, number)
        if stream is None or stream.task is not None:
            return
        data = event.data or b""
        stream.size += len(data)
        if stream.size > self._server.limits.body_bytes_max:
            self._refuse(number, 413, "body too large")
            return
        if not self._server.reserve(len(data)):
            self._refuse(number, 503, "too many large requests at once")
            return
        stream.reserved += len(data)
        stream.body.append(data)

    def _complete(self, number: int) -> None:
        stream = self._streams.get(number)
        if stream is None or stream.task is not None:
            return
        sent = b"".join(stream.body)
        stream.body.clear()
        coding = stream.headers.get(b"content-encoding")
        try:
            body = decode_body(sent, coding, self._server.limits) if coding else sent
        except BadRequest as bad:
            self._refuse(number, bad.status, bad.reason)
            return
        request = ParsedRequest(
            stream.pseudo.get(b":method", b""),
            stream.pseudo.get(b":path", b"/"),
            stream.headers,
            body=body,
            body_sent=sent,
            peer=self._peer,
            keep_alive=True,
            old=False,
        )
        self.phase = BUSY if not self._streams else BODY
        stream.task = self._server.loop.create_task(self._answer(number, stream, request))

    def _reset(self, number: int) -> None:
        stream = self._streams.get(number)
        if stream is None:
            return
        now = self._server.now
        self._resets = [at for at in self._resets if now - at < RESETS_S]
        self._resets.append(now)
        if stream.task is None:
            self._forget(number)
        else:
            stream.window.set()
            self._streams.pop(number)
            self._server.reserve(-stream.reserved)
            stream.reserved = 0
        if len(self._resets) > RESETS_MAX:
            self._h2.close_connection(h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)
            self._flush()
            self._transport.close()

    # Answering

    async def _answer(self, number: int, stream: _Stream, request: ParsedRequest) -> None:
        source: AsyncIterator[bytes] | None = None
        try:
            try:
                reply = await self._server.handler(request)
                source = reply.source if isinstance(reply, StreamedReply) else None
                headers = _headers(reply, self._server.common_lines)
            except Exception:
                log.exception("handler failed")
                reply = self._server.refuse(500, "internal error")
                headers = _headers(reply, self._server.common_lines)
            await self._send(number, stream, request, reply, headers)
        except h2.exceptions.ProtocolError:
            pass  # the client has taken its stream back
        except Exception:
            log.exception("the body of an answer failed")
            self._end(number)
        finally:
            if source is not None:
                await close(source)
            self._forget(number)
            self.since = self._server.now
            if self.phase == CLOSED:
                self._leave()
            else:
                self._flush()
                if (self._stopping or self._leaving) and not self._streams:
                    self._close()

    async def _send(
        self,
        number: int,
        stream: _Stream,
        request: ParsedRequest,
        reply: Reply,
        headers: list[tuple[bytes, bytes]],
    ) -> None:
        if not self._there(number, stream):
            return
        if isinstance(reply, StreamedReply):
            if reply.source is not None:
                await self._send_parts(number, stream, headers, reply.length, reply.source)
                return
            length = reply.length or 0
        else:
            length = len(reply.body)
        headers.append((b"content-length", str(length).encode()))
        empty = request.method == b"HEAD" or reply.status in (204, 304) or not reply.body
        self._h2.send_headers(number, headers, end_stream=empty)
        if not empty and await self._write(number, stream, reply.body):
            self._h2.end_stream(number)

    async def _send_parts(
        self,
        number: int,
        stream: _Stream,
        headers: list[tuple[bytes, bytes]],
        length: int | None,
        source: AsyncIterator[bytes],
    ) -> None:
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        self._h2.send_headers(number, headers)
        self._flush()
        async for part in source:
            if self._stopping and length is None:
                break
            if not await self._write(number, stream, part):
                return
        self._h2.end_stream(number)

    async def _write(self, number: int, stream: _Stream, data: bytes) -> bool:
        """Send data as the client's windows allow; False if the stream is gone."""
        position = 0
        while position < len(data) or not data:
            if not self._there(number, stream):
                return False
            if not data:
                return True
            await self._unsent.wait()
            if not self._there(number, stream):
                return False
            stream.window.clear()
            room = min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
            if room <= 0:
                self._flush()
                try:
                    await asyncio.wait_for(stream.window.wait(), self._server.limits.write_s)
                except TimeoutError:
                    self._end(number)
                    return False
                continue
            self._h2.send_data(number, data[position : position + room])
            self._flush()
            position += room
        return True

    def _there(self, number: int, stream: _Stream) -> bool:
        return self.phase != CLOSED and self._streams.get(number) is stream

    def _refuse(self, number: int, status: int, reason: str) -> None:
        """Answer without a handler, and let nothing more of the request in."""
        reply = self._server.refuse(status, reason)
        self._h2.send_headers(number, _headers(reply, self._server.common_lines))
        room = max(self._h2.local_flow_control_window(number), 0)
        self._h2.send_data(number, reply.body[:room], end_stream=True)
        with contextlib.suppress(h2.exceptions.StreamClosedError):  # nothing more was to come
            self._h2.reset_stream(number, h2.errors.ErrorCodes.NO_ERROR)
        self._forget(number)

    def _end(self, number: int) -> None:
        try:
            self._h2.reset_stream(number, h2.errors.ErrorCodes.INTERNAL_ERROR)
        except h2.exceptions.ProtocolError:
            return
        self._flush()

    def _forget(self, number: int) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None and stream.reserved:
            self._server.reserve(-stream.reserved)
            stream.reserved = 0
        if not self._streams and self.phase != CLOSED:
            self.phase = IDLE

    def _leave(self) -> None:
        if not self._streams:
            self._server.leave(cast(Any, self))

    def _close(self) -> None:
        try:
            self._h2.close_connection()
        except h2.exceptions.ProtocolError:
            pass
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(data)


def _headers(reply: Reply, common: str) -> list[tuple[bytes, bytes]]:
    headers = [(b":status", str(reply.status).encode())]
    for line in (common + reply.lines).split("\r\n"):
        name, colon, value = line.partition(":")
        lower = name.lower().encode()
        if colon and lower not in _FORBIDDEN:
            headers.append((lower, value.strip().encode()))
    return headers
