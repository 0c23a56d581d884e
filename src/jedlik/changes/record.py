"""One change of one item, as the log holds it.

Keyspace: `log (space of the table, part of the token) -> sequence -> record bytes`. The record is a
MessagePack array in the order of the fields below, so that appending costs under a microsecond.
"""

from __future__ import annotations

import msgspec


class Record(msgspec.Struct, frozen=True, array_like=True):
    """A change: `old` and `new` are stored bytes (size + DynamoDB JSON), or None for no item.

    `actor` is None for a client's write, "ttl" for an expiry, another word for other services;
    `origin` is the region a replicated write came from, or None.
    """

    at_ms: int
    version: int
    old: bytes | None
    new: bytes | None
    actor: str | None = None
    origin: str | None = None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def encode_record(record: Record) -> bytes:
    """The bytes that go into the log."""
    return _encoder.encode(record)


def decode_record(data: bytes) -> Record:
    """The record in those bytes."""
    return _decoder.decode(data)
