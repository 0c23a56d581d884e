"""Shard iterators: a place in a shard, dated and signed, so that nothing has to be remembered.

    base64 of: signature | shard, position, made at (ms), created at (ms) | account|region|name

The position is the seq after which to go on, `HORIZON` the oldest record that is there when it is
used. Good for five minutes. The key of the signature is kept in the store. Tokens of ListShards
are made in the same way.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from hashlib import blake2b

from jedlik.services.kinesis.errors import expired_iterator, invalid
from jedlik.services.kinesis.limits import ITERATOR_LIFE_MS
from jedlik.services.kinesis.records import Stream

HORIZON = -1
_PLACE = struct.Struct(">qqQQ")
_SIGNATURE_BYTES = 16


@dataclass(frozen=True)
class Iterator:
    """created_ms: of the stream, so that an iterator is not good for one that took its name."""

    account: str
    region: str
    name: str
    created_ms: int
    shard: int
    position: int

    @classmethod
    def on(cls, stream: Stream, shard: int, position: int) -> Iterator:
        return cls(stream.account, stream.region, stream.name, stream.created_ms, shard, position)

    @property
    def place(self) -> tuple[str, str, str]:
        return self.account, self.region, self.name


def write_iterator(iterator: Iterator, *, secret: bytes, now_ms: int) -> str:
    place = _PLACE.pack(iterator.shard, iterator.position, now_ms, iterator.created_ms)
    told = place + "|".join(iterator.place).encode()
    return base64.b64encode(_signature(told, secret) + told).decode()


def read_iterator(text: str, *, secret: bytes, now_ms: int) -> Iterator:
    """Raises ApiError if we did not write it, or too long ago."""
    iterator, told, signature, made_ms = _parts(text)
    if not hmac.compare_digest(signature, _signature(told, secret)):
        raise invalid("Invalid ShardIterator.")
    if now_ms - made_ms > ITERATOR_LIFE_MS:
        raise expired_iterator(made_ms, now_ms, ITERATOR_LIFE_MS)
    return iterator


def claimed(text: str) -> Iterator:
    """The place in an iterator that nobody has verified yet. Raises ApiError."""
    return _parts(text)[0]


def _parts(text: str) -> tuple[Iterator, bytes, bytes, int]:
    try:
        raw = base64.b64decode(text, validate=True)
        told = raw[_SIGNATURE_BYTES:]
        shard, position, made_ms, created_ms = _PLACE.unpack(told[: _PLACE.size])
        account, region, name = told[_PLACE.size :].decode().split("|")
    except (binascii.Error, ValueError, struct.error):
        raise invalid("Invalid ShardIterator.") from None
    iterator = Iterator(account, region, name, created_ms, shard, position)
    return iterator, told, raw[:_SIGNATURE_BYTES], made_ms


def _signature(told: bytes, secret: bytes) -> bytes:
    return blake2b(b"kinesis" + told, key=secret, digest_size=_SIGNATURE_BYTES).digest()
