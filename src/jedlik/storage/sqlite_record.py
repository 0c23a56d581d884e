"""How a group is written down in the journal (`sqlite_encoding.py`): a record, and how it is read.

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
    from zlib_ng.zlib_ng import crc32 as crc32
except ImportError:
    from zlib import crc32 as crc32

MAGIC = b"JdJr"
HEAD = Struct("<4sIqIqq")
CHECK = Struct("<I")
HEAD_BYTES = HEAD.size + CHECK.size

PUT, DELETE, CHANGE, TALLY, TRIM, DROP = range(1, 7)
ROW = Struct("<BqqHIII")  # kind, space, version, bytes of token, sort, sub, value
FIGURES = Struct("<Bqqq")  # kind, space, and two numbers
CHANGE_HEAD = Struct("<BqqI")  # kind, space, part, bytes of the record


class Head(msgspec.Struct, frozen=True):
    length: int
    serial: int
    previous: int
    synced: int
    version: int
    check: int


def check_of(record: bytes) -> int:
    """The check of an encoded record."""
    check: int = CHECK.unpack_from(record, HEAD.size)[0]
    return check


def read_head(data: bytes, at: int = 0) -> Head | None:
    """What the bytes at `at` claim to be the head of."""
    if len(data) - at < HEAD_BYTES or data[at : at + 4] != MAGIC:
        return None
    _, length, serial, previous, synced, version = HEAD.unpack_from(data, at)
    return Head(length, serial, previous, synced, version, CHECK.unpack_from(data, at + 36)[0])


def is_sound(head: Head, payload: bytes, secret: int) -> bool:
    packed = HEAD.pack(MAGIC, head.length, head.serial, head.previous, head.synced, head.version)
    return len(payload) == head.length and crc32(payload, crc32(packed, secret)) == head.check


def decode(head: Head, payload: bytes) -> Group:
    """The group of a sound record."""
    group = Group()
    group.serial, group.check, group.version = head.serial, head.check, head.version
    at, end = 0, len(payload)
    while at < end:
        kind = payload[at]
        if kind <= DELETE:
            _, space, version, *sizes = ROW.unpack_from(payload, at)
            at += ROW.size
            fields = []
            for size in sizes:
                fields.append(payload[at : at + size])
                at += size
            token, sort, sub, value = fields
            row = Row(version, value) if kind == PUT else None
            group.rows[space, token, sort, sub] = row
        elif kind == CHANGE:
            _, space, part, size = CHANGE_HEAD.unpack_from(payload, at)
            at += CHANGE_HEAD.size
            group.changes.append(Change(space, part, payload[at : at + size]))
            at += size
        else:
            _, space, first, second = FIGURES.unpack_from(payload, at)
            at += FIGURES.size
            if kind == TALLY:
                group.add_tally(space, first, second)
            elif kind == TRIM:
                group.trims.append((space, first, second))
            else:
                group.drops.append(space)
    return group
