"""Shards: the log of a part, cut into ranges that are open, then closed, then followed by another.

A shard holds the log entries of its part with `after < seq <= upto`; while `upto` is None it is
open. Successive shards of a part are parent and child, so whoever reads parents before children
reads every part in the order of its log. Pure: who stores shards is `tables/streams.py`.

A sequence number, as a client sees it, is 25 decimal digits: a constant 1, then the log's seq, the
shard's ordinal, the part. So numbers sort as texts and as numbers, differ within a whole stream,
and lead back to the log without a look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

_FIRST = 10**24
_PER_SEQ = 10**9
_PER_ORDINAL = 10**3
_ORDINALS = 10**6


class Shard(msgspec.Struct, frozen=True):
    """One range of one part's log. `ordinal` counts the shards of the part from 0."""

    part: int
    ordinal: int
    after: int
    opened_at_ms: int
    parent: str | None = None
    upto: int | None = None
    closed_at_ms: int | None = None

    @property
    def id(self) -> str:
        """As AWS's: the time it was opened, then something that tells it from its siblings."""
        sibling = f"{self.part & 0xFFFF:04x}{self.ordinal & 0xFFFF:04x}"
        return f"shardId-{self.opened_at_ms:020d}-{sibling}"

    @property
    def first_number(self) -> str:
        """Before every record of this shard and after every one of its parent."""
        return self.number(self.after)

    @property
    def last_number(self) -> str | None:
        """That of the last record it will ever hold; None while it is open."""
        return None if self.upto is None else self.number(self.upto)

    def number(self, seq: int) -> str:
        """The sequence number of a log entry in this shard."""
        ordinal = self.ordinal % _ORDINALS
        return str(_FIRST + seq * _PER_SEQ + ordinal * _PER_ORDINAL + self.part % _PER_ORDINAL)


def seq_of(number: str) -> int | None:
    """The log's seq in a sequence number; None for a text that cannot be one."""
    if not (number.isascii() and number.isdigit()) or int(number) < _FIRST:
        return None
    return (int(number) - _FIRST) // _PER_SEQ


def first_shards(ends: Iterable[int], now_ms: int) -> tuple[Shard, ...]:
    """The shards of a new stream: `ends` are the last seq of each part, which it begins after."""
    return tuple(Shard(part, 0, end, now_ms) for part, end in enumerate(ends))


def rolled(shards: Iterable[Shard], ends: Mapping[int, int], now_ms: int) -> tuple[Shard, ...]:
    """Close the open shard of each part in `ends` after that seq, and open its child."""
    after: list[Shard] = []
    for shard in shards:
        if shard.upto is not None or shard.part not in ends:
            after.append(shard)
            continue
        end = ends[shard.part]
        after.append(msgspec.structs.replace(shard, upto=end, closed_at_ms=now_ms))
        after.append(Shard(shard.part, shard.ordinal + 1, end, now_ms, parent=shard.id))
    return tuple(after)


def closed(shards: Iterable[Shard], ends: Mapping[int, int], now_ms: int) -> tuple[Shard, ...]:
    """Close the open shards of the parts in `ends`, for good."""
    return tuple(
        msgspec.structs.replace(shard, upto=max(ends[shard.part], shard.after), closed_at_ms=now_ms)
        if shard.upto is None and shard.part in ends
        else shard
        for shard in shards
    )
