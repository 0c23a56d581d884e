"""Request and Reply: what passes between a connection and the handler.

`net` makes Requests and sends Replies; whoever handles them (`wire`) sees no socket. Headers are
bytes, names in lower case; how they were captured (learned layout or general parser) shows only
in `layout` and `match`, for readers in a hurry.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from re import Match
from typing import Any, Protocol

from .layout import Layout


class Request:
    """One request, complete with its body.

    body: decoded (gunzipped); body_sent: as it came, which is what a signature covers.
    layout, match: set when a learned layout matched: `match.group(layout.groups[name])` is a raw
    value that may still carry blanks at its end. Otherwise both are None and `headers` has all.
    """

    __slots__ = ("_headers", "_method", "_target", "body", "body_sent", "keep_alive", "layout",
                 "match", "old", "peer")
    _method: bytes  # these three only without a layout
    _target: bytes
    _headers: dict[bytes, bytes]

    def __init__(
        self,
        layout: Layout | None,
        match: Match[bytes] | None,
        body: bytes,
        peer: Any,
    ) -> None:
        self.layout = layout
        self.match = match
        self.body = body
        self.body_sent = body
        self.peer = peer
        self.keep_alive = True
        self.old = False

    @classmethod
    def general(
        cls,
        method: bytes,
        target: bytes,
        headers: dict[bytes, bytes],
        *,
        body: bytes = b"",
        peer: Any = None,
        keep_alive: bool = True,
        old: bool = False,
    ) -> Request:
        """A request whose headers no layout describes. old: it came by HTTP/1.0."""
        request = cls(None, None, body, peer)
        request._method = method
        request._target = target
        request._headers = headers
        request.keep_alive = keep_alive
        request.old = old
        return request

    @property
    def method(self) -> bytes:
        return self._method if self.match is None else self.match.group(1)

    @property
    def target(self) -> bytes:
        """Path and query as sent; an absolute URL has been cut to them."""
        return self._target if self.match is None else self.match.group(2)

    @property
    def path(self) -> bytes:
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        """What follows the question mark, undecoded; empty if there is none."""
        return self.target.partition(b"?")[2]

    def header(self, name: bytes) -> bytes | None:
        """A header's value without surrounding blanks; several of one name joined by a comma."""
        if self.match is None:
            return self._headers.get(name)
        assert self.layout is not None
        group = self.layout.groups.get(name)
        return None if group is None else self.match.group(group).rstrip(b" \t")

    @property
    def headers(self) -> Mapping[bytes, bytes]:
        """All headers by lower-case name, in the order of arrival."""
        if self.match is None:
            return self._headers
        assert self.layout is not None
        return {
            name: self.match.group(group).rstrip(b" \t")
            for name, group in self.layout.groups.items()
        }


class Reply:
    """An answer: status, header lines and body.

    lines: ready bytes, each line ended by CRLF. `net` itself writes status line, Server, Date,
    Content-Length and Connection.
    """

    __slots__ = ("body", "close", "lines", "status")

    def __init__(
        self, status: int, lines: bytes, body: bytes = b"", *, close: bool = False
    ) -> None:
        self.status = status
        self.lines = lines
        self.body = body
        self.close = close


Handler = Callable[[Request], Coroutine[Any, Any, Reply]]


class Refuse(Protocol):
    """How a refusal that `net` itself pronounces looks: the protocol above knows its words."""

    def __call__(self, status: int, reason: str) -> Reply: ...


def refuse_plainly(status: int, reason: str) -> Reply:
    """The refusal of a server that speaks for no particular protocol."""
    return Reply(status, b"Content-Type: text/plain\r\n", reason.encode() + b"\n")
