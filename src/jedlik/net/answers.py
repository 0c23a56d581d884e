"""What is sent for an ordinary answer: head and body as one piece.

`answers.pyx` is this module for the compiled form: the same bytes, by one copy of each part.
"""

from __future__ import annotations


def ordinary(start: str, lines: str, body: bytes) -> bytes:
    """start: from the status line on; lines: the answer's own. Both ASCII, each line ended."""
    return f"{start}{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body
