"""The general parser of a request's head: strict, complete, no faster than it needs to be.

Every request that no learned layout fits comes through here. Pure functions: bytes in, a `Head`
out, or `BadRequest` with the status that refuses it. RFC 9112, with each leniency that has been
used to smuggle requests past proxies refused: bare LF, folded headers, blanks before the colon,
several lengths, a length beside a transfer coding.
"""

from __future__ import annotations

import re

from msgspec import Struct

from .limits import Limits

_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([!-~]+) HTTP/([0-9])\.([0-9])")
_HEADER = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*"
    rb"[!-~\x80-\xff])?)?)[ \t]*"
)
_HOST = re.compile(rb"[!-~]*")
_ABSOLUTE = re.compile(rb"https?://[^/?#]+", re.IGNORECASE)
_LENGTH = re.compile(rb"[0-9]{1,18}")
CHUNKED = -1


class BadRequest(Exception):
    """The request is refused with this status and the connection closed."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


class Head(Struct, frozen=True):
    """A request without its body.

    names: header names as spelt, for learning a layout. length: of the body in bytes, or
    CHUNKED; whether it is too long is for the connection to say. coding: the body's
    Content-Encoding, b"" if none.
    """

    method: bytes
    target: bytes
    version: tuple[int, int]
    names: tuple[bytes, ...]
    headers: dict[bytes, bytes]
    length: int
    coding: bytes
    keep_alive: bool
    expects_continue: bool


def head_end(data: bytes, limits: Limits) -> int:
    """Where the head's final empty line ends; 0 while it has not come.

    Raises BadRequest for what can no longer become a head: too long, or lines ended by bare LF.
    """
    end = data.find(b"\r\n\r\n", 0, limits.head_bytes_max + 4)
    if end >= 0:
        return end + 4
    line_end = data.find(b"\n")
    if line_end >= 0 and data[line_end - 1 : line_end] != b"\r":
        raise BadRequest(400, "bare line feed")
    if (line_end if line_end >= 0 else len(data)) > limits.target_bytes_max + 64:
        raise BadRequest(414, "request line too long")
    if len(data) > limits.head_bytes_max:
        raise BadRequest(431, "headers too long")
    if data.find(b"\n\n") >= 0:
        raise BadRequest(400, "bare line feed")
    return 0


def parse_head(data: bytes, limits: Limits) -> Head:
    """Parse a head, final empty line included. Raises BadRequest."""
    lines = data[:-4].split(b"\r\n")
    method, target, version = _request_line(lines[0], limits)
    if len(lines) - 1 > limits.header_count_max:
        raise BadRequest(431, "too many headers")
    names: list[bytes] = []
    headers: dict[bytes, bytes] = {}
    for line in lines[1:]:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise BadRequest(400, "malformed header")
        name, value = found.groups()
        names.append(name)
        low = name.lower()
        if low not in headers:
            headers[low] = value
        elif low in (b"host", b"content-length", b"transfer-encoding", b"authorization"):
            raise BadRequest(400, "repeated header")
        else:
            headers[low] += b"," + value
    _check_host(headers, version)
    return Head(
        method=method,
        target=target,
        version=version,
        names=tuple(names),
        headers=headers,
        length=_length(headers, version),
        coding=_coding(headers),
        keep_alive=_keep_alive(headers, version),
        expects_continue=_expects_continue(headers, version),
    )


def _request_line(line: bytes, limits: Limits) -> tuple[bytes, bytes, tuple[int, int]]:
    if len(line) > limits.target_bytes_max + 64:
        raise BadRequest(414, "request line too long")
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise BadRequest(400, "malformed request line")
    method, target, major, minor = found.groups()
    if major != b"1":
        raise BadRequest(505, "HTTP version not supported")
    if len(target) > limits.target_bytes_max:
        raise BadRequest(414, "target too long")
    absolute = _ABSOLUTE.match(target)
    if absolute is not None:
        target = target[absolute.end() :]
        if not target.startswith(b"/"):
            target = b"/" + target
    if not target.startswith(b"/") and not (target == b"*" and method == b"OPTIONS"):
        raise BadRequest(400, "malformed target")
    return method, target, (1, int(minor))


def _check_host(headers: dict[bytes, bytes], version: tuple[int, int]) -> None:
    host = headers.get(b"host")
    if host is None:
        if version >= (1, 1):
            raise BadRequest(400, "Host header is missing")
    elif _HOST.fullmatch(host) is None:
        raise BadRequest(400, "malformed Host header")


def _length(headers: dict[bytes, bytes], version: tuple[int, int]) -> int:
    coding = headers.get(b"transfer-encoding")
    length = headers.get(b"content-length")
    if coding is not None:
        if length is not None:
            raise BadRequest(400, "both Content-Length and Transfer-Encoding")
        if version < (1, 1):
            raise BadRequest(400, "Transfer-Encoding in HTTP/1.0")
        if coding.lower() != b"chunked":
            raise BadRequest(501, "transfer coding not supported")
        return CHUNKED
    if length is None:
        return 0
    if _LENGTH.fullmatch(length) is None:
        raise BadRequest(400, "malformed Content-Length")
    return int(length)


def _coding(headers: dict[bytes, bytes]) -> bytes:
    coding = headers.get(b"content-encoding", b"").lower()
    if coding == b"identity":
        return b""
    return b"gzip" if coding == b"x-gzip" else coding


def _keep_alive(headers: dict[bytes, bytes], version: tuple[int, int]) -> bool:
    options = {
        option.strip(b" \t") for option in headers.get(b"connection", b"").lower().split(b",")
    }
    if b"close" in options:
        return False
    return version >= (1, 1) or b"keep-alive" in options


def _expects_continue(headers: dict[bytes, bytes], version: tuple[int, int]) -> bool:
    expectation = headers.get(b"expect")
    if expectation is None:
        return False
    if expectation.lower() != b"100-continue":
        raise BadRequest(417, "expectation not supported")
    return version >= (1, 1)
