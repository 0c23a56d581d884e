"""CORS as DynamoDB answers it: every origin may, credentials travel in the signature.

Source: dynalite's recording of AWS, tests/wire/test_cors.py.
"""

from __future__ import annotations

from jedlik.net import Request

ORIGIN_LINE = b"Access-Control-Allow-Origin: *\r\n"
_MAX_AGE_LINE = b"Access-Control-Max-Age: 172800\r\n"


def origin_line(request: Request) -> bytes:
    """The header line for an answer to this request; empty for one that no browser sent."""
    return b"" if request.header(b"origin") is None else ORIGIN_LINE


def preflight_lines(request: Request) -> bytes:
    """What a browser that asks with OPTIONS is told: whatever it asked for is allowed."""
    lines = ORIGIN_LINE
    for asked, allowed in (
        (b"access-control-request-headers", b"Access-Control-Allow-Headers"),
        (b"access-control-request-method", b"Access-Control-Allow-Methods"),
    ):
        value = request.header(asked)
        if value is not None:
            lines += b"%b: %b\r\n" % (allowed, value)
    return lines + _MAX_AGE_LINE
