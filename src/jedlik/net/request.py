"""Request and Reply: what passes between a connection and the handler.

`net` makes Requests and sends Replies; whoever handles them (`wire`) sees no socket. Headers are
bytes, names in lower case. A request is either a LearnedRequest, whose headers a layout captured,
or a ParsedRequest from the general parser; only readers in a hurry need to tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from re import Match
from typing import Any, Protocol

from .layout import Layout


class Request:
    """One request, complete with its body.

    body: decoded (gunzipped); body_sent: as it came, which is what a signature covers.
    layout, match: None unless a learned layout matched; then `match[layout.groups[name]]` is a
    raw value, which may still carry blanks at its end. keep_alive: the client's wish. old: it came
    by HTTP/1.0.
    """

    __slots__ = ()

    layout: Layout | None
    match: Match[bytes] | None
    method: bytes
    target: bytes  # path and query as sent; an absolute URL has been cut to them
    headers: Mapping[bytes, bytes]
    body: bytes
    body_sent: bytes
    peer: Any
    keep_alive: bool
    old: bool

    @property
    def path(self) -> bytes:
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        """What follows the question mark, undecoded; empty if there is none."""
        return self.target.partition(b"?")[2]

    def header(self, name: bytes) -> bytes | None:
        """A header's value without surrounding blanks; several of one name joined by a comma."""
        raise NotImplementedError


class LearnedRequest(Request):
    """A request that a layout captured; nothing is copied out of it before somebody asks."""

    __slots__ = ("body", "layout", "match", "peer")

    layout: Layout
    match: Match[bytes]
    keep_alive = True
    old = False

    def __init__(self, layout: Layout, match: Match[bytes], body: bytes, peer: Any) -> None:
        self.layout = layout
        self.match = match
        self.body = body
        self.peer = peer

    @property
    def method(self) -> bytes:  # type: ignore[override]
        return self.layout.method or self.match[1]

    @property
    def target(self) -> bytes:  # type: ignore[override]
        return self.layout.target or self.match[2]

    @property
    def body_sent(self) -> bytes:  # type: ignore[override]
        return self.body

    def header(self, name: bytes) -> bytes | None:
        group = self.layout.groups.get(name)
        return None if group is None else self.match[group].rstrip(b" \t")

    @property
    def headers(self) -> Mapping[bytes, bytes]:  # type: ignore[override]
        return {
            name: self.match[group].rstrip(b" \t") for name, group in self.layout.groups.items()
        }


class ParsedRequest(Request):
    """A request that the general parser took apart."""

    __slots__ = ("body", "body_sent", "headers", "keep_alive", "method", "old", "peer", "target")

    layout = None
    match = None

    def __init__(
        self,
        method: bytes,
        target: bytes,
        headers: Mapping[bytes, bytes],
        *,
        body: bytes,
        body_sent: bytes,
        peer: Any,
        keep_alive: bool,
        old: bool,
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.body_sent = body_sent
        self.peer = peer
        self.keep_alive = keep_alive
        self.old = old

    def header(self, name: bytes) -> bytes | None:
        return self.headers.get(name)


class Reply:
    """An answer: status, header lines and body.

    lines: ASCII text, each line ended by CRLF. `net` itself writes status line, Server, Date,
    Content-Length and Connection.
    """

    __slots__ = ("body", "close", "lines", "status")

    def __init__(self, status: int, lines: str, body: bytes = b"", close: bool = False) -> None:
        self.status = status
        self.lines = lines
        self.body = body
        self.close = close


StreamsBody = Callable[[bytes, bytes, Mapping[bytes, bytes]], bool]
"""From method, target and headers of a request with a body: whether its handler reads the body as
it comes (then it is given a StreamedRequest, and the body's limits are its own business)."""

Handler = Callable[[Request], Coroutine[Any, Any, Reply]]

Answer = tuple[str, bytes]
"""Header lines and body of an ordinary answer, status 200."""


class Refuse(Protocol):
    """How a refusal that `net` itself pronounces looks: the protocol above knows its words."""

    def __call__(self, status: int, reason: str) -> Reply: ...


def refuse_plainly(status: int, reason: str) -> Reply:
    """The refusal of a server that speaks for no particular protocol."""
    return Reply(status, "Content-Type: text/plain\r\n", reason.encode() + b"\n")
