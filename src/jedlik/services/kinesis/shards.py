"""Shards: ranges of hash keys, what becomes of them, and the sequence numbers of their records.

    hash key = MD5 of the partition key, 0 … 2^128 - 1;  every key is in exactly one open shard

A shard is one part of the stream's log. Its records' sequence numbers are

    2 · 2^184 + epoch · 2^144 + seq of the log · 2^64 + shard · 2^4 + 2

56 digits, as AWS's are. The epoch is the second in which the shard was opened, but later than its
parents': so numbers grow within a shard, and from parents to children. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import md5
from itertools import pairwise

import msgspec

from jedlik.services.kinesis.limits import HASH_KEYS

_BASE = 2 << 184
_EPOCH = 144
_SEQ = 64
_SEQ_MASK = (1 << (_EPOCH - _SEQ)) - 1
_EPOCH_MASK = (1 << 40) - 1
_END = 0x7FFFFFFF << 32


class Shard(msgspec.Struct, frozen=True):
    """index: part of the log, never used twice. first, last: its hash keys, in decimal, for they
    are longer than 64 bits. parent and adjacent: those it was split or merged from."""

    index: int
    first: str
    last: str
    epoch: int
    opened_ms: int
    parent: int | None = None
    adjacent: int | None = None
    closed_ms: int | None = None

    @property
    def id(self) -> str:
        return shard_id(self.index)

    @property
    def low(self) -> int:
        return int(self.first)

    @property
    def high(self) -> int:
        return int(self.last)

    @property
    def is_open(self) -> bool:
        return self.closed_ms is None

    def number(self, seq: int) -> str:
        """The sequence number of a log entry; of seq 0: that of the beginning."""
        return str(self._place(seq) | 2)

    def end_number(self, seq: int) -> str:
        """The number after the last record's, before those of the children."""
        return str(self._place(seq) | _END | 2)

    def seq_of(self, number: str) -> int | None:
        """The log's seq of a number of this shard; None if it is of another."""
        value = int(number)
        if value >> _EPOCH != (_BASE >> _EPOCH) + self.epoch:
            return None
        if (value >> 4) & 0xFFFFFFF != self.index:
            return None
        return (value >> _SEQ) & _SEQ_MASK

    def _place(self, seq: int) -> int:
        return _BASE + (self.epoch << _EPOCH) + (seq << _SEQ) + (self.index << 4)


def shard_id(index: int) -> str:
    return f"shardId-{index:012d}"


def index_of(shard: str) -> int | None:
    """The number in a shard's id. "shardId-000000000002", "2": both are taken."""
    digits = shard.removeprefix("shardId-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def hash_key(partition_key: str) -> int:
    return int.from_bytes(md5(partition_key.encode(), usedforsecurity=False).digest(), "big")


def even_shards(count: int, now_ms: int) -> tuple[Shard, ...]:
    """The shards of a new stream."""
    return tuple(
        Shard(index, str(low), str(high), now_ms // 1000, now_ms)
        for index, (low, high) in enumerate(even_ranges(count))
    )


def even_ranges(count: int) -> list[tuple[int, int]]:
    edges = [HASH_KEYS * i // count for i in range(count + 1)]
    return [(low, high - 1) for low, high in pairwise(edges)]


def split(shards: Sequence[Shard], shard: Shard, at: int, now_ms: int) -> tuple[Shard, ...]:
    """Close a shard; its keys below `at`, and those from there on, go to two children."""
    epoch = max(now_ms // 1000, shard.epoch + 1)
    index = next_index(shards)
    ranges = ((shard.low, at - 1), (at, shard.high))
    children = tuple(
        Shard(index + i, str(low), str(high), epoch, now_ms, parent=shard.index)
        for i, (low, high) in enumerate(ranges)
    )
    return (*_closed(shards, (shard.index,), now_ms), *children)


def merge(shards: Sequence[Shard], one: Shard, other: Shard, now_ms: int) -> tuple[Shard, ...]:
    """Close two neighbours; one child has the keys of both."""
    child = Shard(
        next_index(shards),
        str(min(one.low, other.low)),
        str(max(one.high, other.high)),
        max(now_ms // 1000, one.epoch + 1, other.epoch + 1),
        now_ms,
        parent=one.index,
        adjacent=other.index,
    )
    return (*_closed(shards, (one.index, other.index), now_ms), child)


def adjacent(one: Shard, other: Shard) -> bool:
    return one.high + 1 == other.low or other.high + 1 == one.low


def rescaled(shards: Sequence[Shard], count: int, now_ms: int) -> tuple[Shard, ...]:
    """As many open shards of even size, by splits and merges of those that are there.

    First whatever crosses an edge of the wanted ranges is split there, then what is within one
    range is merged, two at a time.
    """
    made: tuple[Shard, ...] = tuple(shards)
    ranges = even_ranges(count)
    for _, high in ranges[:-1]:
        crossing = next(s for s in made if s.is_open and s.low <= high <= s.high)
        if crossing.high != high:
            made = split(made, crossing, high + 1, now_ms)
    for low, high in ranges:
        while True:
            within = by_keys(s for s in made if s.is_open and low <= s.low and s.high <= high)
            if len(within) == 1:
                break
            made = merge(made, within[0], within[1], now_ms)
    return made


def halved(shards: Sequence[Shard], chosen: Iterable[Shard], now_ms: int) -> tuple[Shard, ...]:
    """Split each of the chosen shards in the middle; one of a single key stays."""
    made: tuple[Shard, ...] = tuple(shards)
    for shard in by_keys(chosen):
        if shard.low < shard.high:
            made = split(made, shard, (shard.low + shard.high) // 2 + 1, now_ms)
    return made


def grown(shards: Sequence[Shard], count: int, now_ms: int) -> tuple[Shard, ...]:
    """At least `count` open shards, the widest split first; all of them, where none is wider."""
    made: tuple[Shard, ...] = tuple(shards)
    while (missing := count - sum(1 for each in made if each.is_open)) > 0:
        open_shards = [each for each in made if each.is_open and each.low < each.high]
        if not open_shards:
            return made
        # What rounding makes wider by a key is not wider.
        widest = max(each.high - each.low for each in open_shards)
        wide = [
            each for each in by_keys(open_shards) if each.high - each.low >= widest - widest // 8
        ]
        made = halved(made, wide[:missing], now_ms)
    return made


def by_keys(shards: Iterable[Shard]) -> list[Shard]:
    return sorted(shards, key=lambda shard: shard.low)


def next_index(shards: Sequence[Shard]) -> int:
    return max(shard.index for shard in shards) + 1


def _closed(shards: Sequence[Shard], indexes: Sequence[int], now_ms: int) -> tuple[Shard, ...]:
    return tuple(
        msgspec.structs.replace(shard, closed_ms=now_ms) if shard.index in indexes else shard
        for shard in shards
    )
