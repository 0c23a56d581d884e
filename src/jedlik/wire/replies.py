"""The answer to a request, with the header lines that every protocol's answers have."""

from __future__ import annotations

from jedlik.net import Reply, Request

from . import cors
from .checksum import crc32


def reply_to(
    request: Request, request_id: str, status: int, body: bytes, content_type: bytes, more: str = ""
) -> Reply:
    lines = (
        f"x-amzn-RequestId: {request_id}\r\n{cors.origin_line(request)}"
        f"x-amz-crc32: {crc32(body)}\r\n{more}"
    )
    if content_type:
        lines += f"Content-Type: {content_type.decode()}\r\n"
    return Reply(status, lines, body)
