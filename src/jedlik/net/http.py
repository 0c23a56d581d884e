"""HttpProtocol: one HTTP/1.1 connection on an event loop (uvloop's, for speed).

Bytes come in, complete Requests go to the handler one at a time and in order, each Reply leaves
in one write. A request that a learned layout matches, alone in its packet, takes the short way in
`data_received`; all others go through `reading.py`. `reply_bytes.py` knows what replies look like,
`patience.py` how long everything may take, `phases.py` what a connection may be doing. Knows no
protocol above HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from re import Match
from typing import TYPE_CHECKING, Any, cast

from .answers import ordinary
from .drive import Drive
from .flows import Incoming, Outgoing, StreamedReply, StreamedRequest, forget
from .head import BadRequest
from .layout import Layout, Plan
from .patience import end_if_late, end_stalled
from .phases import BODY, BUSY, CLOSED, DRAIN, HEAD, IDLE, LINGER
from .reading import RequestReader
from .repetition import Repetition, rest_of
from .reply_bytes import WRITE_APART, begun, last, whole
from .request import LearnedRequest, Reply, Request
from .resume import Begun, Due
from .stepping import step

if TYPE_CHECKING:
    from .server import Server

log = logging.getLogger("jedlik.net")

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_REQUESTS_PER_TURN = 64  # a long pipeline does not keep other connections waiting


class HttpProtocol:
    """One connection; made by the Server for each client. An asyncio.Protocol by its methods:
    without a base it can be a structure of C (tools/compile.py)."""

    __slots__ = (
        "_beginning",
        "_endless",
        "_eof",
        "_handler",
        "_incoming",
        "_outgoing",
        "_reader",
        "_reading_paused",
        "_repetition",
        "_request",
        "_server",
        "_transport",
        "_write_paused",
        "drained",
        "drive",
        "layout",
        "peer",
        "phase",
        "since",
    )

    def __init__(self, server: Server) -> None:
        self._server = server
        self._handler = server.handler
        self.layout = server.layouts.recent
        self._beginning = b""  # of the last request that a plan took
        self._repetition: Repetition | None = None
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._reader = RequestReader(self, server)
        self._request: Request | None = None  # the one being handled
        self._incoming: Incoming | None = None  # its body, where that is streamed
        self._outgoing: Outgoing | None = None
        self._endless = False  # the answer that is being sent ends when the server does
        self._eof = False
        self._reading_paused = False
        self._write_paused = False
        self.drained = 0
        self.peer: Any = None
        self.drive: Drive | Due | None = None
        self.phase = IDLE
        self.since = server.now

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.peer = transport.get_extra_info("peername")
        limits = self._server.limits
        self._transport.set_write_buffer_limits(high=limits.write_buffer_bytes_max)
        if not self._server.admit(self):
            self.refuse(503, "too many connections")

    def data_received(self, data: bytes) -> None:
        if self.phase:  # not IDLE
            self._take(data)
            return
        again = self._repetition
        if again is not None:
            rest = again.read(data, again.beginning, again.length)
            if rest is not None:
                varies, body = rest
                answer = again.again(varies, body)
                if answer is not None:
                    self._take_up(again.request, answer)
                    return
        layout = self.layout
        if layout is not None:
            # `Layout.read`, written out: this is the path of nearly every request.
            match = layout.match(data)
            if match is not None:
                end = match.end()
                group = layout.length_group
                if (
                    (end + int(match[group]) if group else end) == len(data)
                    and data.count(b"\n", 0, end) == layout.lines
                    and data.find(b"\0", 0, end) < 0
                ):
                    self._run_learned(layout, match, data[end:])
                    return
        self._take(data)

    def eof_received(self) -> bool:
        """The client will send no more; it may still be reading."""
        self._eof = True
        if self._incoming is not None:
            self._incoming.fail("the body ended early")
        return self.phase in (BUSY, DRAIN)

    def pause_writing(self) -> None:
        self._write_paused = True
        self.drained = self._transport.get_write_buffer_size()
        if self.phase == IDLE:
            self.phase = DRAIN
            self.since = self._server.now

    def resume_writing(self) -> None:
        self._write_paused = False
        if self._outgoing is not None:
            self._outgoing.go_on()
        if self.phase == DRAIN:
            self._become_idle()

    def connection_lost(self, exc: Exception | None) -> None:
        self.phase = CLOSED
        self._reader.forget()
        if self._incoming is not None:
            self._incoming.fail("the client has gone")
        if self._outgoing is not None:
            self._outgoing.go_on()
        self._reader.release()
        self._server.leave(self)

    # Called by the server

    def tick(self, now: float) -> None:
        """Once a second: end what has taken too long."""
        end_if_late(self, now, self._server.limits)

    def tick_flows(self, now: float) -> None:
        """Once a second while a streamed request is handled: end what has stalled."""
        end_stalled(self, self._incoming, self._outgoing, now, self._server.limits)

    def stop(self) -> None:
        """The server is closing: end now if idle, else after the current answer."""
        if self.phase in (IDLE, HEAD) or (self._outgoing is not None and self._endless):
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def close(self) -> None:
        self._transport.close()

    @property
    def unsent_bytes(self) -> int:
        """What is written and still here."""
        return self._transport.get_write_buffer_size()

    # Reading

    def _take(self, data: bytes) -> None:
        """The general way in: whatever came, in whatever pieces."""
        if self.phase == LINGER or self.phase == CLOSED:
            return
        reader = self._reader
        if self.phase in (BUSY, DRAIN):
            incoming = self._incoming
            if incoming is not None and not incoming.complete:
                data = incoming.feed(data, self._server.now) or b""
                if not data:
                    return
            # Answers go out in order; the next request waits, and with it its sender.
            reader.buffer += data
            if len(reader.buffer) > self._server.limits.pipeline_bytes_max:
                self._pause_reading()
            return
        reader.buffer = reader.buffer + data if reader.buffer else data
        if reader.buffer[:4] == _PREFACE[:4] and self._becomes_http2():
            return
        self._advance()

    def _becomes_http2(self) -> bool:
        """Hand the connection over to HTTP/2 if that is what it begins with; True also while that
        cannot be told yet."""
        buffer = self._reader.buffer
        beginning = buffer[: len(_PREFACE)]
        if beginning != _PREFACE[: len(beginning)]:
            return False
        if self.phase == IDLE:
            self.enter(HEAD)
        if len(beginning) == len(_PREFACE):
            self._server.becomes_http2(self, self._transport, self.peer, buffer)
            self._reader.forget()
            self.phase = CLOSED
        return True

    def _advance(self) -> None:
        """Work through the buffer until it is empty, short, or a request has to wait."""
        try:
            for _ in range(_REQUESTS_PER_TURN):
                if self.phase > BODY:
                    return
                if self._incoming is not None and not self._pass_over():
                    return
                request = self._reader.next()
                if request is None:
                    return
                self.phase = IDLE
                if isinstance(request, StreamedRequest):
                    self._incoming = request.stream
                if isinstance(request, LearnedRequest):
                    self._run_learned(request.layout, request.match, request.body)
                else:
                    self._run(request)
            if self._reader.buffer and self.phase == IDLE:
                self.phase = BUSY  # so that what arrives meanwhile queues behind the buffer
                self._server.loop.call_soon(self._continue)
        except BadRequest as bad:
            self.refuse(bad.status, bad.reason)

    def _continue(self) -> None:
        if self.phase == BUSY and self._request is None:
            self._become_idle()

    def _pass_over(self) -> bool:
        """Throw away the rest of a body that nobody wanted; whether that is done."""
        incoming = self._incoming
        assert incoming is not None
        rest = incoming.feed(self._reader.buffer, self._server.now)
        self._reader.buffer = rest or b""
        if rest is None:
            return False
        self._incoming = None
        self.enter(IDLE)
        return True

    # Answering

    def _run_learned(self, layout: Layout, match: Match[bytes], body: bytes) -> None:
        """Answer a request by its layout's plan if there is one; else as any other."""
        plan = layout.plan
        request = LearnedRequest(layout, match, body, self.peer)
        if plan is None:
            self._run(request)
            return
        answer = plan.answer(match, body)
        if answer is None:
            self._run(request)
        else:
            self._remember(request, plan)
            self._take_up(request, answer)

    def _remember(self, request: LearnedRequest, plan: Plan) -> None:
        """Expect more of the same if this request began like the one before it."""
        match = request.match
        group, position = plan.line(match)
        beginning = match.string[:position]
        if beginning != self._beginning:
            self._beginning = beginning
            return
        again = plan.again(match, position) if position else None
        if again is not None:
            rest = rest_of(request.layout, group)
            self._repetition = Repetition(request, beginning, rest, again)

    def _take_up(self, request: Request, answer: Any) -> None:
        """Send or await what a plan has given.

        While a plan worked the phase was IDLE: nothing can come between.
        """
        server = self._server
        if type(answer) is tuple and not server.closing:
            lines, body = answer
            if len(body) < WRITE_APART:
                self._transport.write(ordinary(server.ok_start, lines, body))
            else:
                head = f"{server.ok_start}{lines}Content-Length: {len(body)}\r\n\r\n"
                self._transport.writelines((head.encode(), body))
            self.since = server.now
            return
        self.phase = BUSY
        self._request = request
        if isinstance(answer, tuple):
            self._answer(request, Reply(200, *answer))
        elif isinstance(answer, Reply):
            self._answer(request, answer)
        elif type(answer) is Due:
            self.drive = answer
            answer.waiting.add_done_callback(self._due)
        elif type(answer) is Begun:
            self.drive = answer.drive(self._finished, server.loop)
        else:
            self._drive(request, answer)

    def _run(self, request: Request) -> None:
        """Start the handler; it mostly finishes at once."""
        self.phase = BUSY
        self._request = request
        self._drive(request, self._handler(request))

    def _drive(self, request: Request, coroutine: Coroutine[Any, Any, Reply]) -> None:
        try:
            ended, found = step(coroutine)
        except Exception:
            self._fail(request)
            return
        if ended:
            self._answer(request, found)
        else:
            self.drive = Drive(coroutine, found, self._finished, self._server.loop)

    def _due(self, _done: object) -> None:
        """What an answer waited for is done."""
        due = self.drive
        assert type(due) is Due
        answer = due.answer()
        server = self._server
        if type(answer) is tuple and self.phase == BUSY and not server.closing:
            # `_finished`, without a Reply.
            lines, body = answer
            self.drive = None
            self._transport.write(ordinary(server.ok_start, lines, body))
            self._answered(True)
            if self.phase == IDLE and (self._reader.buffer or self._eof or self._reading_paused):
                self._become_idle()
        elif isinstance(answer, Reply):
            self._finished(answer, None)
        else:
            self._finished(Reply(200, *answer), None)

    def _finished(self, reply: Reply | None, error: BaseException | None) -> None:
        """A handler that had to wait is through."""
        self.drive = None
        request = self._request
        assert request is not None
        if self.phase == CLOSED:
            self._request = None
            if error is not None:
                log.error("handler failed after its client had gone", exc_info=error)
            self._server.leave(self)
            return
        if reply is None:
            self._fail(request, error)
        else:
            self._answer(request, reply)
        if self.phase in (IDLE, BODY) and (
            self._reader.buffer or self._eof or self._reading_paused or self._incoming is not None
        ):
            self._become_idle()

    def _fail(self, request: Request, error: BaseException | None = None) -> None:
        log.error("handler failed", exc_info=error or True)
        self._answer(request, self._server.refuse(500, "internal error"))

    def _answer(self, request: Request, reply: Reply) -> None:
        """Write the reply and turn to what is next."""
        if self._incoming is not None:
            self._end_incoming(self._incoming, reply)
        keep_alive = request.keep_alive and not (reply.close or self._server.closing)
        common_lines = self._server.common_lines
        try:
            if type(reply) is StreamedReply:
                parts = [begun(request, reply, common_lines, keep_alive)]
            else:
                parts = whole(request, reply, common_lines, keep_alive)
        except Exception:  # a line that no bytes can say
            log.error("an answer could not be written", exc_info=True)
            if type(reply) is StreamedReply and reply.source is not None:
                forget(reply.source, self._server.loop)
            reply = self._server.refuse(500, "internal error")
            parts = whole(request, reply, common_lines, keep_alive)
        if len(parts) == 1:
            self._transport.write(parts[0])
        else:
            self._transport.writelines(parts)
        if type(reply) is StreamedReply:
            self._send(reply, keep_alive)
        else:
            self._answered(keep_alive)

    def _answered(self, keep_alive: bool) -> None:
        """A reply is written: what comes next."""
        self._request = None
        self.since = self._server.now
        self._reader.release()
        if not keep_alive:
            self._linger()
        elif self._write_paused:
            self.phase = DRAIN
        else:
            self.phase = IDLE if self._incoming is None else BODY

    def _end_incoming(self, incoming: Incoming, reply: Reply) -> None:
        """The handler is through: what it left of the body is read over, or the end of all."""
        if incoming.complete:
            self._incoming = None
        elif not incoming.discard():
            reply.close = True
            self._incoming = None
        self._resume_reading()

    def _send(self, reply: StreamedReply, keep_alive: bool) -> None:
        """Send the body of a reply while it is being made."""
        self._endless = reply.length is None
        if reply.source is None:
            self._answered(keep_alive)
            return
        self._outgoing = Outgoing(self, self._server.now)

        def sent(whole: bool | None, error: BaseException | None) -> None:
            self.drive = None
            self._outgoing = None
            if error is not None:
                log.error("the body of an answer failed", exc_info=error)
            if self.phase == CLOSED:
                self._request = None
                self._server.leave(self)
            elif not whole:
                self._transport.abort()  # the only way to say that more was promised
            else:
                self._answered(keep_alive)
                if self.phase in (IDLE, BODY):
                    self._become_idle()

        self.drive = self._outgoing.begin(reply, sent)

    def refuse(self, status: int, reason: str) -> None:
        """Answer a request that never became one, and end the connection."""
        reply = self._server.refuse(status, reason)
        self._transport.write(last(reply, self._server.common_lines))
        self._reader.release()
        self._linger()

    def _linger(self) -> None:
        """Close, but only once the client had the chance to read what was written.

        Closing a socket with unread input resets the connection, which may destroy the answer on
        its way; so our half is closed and input thrown away for a moment.
        """
        self.enter(LINGER)
        self._reader.forget()
        self.drained = self._transport.get_write_buffer_size() + 1
        if self._eof or self._transport.is_closing():
            self._transport.close()
            return
        self._resume_reading()
        self._transport.write_eof()

    # For streamed bodies

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._server.loop

    @property
    def flows(self) -> bool:
        """Whether a body is being streamed, in or out."""
        return self._incoming is not None or self._outgoing is not None

    @property
    def is_gone(self) -> bool:
        return self.phase == CLOSED or self._transport.is_closing()

    @property
    def is_full(self) -> bool:
        """Whether the client has to read before more is written."""
        return self._write_paused and self.phase != CLOSED

    def write(self, data: bytes) -> None:
        if not self.is_gone:
            self._transport.write(data)

    def stop_reading(self) -> None:
        self._pause_reading()

    def go_on_reading(self) -> None:
        if self.phase != CLOSED:
            self._resume_reading()

    # Phases

    def enter(self, phase: int) -> None:
        self.phase = phase
        self.since = self._server.now

    def _become_idle(self) -> None:
        self.enter(IDLE if self._incoming is None else BODY)
        if self._reader.buffer:
            self._advance()
        if self.phase <= BODY:
            if self._eof:
                self._transport.close()  # nothing can complete what is left
            else:
                self._resume_reading()

    def _pause_reading(self) -> None:
        if not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._reading_paused and not self._transport.is_closing():
            self._reading_paused = False
            self._transport.resume_reading()
