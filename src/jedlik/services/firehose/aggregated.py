"""Records of the Kinesis Producer Library, which packs several into one.

    F3 89 9A C2 | AggregatedRecord (Protocol Buffers) | MD5 of that, 16 bytes

    AggregatedRecord: 1 partition keys, 2 hash keys, 3 records
    Record:           1 index of its key, 2 of its hash key, 3 data, 4 tags

The format is published with the library. What does not hold to it is a plain record. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import md5

_MAGIC = b"\xf3\x89\x9a\xc2"
_DIGEST_BYTES = 16


class _Malformed(Exception):
    pass


def records_of(data: bytes) -> list[bytes]:
    """The records in one of Kinesis: itself, where it is not an aggregate."""
    if not data.startswith(_MAGIC) or len(data) < len(_MAGIC) + _DIGEST_BYTES:
        return [data]
    message = data[len(_MAGIC) : -_DIGEST_BYTES]
    if md5(message, usedforsecurity=False).digest() != data[-_DIGEST_BYTES:]:
        return [data]
    try:
        packed = [value for field, value in _fields(message) if field == 3]
        return [next(value for field, value in _fields(each) if field == 3) for each in packed]
    except (_Malformed, StopIteration):
        return [data]


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a message that are bytes."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        wire = tag & 7
        if wire == 0:
            _, place = _varint(message, place)
        elif wire == 2:
            size, place = _varint(message, place)
            if place + size > len(message):
                raise _Malformed
            yield tag >> 3, message[place : place + size]
            place += size
        elif wire in (1, 5):
            place += 8 if wire == 1 else 4
        else:
            raise _Malformed


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(message) and shift < 64:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return value, place
        shift += 7
    raise _Malformed
