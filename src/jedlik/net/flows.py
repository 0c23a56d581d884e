"""Bodies that are never whole in memory: Incoming, read by a handler as it arrives, and the sending
of a StreamedReply.

Both push back: a client that sends faster than its handler reads is not read from, and a handler
that produces faster than its client reads waits. The connection (`http.py`) feeds and drains them;
requests with small bodies never come here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from .body import ChunkedBody
from .drive import Drive, Finished
from .head import CHUNKED, BadRequest, Head
from .limits import Limits
from .request import ParsedRequest, Reply

if TYPE_CHECKING:
    from .http import HttpProtocol

_HELD_MAX = 1 << 20  # bytes received and not yet asked for; then the sender has to wait
_DISCARDED_MAX = 1 << 20  # so much of an unwanted body is read to keep the connection
_UNBOUNDED = 1 << 62
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class BodyBroken(Exception):
    """The body will never be complete: its sender has gone, stalls, or breaks the framing."""


class Incoming:
    """A request's body on its way in.

    length: what the head promised, None for a chunked body. complete: its end has come. Once
    somebody asks for the first byte the client is told to go on, if it waits for that.
    """

    __slots__ = (
        "_broken", "_chunked", "_connection", "_discarding", "_expected", "_held", "_missing",
        "_parts", "_since", "_waiter", "complete", "length",
    )  # fmt: skip

    def __init__(self, connection: HttpProtocol, head: Head, limits: Limits, now: float) -> None:
        self._connection = connection
        self._chunked = ChunkedBody(limits, bytes_max=_UNBOUNDED) if head.length < 0 else None
        self.length = None if head.length == CHUNKED else head.length
        self._missing = max(head.length, 0)
        self._expected = head.expects_continue
        self._parts: list[bytes] = []
        self._held = 0
        self._discarding = False
        self._broken: BodyBroken | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._since = now
        self.complete = False

    async def receive(self) -> bytes:
        """The bytes that came since the last call, at least one; b"" at the end.

        Raises BodyBroken.
        """
        while not self._parts:
            if self._broken is not None:
                raise self._broken
            if self.complete:
                return b""
            if self._expected:
                self._expected = False
                self._connection.write(_CONTINUE)
            self._waiter = self._connection.loop.create_future()
            await self._waiter
        data = b"".join(self._parts) if len(self._parts) > 1 else self._parts[0]
        self._parts.clear()
        self._held = 0
        self._connection.go_on_reading()
        return data

    # Called by the connection

    def feed(self, data: bytes, now: float) -> bytes | None:
        """Take what belongs to the body; returns what follows it, or None while it is short."""
        if self._broken is not None:
            return None
        self._since = now
        if data:
            self._expected = False  # it does not wait
        rest: bytes | None = None
        try:
            if self._chunked is not None:
                rest = self._chunked.feed(data)
                data = self._chunked.take()
            elif len(data) < self._missing:
                self._missing -= len(data)
            else:
                rest = data[self._missing :]
                data = data[: self._missing]
                self._missing = 0
        except BadRequest as bad:
            self.fail(bad.reason)
            return None
        if data and not self._discarding:
            self._parts.append(data)
            self._held += len(data)
        if rest is not None:
            self.complete = True
        elif self._held > _HELD_MAX:
            self._connection.stop_reading()
        self._wake()
        return rest

    def fail(self, reason: str) -> None:
        """No more will come."""
        if not self.complete and self._broken is None:
            self._broken = BodyBroken(reason)
            self._wake()

    def stalled(self, now: float, limit_s: float) -> bool:
        """Whether somebody has waited for bytes for too long."""
        return self._waiter is not None and now - self._since > limit_s

    def discard(self) -> bool:
        """Forget what is held and what comes; False where ending the connection is better."""
        self._parts.clear()
        if self._broken is not None or self._expected or self._chunked is not None:
            return False
        self._discarding = self._missing <= _DISCARDED_MAX
        self._held = 0
        return self._discarding

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class StreamedRequest(ParsedRequest):
    """A request that is handled before its body has come. stream: the body; `body` is empty."""

    __slots__ = ("stream",)

    def __init__(self, head: Head, stream: Incoming, peer: Any) -> None:
        super().__init__(
            head.method,
            head.target,
            head.headers,
            body=b"",
            body_sent=b"",
            peer=peer,
            keep_alive=head.keep_alive,
            old=head.version < (1, 1),
        )
        self.stream = stream


class StreamedReply(Reply):
    """An answer whose body is produced while it is sent.

    length: of the body in bytes, exactly what `source` yields; None: nobody knows, the body goes
    out in chunks, and may have no end but the server's (empty parts only ask whether the client is
    still there). source: None for the answer to
    HEAD. The source is always closed (`aclose`), also when the client goes away.
    """

    __slots__ = ("length", "source")

    def __init__(
        self, status: int, lines: str, length: int | None, source: AsyncIterator[bytes] | None
    ) -> None:
        super().__init__(status, lines)
        self.length = length
        self.source = source


class Outgoing:
    """The sending of one StreamedReply."""

    __slots__ = ("_connection", "_since", "_unsent", "_waiter")

    def __init__(self, connection: HttpProtocol, now: float) -> None:
        self._connection = connection
        self._waiter: asyncio.Future[None] | None = None
        self._since = now
        self._unsent = 0

    def begin(self, reply: StreamedReply, sent: Finished) -> Drive | None:
        """Send the body of a reply whose head is out; what drives that, if it is not through.

        sent: told whether all of it went out, or why not; never before this returns.
        """
        sending = self._send(reply)
        loop = self._connection.loop
        try:
            waiting = sending.send(None)
        except StopIteration as stop:
            loop.call_soon(sent, stop.value, None)
        except Exception as error:
            loop.call_soon(sent, None, error)
        else:
            return Drive(sending, waiting, sent, loop)
        return None

    async def _send(self, reply: StreamedReply) -> bool:
        """As fast as the client reads; whether all of it went out."""
        source, missing = reply.source, reply.length
        if missing is None:
            return await self._send_chunks(reply)
        assert source is not None
        connection = self._connection
        try:
            async for part in source:
                missing -= len(part)
                if connection.is_gone or missing < 0:
                    return False
                connection.write(part)
                if connection.is_full:
                    self._waiter = connection.loop.create_future()
                    await self._waiter
        finally:
            await close(source)
        return missing == 0

    async def _send_chunks(self, reply: StreamedReply) -> bool:
        """Send a body of unknown length (RFC 9112, 7.1)."""
        source = reply.source
        assert source is not None
        connection = self._connection
        try:
            async for part in source:
                if connection.is_gone:
                    return False
                if part:
                    connection.write(b"%x\r\n%b\r\n" % (len(part), part))
                if connection.is_full:
                    self._waiter = connection.loop.create_future()
                    await self._waiter
        finally:
            await close(source)
        connection.write(b"0\r\n\r\n")
        return not connection.is_gone

    def go_on(self) -> None:
        """The client has read, or is gone."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def stalled(self, now: float, unsent: int, limit_s: float) -> bool:
        """Whether the client has not taken a byte for too long."""
        if self._waiter is None or unsent != self._unsent:
            self._unsent = unsent
            self._since = now
        return now - self._since > limit_s


def forget(source: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
    """Close what will not be sent; nobody waits for that."""
    closing = close(source)
    try:
        waiting = closing.send(None)
    except StopIteration:
        return
    Drive(closing, waiting, lambda _, error: None, loop)


async def close(source: AsyncIterator[bytes]) -> None:
    """End a source, of which not all need have been taken."""
    ends = getattr(source, "aclose", None)
    if ends is not None:
        await ends()
