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


class _Stamp(msgspec.Struct, frozen=True, array_like=True):
    """The beginning of a record, for readers that look at nothing else."""

    at_ms: int


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)
_stamp_decoder = msgspec.msgpack.Decoder(_Stamp)


def encode_record(record: Record) -> bytes:
    """The bytes that go into the log."""
    return _encoder.encode(record)


def decode_record(data: bytes) -> Record:
    """The record in those bytes."""
    return _decoder.decode(data)


def record_time_ms(data: bytes) -> int:
    """When the record in those bytes was written."""
    return _stamp_decoder.decode(data).at_ms
