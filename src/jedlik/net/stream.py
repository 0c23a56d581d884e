"""StreamServer: TCP (or TLS) connections whose protocol marks its own messages; no word of AWS.

Where HTTP's framing is `net`'s business (http.py), here a `Conversation` from above says where a
message ends. A connection feeds it bytes, drives its answers one at a time and in order, and keeps
the limits: on what is read ahead, on what is not read by the other side, and on time. A message
that came whole and alone may be answered by `known` without further ado.

    IDLE → READING → BUSY → (DRAIN) → IDLE …       any → LINGER → closed
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, cast

from msgspec import Struct

from .connections import Connections
from .drive import Drive

log = logging.getLogger("jedlik.net")

IDLE, READING, BUSY, DRAIN, LINGER, CLOSED = range(6)

_TICK_S = 1.0
_MESSAGES_PER_TURN = 64  # a long pipeline does not keep other connections waiting
_LARGE = 64 * 1024  # from here on an unfinished message counts against the server's total


class StreamLimits(Struct, frozen=True):
    """What one connection, and all together, may take."""

    handshake_s: float = 10.0  # TLS
    message_s: float = 30.0  # from a message's first byte to its last
    idle_s: float = 900.0  # between messages; pooled connections live long
    write_s: float = 60.0  # without the client taking a byte of its answer
    linger_s: float = 2.0  # after a refusal, so that the client can read it
    pipeline_bytes_max: int = 256 * 1024  # read ahead while an answer is being made
    write_buffer_bytes_max: int = 256 * 1024
    connections_max: int = 10_000
    unfinished_bytes_max: int = 256 * 1024 * 1024  # of all messages that are being received


class Unreadable(Exception):
    """What came is no message: `last_words` are sent and the connection is closed."""

    def __init__(self, last_words: bytes = b"") -> None:
        super().__init__(last_words)
        self.last_words = last_words


class Conversation(Protocol):
    """What is said on one connection."""

    def known(self, message: bytes) -> bytes | None:
        """The answer to exactly this message, if it needs no work; None in doubt."""
        ...

    def take(self, data: bytes, at: int) -> int:
        """Read the message that begins at `at`; where it ends, or 0 while it is incomplete.

        Raises Unreadable. `answer` is called next.
        """
        ...

    def end_of(self, unfinished: bytearray) -> int:
        """Where the message that `take` found incomplete ends, now that more is there; 0: not yet.

        Looks at each byte once, however many pieces they come in. Raises Unreadable.
        """
        ...

    def answer(self) -> bytes | Coroutine[Any, Any, bytes]:
        """The answer to the message taken, b"" for none, or a coroutine that makes it.

        Raises Unreadable when the connection is to end with it.
        """
        ...

    def ended(self) -> None:
        """The connection is gone."""
        ...


class StreamProtocol(asyncio.Protocol):
    """One connection."""

    __slots__ = (
        "_at",
        "_buffer",
        "_conversation",
        "_drained",
        "_eof",
        "_known",
        "_reading_paused",
        "_reserved",
        "_server",
        "_transport",
        "_unfinished",
        "_write_paused",
        "drive",
        "phase",
        "since",
    )

    def __init__(self, server: StreamServer) -> None:
        self._server = server
        self._conversation: Conversation = cast(Conversation, None)
        self._known: Callable[[bytes], bytes | None] = _nothing
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._buffer = b""
        self._at = 0  # what stands before it in the buffer has been taken
        self._unfinished: bytearray | None = None
        self._reserved = 0
        self._eof = False
        self._reading_paused = False
        self._write_paused = False
        self._drained = 0
        self.drive: Drive | None = None
        self.phase = IDLE
        self.since = server.now

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._server.limits.write_buffer_bytes_max)
        if not self._server.admit(self):
            self._transport.abort()
            return
        encrypted = transport.get_extra_info("sslcontext") is not None
        self._conversation = self._server.converse(encrypted)
        self._known = self._conversation.known

    def data_received(self, data: bytes) -> None:
        if not self.phase:  # IDLE, hence nothing is buffered
            answer = self._known(data)
            if answer is not None:
                self.since = self._server.now
                self._transport.write(answer)
                return
        self._take(data)

    def eof_received(self) -> bool:
        self._eof = True
        return self.phase in (BUSY, DRAIN)

    def pause_writing(self) -> None:
        self._write_paused = True
        self._drained = self._transport.get_write_buffer_size()
        if self.phase == IDLE:
            self._enter(DRAIN)

    def resume_writing(self) -> None:
        self._write_paused = False
        if self.phase == DRAIN:
            self._become_idle()

    def connection_lost(self, exc: Exception | None) -> None:
        self.phase = CLOSED
        self._buffer = b""
        self._unfinished = None
        self._reserve(0)
        self._server.leave(self)
        if self._conversation is not None:
            self._conversation.ended()

    # Called by the server

    def tick(self, now: float) -> None:
        """Once a second: end what has taken too long."""
        limits, phase, waited = self._server.limits, self.phase, now - self.since
        if phase == IDLE:
            if waited > limits.idle_s:
                self._transport.close()
        elif phase == READING:
            if waited > limits.message_s:
                self._transport.abort()
        elif phase in (DRAIN, LINGER):
            unsent = self._transport.get_write_buffer_size()
            if 0 < unsent < self._drained:
                self._drained = unsent
                self.since = now
            elif waited > (limits.write_s if unsent else limits.linger_s):
                self._transport.abort()

    def stop(self) -> None:
        """The server is closing: end now, or after the answer that is being made."""
        if self.phase in (IDLE, READING):
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    # Reading

    def _take(self, data: bytes) -> None:
        if self.phase >= LINGER:
            return
        if self.phase >= BUSY:
            self._buffer = self._buffer[self._at :] + data
            self._at = 0
            if len(self._buffer) > self._server.limits.pipeline_bytes_max:
                self._pause_reading()
            return
        try:
            if self._unfinished is None:
                self._buffer = data
                self._at = 0
                self._advance()
            else:
                self._unfinished += data
                self._finish_message()
        except Unreadable as refusal:
            self._refuse(refusal.last_words)

    def _finish_message(self) -> None:
        """More of a message came whose beginning had come before."""
        unfinished = self._unfinished
        assert unfinished is not None
        end = self._conversation.end_of(unfinished)
        if not end:
            self._reserve(len(unfinished))
            return
        self._buffer = bytes(unfinished)
        self._at = 0
        self._unfinished = None
        self._reserve(0)
        self._advance()

    def _advance(self) -> None:
        """Answer what is in the buffer until it is empty, incomplete, or something has to wait."""
        conversation = self._conversation
        for _ in range(_MESSAGES_PER_TURN):
            buffer, at = self._buffer, self._at
            if at == len(buffer):
                self._buffer, self._at = b"", 0
                self._enter(DRAIN if self._write_paused else IDLE)
                return
            end = conversation.take(buffer, at)
            if not end:
                self._unfinished = bytearray(buffer[at:])
                self._buffer, self._at = b"", 0
                self._reserve(len(self._unfinished))
                self._enter(READING)
                return
            self._at = end
            answer = conversation.answer()
            if type(answer) is not bytes:
                self._enter(BUSY)
                if not self._run(cast(Coroutine[Any, Any, bytes], answer)):
                    return
            elif answer:
                self._transport.write(answer)
            if self._write_paused and self._at < len(self._buffer):
                self._enter(DRAIN)
                return
        self._enter(BUSY)  # what arrives meanwhile queues behind the buffer
        self._server.loop.call_soon(self._continue)

    def _continue(self) -> None:
        if self.phase == BUSY and self.drive is None:
            self._become_idle()

    # Answering

    def _run(self, coroutine: Coroutine[Any, Any, bytes]) -> bool:
        """Start making an answer; it mostly is there at once (True)."""
        try:
            waiting = coroutine.send(None)
        except StopIteration as stop:
            if stop.value:
                self._transport.write(stop.value)
            return True
        except Unreadable:
            raise
        except Exception:
            log.exception("conversation failed")
            raise Unreadable from None
        self.drive = Drive(coroutine, waiting, self._finished, self._server.loop)
        return False

    def _finished(self, answer: bytes | None, error: BaseException | None) -> None:
        """An answer that had to wait is there."""
        self.drive = None
        if self.phase == CLOSED:
            if error is not None and not isinstance(error, Unreadable):
                log.error("conversation failed after its client had gone", exc_info=error)
            self._server.leave(self)
            return
        if error is not None:
            if not isinstance(error, Unreadable):
                log.error("conversation failed", exc_info=error)
            self._refuse(error.last_words if isinstance(error, Unreadable) else b"")
            return
        if answer:
            self._transport.write(answer)
        if self._server.closing:
            self._transport.close()
        elif self._write_paused:
            self._enter(DRAIN)
        else:
            self._become_idle()

    def _become_idle(self) -> None:
        self._enter(IDLE)
        if self._at < len(self._buffer):
            try:
                self._advance()
            except Unreadable as refusal:
                self._refuse(refusal.last_words)
                return
        if self.phase <= READING:
            if self._eof:
                self._transport.close()  # nothing can complete what is left
            else:
                self._resume_reading()

    def _refuse(self, last_words: bytes) -> None:
        """End the connection, but let the client read why."""
        self._reserve(0)
        self._buffer, self._at, self._unfinished = b"", 0, None
        if last_words and not self._transport.is_closing():
            self._transport.write(last_words)
        self._enter(LINGER)
        self._drained = self._transport.get_write_buffer_size() + 1
        if self._eof or not last_words or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._resume_reading()
        self._transport.write_eof()

    def _enter(self, phase: int) -> None:
        self.phase = phase
        self.since = self._server.now

    def _pause_reading(self) -> None:
        if not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._reading_paused and not self._transport.is_closing():
            self._reading_paused = False
            self._transport.resume_reading()

    def _reserve(self, size: int) -> None:
        """Count an unfinished message against what all together may hold."""
        wanted = size if size >= _LARGE else 0
        if wanted != self._reserved:
            if not self._server.reserve(wanted - self._reserved):
                raise Unreadable
            self._reserved = wanted


class StreamServer(Connections["StreamProtocol"]):
    """Listens for one kind of conversation until closed."""

    def __init__(
        self,
        converse: Callable[[bool], Conversation],
        *,
        loop: asyncio.AbstractEventLoop,
        limits: StreamLimits | None = None,
    ) -> None:
        """converse: makes the conversation of a new connection, told whether it is encrypted."""
        self.limits = limits or StreamLimits()
        super().__init__(
            loop,
            connections_max=self.limits.connections_max,
            held_bytes_max=self.limits.unfinished_bytes_max,
        )
        self.converse = converse
        self._tick()

    async def listen_on(self, sock: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Accept connections on a socket that is already bound."""
        listener = await self.loop.create_server(
            lambda: StreamProtocol(self),
            sock=sock,
            backlog=1024,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else self.limits.handshake_s,
        )
        self._listeners.append(listener)

    @property
    def is_open(self) -> bool:
        return not self.closing and all(each.is_serving() for each in self._listeners)

    def _tick(self) -> None:
        self.now = self.loop.time()
        for connection in tuple(self._connections):
            if connection.phase != BUSY:
                connection.tick(self.now)
        self._timer = self.loop.call_later(_TICK_S, self._tick)


def _nothing(message: bytes) -> None:
    return None
