"""What shards may take: 1 MB and 1,000 records written a second, 2 MB and 5 calls read.

Buckets in memory, one for each shard and direction, which fill in a second what they hold. A read
of 10 MB empties its bucket for five seconds, as AWS says. Nothing survives a restart, nor is it
shared between processes. Unverified: that AWS's are buckets and no windows.
"""

from __future__ import annotations

from jedlik.services.kinesis import limits
from jedlik.tables.database import Database

BUCKETS_MAX = 20_000


class Bucket:
    """Takes up to `rate` units a second, on average; may be drawn below zero by one taking."""

    __slots__ = ("at", "left", "rate")

    def __init__(self, rate: float, now: float) -> None:
        self.rate = self.left = rate
        self.at = now

    def fill(self, now: float) -> float:
        if now > self.at:
            self.left = min(self.rate, self.left + (now - self.at) * self.rate)
            self.at = now
        return self.left


class Meters:
    """The buckets of this process."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[int, int, str], Bucket] = {}

    @classmethod
    def of(cls, db: Database) -> Meters:
        return db.one(cls)

    def write(self, space: int, shard: int, size: int, now: float) -> bool:
        """Take a record of `size` bytes; False if there is no room for it this second.

        A record that is larger than a second's bytes is let in when the bucket is full.
        """
        count = self._bucket(space, shard, "records", limits.WRITE_RECORDS_PER_S, now)
        volume = self._bucket(space, shard, "bytes", limits.WRITE_BYTES_PER_S, now)
        if count.fill(now) < 1 or volume.fill(now) < min(size, volume.rate):
            return False
        count.left -= 1
        volume.left -= size
        return True

    def read_call(self, space: int, shard: int, now: float) -> bool:
        calls = self._bucket(space, shard, "calls", limits.READ_CALLS_PER_S, now)
        volume = self._bucket(space, shard, "read", limits.READ_BYTES_PER_S, now)
        if calls.fill(now) < 1 or volume.fill(now) < 0:
            return False
        calls.left -= 1
        return True

    def read(self, space: int, shard: int, size: int, now: float) -> None:
        """Count what a call that was let in has read."""
        self._bucket(space, shard, "read", limits.READ_BYTES_PER_S, now).left -= size

    def _bucket(self, space: int, shard: int, kind: str, rate: float, now: float) -> Bucket:
        key = space, shard, kind
        found = self._buckets.get(key)
        if found is None:
            if len(self._buckets) >= BUCKETS_MAX:
                del self._buckets[next(iter(self._buckets))]
            found = self._buckets[key] = Bucket(rate, now)
        return found
