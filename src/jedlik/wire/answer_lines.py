"""The header lines that every answer to a JSON request carries.

`answer_lines.pyx` is this module for the compiled form: the same text, by one copy of each part.
"""

from __future__ import annotations


def answer_lines(request_id: str, more: str, checksum: int, content_line: str) -> str:
    """more: further lines, ended; checksum: CRC-32 of the body; content_line: of its type."""
    return f"x-amzn-RequestId: {request_id}\r\n{more}x-amz-crc32: {checksum}\r\n{content_line}"
