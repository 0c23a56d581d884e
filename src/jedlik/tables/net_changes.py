"""What became of each changed item between two instants, for incremental exports.

A space takes one row for each item that changed: its first old image and its last new one. The log
is read forward, from where the stretch begins to where it ends; the records of an item stand in it
in their order. As the rows are kept in the store, a long stretch of the log needs no memory, and
with the place that was reached in the same commit the work goes on after a restart.
"""

from __future__ import annotations

import msgspec

from jedlik.changes.record import Record, decode_record
from jedlik.storage.waist import ANY, Batch, Put, Row
from jedlik.storage.waist import Key as RowKey
from jedlik.tables.backups import Job, Source
from jedlik.tables.database import Database
from jedlik.tables.instants import Instant
from jedlik.tables.keys import key_extractor
from jedlik.tables.stored import Stored

RECORDS = 64


class NetChange(msgspec.Struct, frozen=True, array_like=True):
    """`old`, `new`: stored bytes, None for no item. at_ms, version: of the last change."""

    at_ms: int
    version: int
    old: bytes | None
    new: bytes | None


_encode = msgspec.msgpack.Encoder().encode
decode_change = msgspec.msgpack.Decoder(NetChange).decode


async def collect(db: Database, job: Job, *, unordered: int) -> bool:
    """Take some records of one part of the log into the image; whether there is more to do.

    unordered: by how much versions may stand in the log out of their order.
    """
    source = job.source
    assert source is not None
    if job.part >= source.parts:
        return False
    if job.before < 0:
        after = await _older(db, source, job.part, job.version_min - unordered)
    else:
        first, _ = await db.engine.log_bounds(source.log_space, job.part)
        after = max(job.before, first - 1)
    entries = await db.engine.log_read(source.log_space, job.part, after, db.pace.items(RECORDS))
    rows: dict[RowKey, Record] = {}
    olds: dict[RowKey, bytes | None] = {}
    key_of = key_extractor(source.keys)
    is_later = False
    until = Instant(job.version_max, job.at_ms)
    since = Instant(job.version_min, job.from_ms)
    for entry in entries:
        record = decode_record(entry.record)
        is_later |= record.version > job.version_max + unordered
        if until.takes_in(record) and not since.takes_in(record):
            image = record.new if record.old is None else record.old
            assert image is not None
            key = key_of(Stored(0, image).item)
            if job.span is not None and not job.span.holds(key):
                continue
            row_key = (job.space, key.token, key.sort, b"")
            olds.setdefault(row_key, record.old)
            rows[row_key] = record
    keys = list(rows)
    found: list[Row | None] = await db.engine.get(keys, pending=True) if keys else []
    writes = []
    for key_, row in zip(keys, found, strict=True):
        record = rows[key_]
        old = olds[key_] if row is None else decode_change(row.value).old
        change = NetChange(record.at_ms, record.version, old, record.new)
        writes.append(Put(key_, ANY, _encode(change)))
    if entries and not is_later:
        reached = msgspec.structs.replace(job, before=entries[-1].seq)
    else:
        reached = msgspec.structs.replace(job, part=job.part + 1, before=-1)
    await db.engine.commit(Batch(db.versions.next(), [*writes, reached.put]))
    return True


async def _older(db: Database, source: Source, part: int, version: int) -> int:
    """A sequence number up to which all records are older than that, found by halving."""
    first, last = await db.engine.log_bounds(source.log_space, part)
    low, high = first - 1, last
    while low < high:
        middle = (low + high + 1) // 2
        entries = await db.engine.log_read(source.log_space, part, middle - 1, 1)
        if not entries:
            break
        if decode_record(entries[0].record).version < version:
            low = entries[0].seq
        else:
            high = middle - 1
    return low
