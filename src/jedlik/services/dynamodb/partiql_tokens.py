"""NextToken of ExecuteStatement: where the next page of a SELECT begins.

Base64 of `fingerprint of the request (16) + checksum (8) + position as JSON`. The fingerprint binds
a token to its statement, parameters and table, the checksum tells garbage from a token of another
statement. Nothing in it is secret: a forged position reads what the statement may read anyway.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from jedlik.storage.waist import Entry
from jedlik.tables.model import Table
from jedlik.tables.partiql.literals import Bound
from jedlik.values import Invalid

FINGERPRINT_BYTES = 16
CHECKSUM_BYTES = 8

NO_TOKEN = "Invalid NextToken"
OTHER_REQUEST = "NextToken does not match request"


class Position(NamedTuple):
    """The number of a range, and the (token, sort, sub) in it to go on after, or None."""

    number: int
    after: tuple[bytes, bytes, bytes] | None


BEGINNING = Position(0, None)


def after(number: int, entry: Entry) -> Position:
    """The position behind a row of a range."""
    return Position(number, (entry.token, entry.sort, entry.sub))


def token_of(bound: Bound, table: Table, position: Position) -> str:
    """The token that leads to a position."""
    parts = [part.hex() for part in position.after or ()]
    content = orjson.dumps([position.number, *parts])
    return urlsafe_b64encode(_fingerprint(bound, table) + _checksum(content) + content).decode()


def position_of(bound: Bound, table: Table, token: str, *, ranges: int) -> Position:
    """The position a token leads to; raises Invalid for garbage and for other requests' tokens."""
    try:
        raw = urlsafe_b64decode(token.encode())
    except (binascii.Error, ValueError):
        raise Invalid(NO_TOKEN) from None
    head = FINGERPRINT_BYTES + CHECKSUM_BYTES
    content = raw[head:]
    if not content or raw[FINGERPRINT_BYTES:head] != _checksum(content):
        raise Invalid(NO_TOKEN)
    if raw[:FINGERPRINT_BYTES] != _fingerprint(bound, table):
        raise Invalid(OTHER_REQUEST)
    try:
        return _position(orjson.loads(content), ranges)
    except (orjson.JSONDecodeError, ValueError, TypeError):
        raise Invalid(NO_TOKEN) from None


def _position(content: Any, ranges: int) -> Position:
    number, *parts = content
    if type(number) is not int or not 0 <= number < ranges or len(parts) not in (0, 3):
        raise ValueError
    if not parts:
        return Position(number, None)
    hash_token, sort, sub = (bytes.fromhex(part) for part in parts)
    return Position(number, (hash_token, sort, sub))


def _fingerprint(bound: Bound, table: Table) -> bytes:
    asked = [table.id, bound.statement.text, list(bound.parameters)]
    return blake2b(orjson.dumps(asked), digest_size=FINGERPRINT_BYTES).digest()


def _checksum(content: bytes) -> bytes:
    return blake2b(content, digest_size=CHECKSUM_BYTES, person=b"jedlik-partiql").digest()
