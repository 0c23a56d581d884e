"""Replies as bytes: status line, common lines, framing, and the body where it is whole.

Of ordinary answers; those that a plan gives are put together in `answers.py`.
"""

from __future__ import annotations

from http import HTTPStatus

from .flows import StreamedReply
from .request import Reply, Request

STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus
}
WRITE_APART = 128 * 1024  # a body from here on is not copied behind its head
_BODILESS = (204, 304)


def whole(request: Request, reply: Reply, common_lines: str, keep_alive: bool) -> list[bytes]:
    """What to write for a reply, in one piece or two."""
    head = _head(request, reply, common_lines, keep_alive)
    if reply.status in _BODILESS:
        return [f"{head}\r\n".encode()]
    body = reply.body
    ready = f"{head}Content-Length: {len(body)}\r\n\r\n".encode()
    if request.method == b"HEAD":
        return [ready]
    return [ready + body] if len(body) < WRITE_APART else [ready, body]


def begun(request: Request, reply: StreamedReply, common_lines: str, keep_alive: bool) -> bytes:
    """The head of a reply whose body is still being made."""
    head = _head(request, reply, common_lines, keep_alive)
    if reply.length is None:
        return f"{head}Transfer-Encoding: chunked\r\n\r\n".encode()
    return f"{head}Content-Length: {reply.length}\r\n\r\n".encode()


def last(reply: Reply, common_lines: str) -> bytes:
    """The answer to what never became a request; nothing follows it."""
    head = (
        f"{STATUS_LINES[reply.status]}{common_lines}{reply.lines}"
        f"Content-Length: {len(reply.body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + reply.body


def _head(request: Request, reply: Reply, common_lines: str, keep_alive: bool) -> str:
    """All lines but those of the framing."""
    head = STATUS_LINES[reply.status] + common_lines + reply.lines
    if not keep_alive:
        return head + "Connection: close\r\n"
    return head + "Connection: keep-alive\r\n" if request.old else head
