"""How many shards a stream on demand needs: for double the busiest minute of its last 30 days.

Pure. `workers/kinesis_growth.py` measures and applies it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jedlik.services.kinesis.limits import (
    HOT_AGE_MS,
    HOT_BYTES_PER_S,
    HOT_RECORDS_PER_S,
    ON_DEMAND_PEAK_DAYS,
    ON_DEMAND_ROOM,
    ON_DEMAND_SHARDS_MAX,
    WRITE_BYTES_PER_S,
    WRITE_RECORDS_PER_S,
)
from jedlik.services.kinesis.records import Peak, Stream
from jedlik.services.kinesis.shards import Shard, grown, halved

DAY_MS = 86_400_000


class Rate(NamedTuple):
    """What is written a second, on average."""

    bytes_per_s: float
    records_per_s: float


def with_peak(peaks: tuple[Peak, ...], rate: Rate, now_ms: int) -> tuple[Peak, ...]:
    """The peaks of the last 30 days, with what was written in this minute."""
    today = now_ms // DAY_MS
    kept = {each.day: each for each in peaks if each.day > today - ON_DEMAND_PEAK_DAYS}
    if rate.records_per_s:
        old = kept.get(today, Peak(today, 0, 0))
        kept[today] = Peak(
            today,
            max(old.bytes_per_s, round(rate.bytes_per_s)),
            max(old.records_per_s, round(rate.records_per_s)),
        )
    return tuple(kept[day] for day in sorted(kept))


def shards_needed(peaks: tuple[Peak, ...]) -> int:
    """So many shards take double the peaks."""
    room = ON_DEMAND_ROOM
    volume = max((each.bytes_per_s for each in peaks), default=0) * room
    count = max((each.records_per_s for each in peaks), default=0) * room
    return max(-(-volume // WRITE_BYTES_PER_S), -(-count // WRITE_RECORDS_PER_S))


def larger(stream: Stream, rates: Mapping[int, Rate], now_ms: int) -> tuple[Shard, ...]:
    """The shards that a stream should have: all of them doubled where it needs more, or else those
    split that have been hot for themselves; as far as one stream may grow.

    rates: of this minute, by index of the shard; `stream.peaks` has them already.
    """
    shards = stream.open_shards
    room = ON_DEMAND_SHARDS_MAX - len(shards)
    if room <= 0:
        return stream.shards
    if shards_needed(stream.peaks) > len(shards):
        return grown(stream.shards, len(shards) + min(len(shards), room), now_ms)
    hot = [
        each
        for each in shards
        if now_ms - each.opened_ms >= HOT_AGE_MS and _is_hot(rates.get(each.index))
    ]
    return halved(stream.shards, hot[:room], now_ms)


def _is_hot(rate: Rate | None) -> bool:
    return rate is not None and (
        rate.bytes_per_s > HOT_BYTES_PER_S or rate.records_per_s > HOT_RECORDS_PER_S
    )
