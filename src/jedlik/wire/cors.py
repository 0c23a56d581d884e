"""CORS as DynamoDB answers it: every origin may, credentials travel in the signature.

Source: dynalite's recording of AWS, tests/wire/test_cors.py.
"""

from __future__ import annotations

from jedlik.net import Request

ORIGIN_LINE = "Access-Control-Allow-Origin: *\r\n"
_MAX_AGE_LINE = "Access-Control-Max-Age: 172800\r\n"


def origin_line(request: Request) -> str:
    """The header line for an answer to this request; empty for one that no browser sent."""
    return "" if request.header(b"origin") is None else ORIGIN_LINE


def preflight_lines(request: Request) -> str:
    """What a browser that asks with OPTIONS is told: whatever it asked for is allowed."""
    lines = ORIGIN_LINE
    for asked, allowed in (
        (b"access-control-request-headers", "Access-Control-Allow-Headers"),
        (b"access-control-request-method", "Access-Control-Allow-Methods"),
    ):
        value = request.header(asked)
        if value is not None:
            lines += f"{allowed}: {value.decode('ascii', 'ignore')}\r\n"
    return lines + _MAX_AGE_LINE
