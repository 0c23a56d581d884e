"""Positions in a shard: what of it can be read now, and where a time or a number is."""

from __future__ import annotations

from dataclasses import dataclass

from jedlik.changes.record import decode_record
from jedlik.changes.shards import Shard
from jedlik.storage.waist import Engine
from jedlik.tables.database import Database
from jedlik.tables.streams import Stream


@dataclass(frozen=True)
class Extent:
    """What of a shard can be read: the log entries with `after < seq <= upto`.

    `final`: the shard is closed, so that there will never be more.
    """

    after: int
    upto: int
    final: bool


async def extent_of(db: Database, stream: Stream, shard: Shard) -> Extent:
    """What can be read of a shard at this moment."""
    first, last = await db.engine.log_bounds(stream.log_space, shard.part)
    after = max(shard.after, stream.trimmed[shard.part], first - 1)
    end = db.streams.end_of(stream, shard)
    upto = last if end is None else end
    return Extent(min(after, upto), upto, shard.upto is not None)


async def position_of_time(
    engine: Engine, stream: Stream, part: int, extent: Extent, ms: int
) -> int:
    """After which seq the first record at or after a time comes.

    Times in a log grow but for the milliseconds between two writers, so halving finds the place.
    """
    low, high = extent.after, extent.upto
    while low < high:
        middle = (low + high) // 2
        entries = await engine.log_read(stream.log_space, part, middle, 1)
        if entries and decode_record(entries[0].record).at_ms < ms:
            low = middle + 1
        else:
            high = middle
    return low
