"""Request bodies: of known length, chunked, and compressed ones. No I/O.

A reader takes bytes as they come and says what it did not need; a connection feeds it until it is
complete. Nothing here holds more than the limits allow.
"""

from __future__ import annotations

import re
import zlib

from .head import BadRequest
from .limits import Limits

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[\t -~\x80-\xff]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xff]*")


class SizedBody:
    """A body whose length the head told."""

    __slots__ = ("_content", "_length")

    def __init__(self, length: int) -> None:
        self._length = length
        self._content = bytearray()

    def feed(self, data: bytes) -> bytes | None:
        """Take what belongs to the body; returns what follows it, or None while it is short."""
        missing = self._length - len(self._content)
        if len(data) < missing:
            self._content += data
            return None
        self._content += data[:missing]
        return data[missing:]

    def content(self) -> bytes:
        return bytes(self._content)

    @property
    def received(self) -> int:
        """Bytes that came so far."""
        return len(self._content)


class ChunkedBody:
    """A body in chunks (RFC 9112, 7.1). Trailers are checked and dropped.

    Walks each piece of input by position and copies every byte once, so that a body of one-byte
    chunks costs its sender more than us.
    """

    __slots__ = (
        "_bytes_max", "_content", "_limits", "_line", "_missing", "_size", "_trailer_bytes",
    )  # fmt: skip

    def __init__(self, limits: Limits, *, bytes_max: int | None = None) -> None:
        """bytes_max: instead of the limits' own."""
        self._limits = limits
        self._bytes_max = limits.body_bytes_max if bytes_max is None else bytes_max
        self._content = bytearray()
        self._line = b""  # the beginning of a line whose end has not come
        self._missing = 0  # of the current chunk, its CRLF included; 0: a line is next
        self._size = 0
        self._trailer_bytes = -1  # -1: the last chunk has not come

    def feed(self, data: bytes) -> bytes | None:
        """As SizedBody.feed. Raises BadRequest for broken chunks and for too large a body."""
        if self._line:
            data = self._line + data
            self._line = b""
        at = 0
        while True:
            at = self._take_chunk(data, at)
            if self._missing:
                return None
            end = data.find(b"\n", at)
            line_max = (
                self._limits.chunk_line_bytes_max
                if self._trailer_bytes < 0
                else self._limits.trailer_bytes_max
            )
            if (len(data) if end < 0 else end) - at > line_max:
                raise BadRequest(400, "chunk line too long")
            if end < 0:
                self._line = data[at:]
                return None
            if end == at or data[end - 1] != 13:
                raise BadRequest(400, "bare line feed")
            line = data[at : end - 1]
            at = end + 1
            if self._trailer_bytes < 0:
                self._begin_chunk(line)
            elif line:
                self._check_trailer(line)
            else:
                return data[at:]

    def content(self) -> bytes:
        return bytes(self._content)

    def take(self) -> bytes:
        """What came since the last call, for whoever does not keep the whole."""
        content = bytes(self._content)
        self._content.clear()
        return content

    @property
    def received(self) -> int:
        """Bytes that came so far, at least 1 once anything did."""
        return max(len(self._content), int(bool(self._line or self._size)))

    def _take_chunk(self, data: bytes, at: int) -> int:
        """Take the rest of the current chunk and its CRLF from `data`; returns the new position."""
        if self._missing > 2:
            part = data[at : at + self._missing - 2]
            self._content += part
            self._missing -= len(part)
            at += len(part)
        while self._missing and self._missing <= 2 and at < len(data):
            if data[at] != (13 if self._missing == 2 else 10):
                raise BadRequest(400, "chunk without its line end")
            self._missing -= 1
            at += 1
        return at

    def _begin_chunk(self, line: bytes) -> None:
        found = _CHUNK_LINE.fullmatch(line)
        if found is None:
            raise BadRequest(400, "malformed chunk size")
        size = int(found.group(1), 16)
        if size == 0:
            self._trailer_bytes = 0
            return
        self._size += size
        if self._size > self._bytes_max:
            raise BadRequest(413, "body too large")
        self._missing = size + 2

    def _check_trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line) + 2
        if self._trailer_bytes > self._limits.trailer_bytes_max:
            raise BadRequest(431, "trailers too long")
        if _TRAILER.fullmatch(line) is None:
            raise BadRequest(400, "malformed trailer")


def decode_body(body: bytes, coding: bytes, limits: Limits) -> bytes:
    """Undo a Content-Encoding. Raises BadRequest if it is broken, unknown, or grows too large."""
    if not coding or not body:
        return body
    if coding == b"gzip":
        return _inflate(body, 31, limits)
    if coding == b"deflate":
        # RFC 9110 means zlib's format; some clients send bare deflate data.
        zlib_format = len(body) >= 2 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
        return _inflate(body, 15 if zlib_format else -15, limits)
    raise BadRequest(415, "content coding not supported")


def _inflate(body: bytes, window_bits: int, limits: Limits) -> bytes:
    parts: list[bytes] = []
    room = limits.body_bytes_max
    while body:  # gzip files may be several members long
        inflater = zlib.decompressobj(window_bits)
        try:
            part = inflater.decompress(body, room + 1)
        except zlib.error as error:
            raise BadRequest(400, "broken compressed body") from error
        room -= len(part)
        if room < 0:
            raise BadRequest(413, "body too large")
        if not inflater.eof:
            raise BadRequest(400, "compressed body ends early")
        parts.append(part)
        body = inflater.unused_data
        if body and (window_bits != 31 or len(parts) >= 1024):
            raise BadRequest(400, "bytes after the compressed body")
    return b"".join(parts)
