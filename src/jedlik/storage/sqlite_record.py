"""How a group is written down in the journal: a record, and how it is read again.

    record   magic  length  serial  previous  synced  version  check  | payload of `length` bytes
    payload  rows, changes, tallies, trims and drops, one after the other; each begins with its kind

`serial` counts records without a gap; `previous` is the check of the record before, so that what
an earlier round left in a file is never taken for a continuation; everything up to the serial
`synced` was on the disk when this was written. `check` covers all of it and begins with the
store's own secret number, so that no value that a client stores can pass for a record.
"""

from __future__ import annotations

from struct import Struct

import msgspec

from jedlik.storage.sqlite_group import Group
from jedlik.storage.waist import Change, Row

try:  # sixteen times as fast; not ISA-L, see wire/checksum.py
    from zlib_ng.zlib_ng import crc32
except ImportError:
    from zlib import crc32

MAGIC = b"JdJr"
_HEAD = Struct("<4sIqIqq")
_CHECK = Struct("<I")
HEAD_BYTES = _HEAD.size + _CHECK.size

_PUT, _DELETE, _CHANGE, _TALLY, _TRIM, _DROP = range(1, 7)
_ROW = Struct("<BqqHIII")  # kind, space, version, bytes of token, sort, sub, value
_FIGURES = Struct("<Bqqq")  # kind, space, and two numbers
_CHANGE_HEAD = Struct("<BqqI")  # kind, space, part, bytes of the record


class Head(msgspec.Struct, frozen=True):
    length: int
    serial: int
    previous: int
    synced: int
    version: int
    check: int


def encode(group: Group, *, secret: int, serial: int, previous: int, synced: int) -> bytes:
    """Raises struct.error or TypeError for what cannot be stored."""
    parts: list[bytes] = []
    pack = _ROW.pack
    for (space, token, sort, sub), row in group.rows.items():
        if row is not None:
            version, value = row
            head = pack(_PUT, space, version, len(token), len(sort), len(sub), len(value))
            parts += (head, token, sort, sub, value)
        else:
            head = pack(_DELETE, space, 0, len(token), len(sort), len(sub), 0)
            parts += (head, token, sort, sub)
    for space, part, record in group.changes:
        parts += (_CHANGE_HEAD.pack(_CHANGE, space, part, len(record)), record)
    for space, (rows, size) in group.tallies.items():
        parts.append(_FIGURES.pack(_TALLY, space, rows, size))
    for space, part, upto in group.trims:
        parts.append(_FIGURES.pack(_TRIM, space, part, upto))
    for space in group.drops:
        parts.append(_FIGURES.pack(_DROP, space, 0, 0))
    payload = b"".join(parts)
    head = _HEAD.pack(MAGIC, len(payload), serial, previous, synced, group.version)
    check = crc32(payload, crc32(head, secret))
    return b"".join((head, _CHECK.pack(check), payload))


def check_of(record: bytes) -> int:
    """The check of an encoded record."""
    check: int = _CHECK.unpack_from(record, _HEAD.size)[0]
    return check


def read_head(data: bytes, at: int = 0) -> Head | None:
    """What the bytes at `at` claim to be the head of."""
    if len(data) - at < HEAD_BYTES or data[at : at + 4] != MAGIC:
        return None
    _, length, serial, previous, synced, version = _HEAD.unpack_from(data, at)
    return Head(length, serial, previous, synced, version, _CHECK.unpack_from(data, at + 36)[0])


def is_sound(head: Head, payload: bytes, secret: int) -> bool:
    packed = _HEAD.pack(MAGIC, head.length, head.serial, head.previous, head.synced, head.version)
    return len(payload) == head.length and crc32(payload, crc32(packed, secret)) == head.check


def decode(head: Head, payload: bytes) -> Group:
    """The group of a sound record."""
    group = Group()
    group.serial, group.check, group.version = head.serial, head.check, head.version
    at, end = 0, len(payload)
    while at < end:
        kind = payload[at]
        if kind <= _DELETE:
            _, space, version, *sizes = _ROW.unpack_from(payload, at)
            at += _ROW.size
            fields = []
            for size in sizes:
                fields.append(payload[at : at + size])
                at += size
            token, sort, sub, value = fields
            row = Row(version, value) if kind == _PUT else None
            group.rows[space, token, sort, sub] = row
        elif kind == _CHANGE:
            _, space, part, size = _CHANGE_HEAD.unpack_from(payload, at)
            at += _CHANGE_HEAD.size
            group.changes.append(Change(space, part, payload[at : at + size]))
            at += size
        else:
            _, space, first, second = _FIGURES.unpack_from(payload, at)
            at += _FIGURES.size
            if kind == _TALLY:
                group.add_tally(space, first, second)
            elif kind == _TRIM:
                group.trims.append((space, first, second))
            else:
                group.drops.append(space)
    return group
