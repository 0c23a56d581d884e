"""Writing a group down as a record of the journal; `sqlite_record.py` says what that looks like.

`sqlite_encoding.pyx` is this module for the compiled form: every row's bytes are copied once.
"""

from __future__ import annotations

from jedlik.storage.sqlite_group import Group
from jedlik.storage.sqlite_record import (
    CHANGE,
    CHANGE_HEAD,
    CHECK,
    DELETE,
    DROP,
    FIGURES,
    HEAD,
    MAGIC,
    PUT,
    ROW,
    TALLY,
    TRIM,
    crc32,
)


def encode(group: Group, *, secret: int, serial: int, previous: int, synced: int) -> bytes:
    """Raises struct.error, OverflowError or TypeError for what cannot be stored."""
    parts: list[bytes] = []
    pack = ROW.pack
    for (space, token, sort, sub), row in group.rows.items():
        if row is not None:
            version, value = row
            head = pack(PUT, space, version, len(token), len(sort), len(sub), len(value))
            parts += (head, token, sort, sub, value)
        else:
            head = pack(DELETE, space, 0, len(token), len(sort), len(sub), 0)
            parts += (head, token, sort, sub)
    for space, part, record in group.changes:
        parts += (CHANGE_HEAD.pack(CHANGE, space, part, len(record)), record)
    for space, (rows, size) in group.tallies.items():
        parts.append(FIGURES.pack(TALLY, space, rows, size))
    for space, part, upto in group.trims:
        parts.append(FIGURES.pack(TRIM, space, part, upto))
    for space in group.drops:
        parts.append(FIGURES.pack(DROP, space, 0, 0))
    payload = b"".join(parts)
    head = HEAD.pack(MAGIC, len(payload), serial, previous, synced, group.version)
    check = crc32(payload, crc32(head, secret))
    return b"".join((head, CHECK.pack(check), payload))
