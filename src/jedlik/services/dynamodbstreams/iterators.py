"""Shard iterators: a position in a shard, dated and signed, so that nothing has to be remembered.

    <stream ARN>|1|<base64 of: part, ordinal, position, made at (ms), signature>

The position is the seq of the log entry after which to go on. Who changes a byte, or the ARN, gets
"Invalid ShardIterator". The key of the signature is kept in the store: an iterator is good for its
15 minutes, whatever restarts in between.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from hashlib import blake2b

from jedlik.services.dynamodbstreams.errors import expired_iterator, invalid_iterator
from jedlik.services.dynamodbstreams.limits import ITERATOR_LIFE_MS

HORIZON = -1
"""The position before the oldest record that is there when the iterator is used."""

_VERSION = "1"
_PLACE = struct.Struct(">IIqQ")
_SIGNATURE_BYTES = 12


@dataclass(frozen=True)
class Iterator:
    """Where to go on reading: after `position` in one shard of a stream."""

    arn: str
    part: int
    ordinal: int
    position: int


def write_iterator(iterator: Iterator, *, secret: bytes, now_ms: int) -> str:
    """The text that a client gets."""
    place = _PLACE.pack(iterator.part, iterator.ordinal, iterator.position, now_ms)
    signed = place + _signature(iterator.arn, place, secret)
    return f"{iterator.arn}|{_VERSION}|{base64.b64encode(signed).decode()}"


def read_iterator(text: str, *, secret: bytes, now_ms: int) -> Iterator:
    """The position in a client's text; raises ApiError if we did not write it, or long ago."""
    arn, _, rest = text.rpartition("|")
    arn, _, version = arn.rpartition("|")
    try:
        signed = base64.b64decode(rest, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_iterator() from None
    place, signature = signed[: _PLACE.size], signed[_PLACE.size :]
    if version != _VERSION or not hmac.compare_digest(signature, _signature(arn, place, secret)):
        raise invalid_iterator()
    part, ordinal, position, made_at_ms = _PLACE.unpack(place)
    if now_ms - made_at_ms > ITERATOR_LIFE_MS:
        raise expired_iterator()
    return Iterator(arn, part, ordinal, position)


def _signature(arn: str, place: bytes, secret: bytes) -> bytes:
    return blake2b(arn.encode() + place, key=secret, digest_size=_SIGNATURE_BYTES).digest()
