"""RequestReader: requests out of the bytes of one connection, in whatever pieces they come.

The general way in. It waits until a head is complete, parses it or lets a learned layout do so,
learns layouts, frames the body, holds it to the limits, and gives the Request. `head.py` knows what
a head is, `body.py` how a body is framed; what is done with a request is the connection's business
(`http.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .body import ChunkedBody, SizedBody, decode_body
from .flows import Incoming, StreamedRequest
from .head import CHUNKED, BadRequest, Head, head_end, parse_head
from .phases import BODY, HEAD, IDLE
from .request import LearnedRequest, ParsedRequest, Request

if TYPE_CHECKING:
    from .http import HttpProtocol
    from .server import Server

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LARGE_BODY = 64 * 1024  # from here on a body counts against the server's total


class RequestReader:
    """buffer: what came and was not read yet; the connection adds to it and may look.

    Sets the connection's phase to HEAD and BODY, back to IDLE where nothing was begun, and its
    layout when it has found one.
    """

    __slots__ = (
        "_body",
        "_connection",
        "_head",
        "_learned",
        "_names",
        "_reserved",
        "_server",
        "buffer",
    )

    def __init__(self, connection: HttpProtocol, server: Server) -> None:
        self._connection = connection
        self._server = server
        self._body: SizedBody | ChunkedBody | None = None
        self._head: Head | None = None  # parsed, of the request whose body is awaited
        self._learned: LearnedRequest | None = None  # the same by a layout
        self._names: tuple[bytes, ...] | None = None  # of the last head, a layout candidate
        self._reserved = 0
        self.buffer = b""

    def next(self) -> Request | None:
        """A request from the buffer, or None while one is incomplete. Raises BadRequest."""
        if self._body is None:
            if not self.buffer:
                return None
            if self._connection.phase == IDLE:
                self._connection.enter(HEAD)
            if not self._read_learned_head():
                head = self._read_head()
                if head is None:
                    return None
                streamed = self._begin_body(head)
                if streamed is not None:
                    return streamed
        body = self._body
        assert body is not None
        rest = body.feed(self.buffer)
        if rest is None:
            self.buffer = b""
            self._reserve(body.received)
            return None
        self.buffer = rest
        self._body = None
        return self._complete(body.content())

    def forget(self) -> None:
        """Drop what was read so far: there will be no more requests."""
        self.buffer = b""
        self._body = None

    def release(self) -> None:
        """A large body is no longer held."""
        if self._reserved:
            self._server.reserve(-self._reserved)
            self._reserved = 0

    def _read_learned_head(self) -> bool:
        layout = self._connection.layout
        found = layout.read(self.buffer) if layout is not None else None
        if found is None or layout is None:
            return False
        match, end, length = found
        if length > _LARGE_BODY:
            return False  # a matter for the limits
        self.buffer = self.buffer[end:]
        self._connection.enter(BODY)
        self._learned = LearnedRequest(layout, match, b"", self._connection.peer)
        self._body = SizedBody(length)
        return True

    def _read_head(self) -> Head | None:
        """Take the head from the buffer's start; None if it is incomplete."""
        limits = self._server.limits
        if self.buffer[:1] in (b"\r", b"\n"):
            # RFC 9112, 2.2: an empty line before a request is ignored.
            if self.buffer == b"\r":
                return None
            if self.buffer[:2] != b"\r\n":
                raise BadRequest(400, "malformed request line")
            self.buffer = self.buffer[2:]
            if not self.buffer:
                self._connection.phase = IDLE
                return None
        end = head_end(self.buffer, limits)
        if not end:
            return None
        head = parse_head(self.buffer[:end], limits)
        self._learn(head)
        self.buffer = self.buffer[end:]
        return head

    def _begin_body(self, head: Head) -> StreamedRequest | None:
        """Prepare for the body; the request itself if its handler will read the body."""
        limits = self._server.limits
        streams_body = self._server.streams_body
        if (
            head.length
            and streams_body is not None
            and streams_body(head.method, head.target, head.headers)
        ):
            incoming = Incoming(self._connection, head, limits, self._server.now)
            self.buffer = incoming.feed(self.buffer, self._server.now) or b""
            return StreamedRequest(head, incoming, self._connection.peer)
        if head.length > limits.body_bytes_max:
            raise BadRequest(413, "body too large")
        self._head = head
        self._connection.enter(BODY)
        if head.length == CHUNKED:
            self._body = ChunkedBody(limits)
        else:
            self._reserve(head.length)
            self._body = SizedBody(head.length)
        if head.expects_continue and not self.buffer:
            # Also where there is no body: AWS's Python client takes an answer without this line
            # for a refusal, and then reads the connection's next answer wrongly.
            self._connection.write(_CONTINUE)
        return None

    def _learn(self, head: Head) -> None:
        """Take or make a layout for this head's names; made only for a sequence seen twice."""
        if head.version != (1, 1):
            return
        layouts = self._server.layouts
        layout = layouts.find(head.method, head.target, head.names)
        if layout is None and head.names == self._names:
            layout = layouts.learn(head.method, head.target, head.names)
        self._names = head.names
        if layout is not None:
            self._connection.layout = layout

    def _complete(self, sent: bytes) -> Request:
        """The request whose head was read before and whose body has now come."""
        learned, head = self._learned, self._head
        if learned is not None:
            self._learned = None
            learned.body = sent
            return learned
        assert head is not None
        self._head = None
        return ParsedRequest(
            head.method,
            head.target,
            head.headers,
            body=decode_body(sent, head.coding, self._server.limits) if head.coding else sent,
            body_sent=sent,
            peer=self._connection.peer,
            keep_alive=head.keep_alive,
            old=head.version < (1, 1),
        )

    def _reserve(self, size: int) -> None:
        """Count a large body against what all connections together may hold."""
        if size < _LARGE_BODY or size <= self._reserved:
            return
        if not self._server.reserve(size - self._reserved):
            raise BadRequest(503, "too many large requests at once")
        self._reserved = size
