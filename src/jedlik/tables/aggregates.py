"""Aggregate: what is kept of the samples of one metric in one slot of time.

Count, sum, smallest and largest; and, for percentiles, how the samples are distributed: exactly
while there are few different values, then in buckets of a growing relative width (a sketch whose
error is half a percent at first and doubles whenever it has to shrink). Pure values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

EXACT_MAX = 100
"""Different values that are kept as they are."""
BUCKETS_MAX = 160
GAMMA = 1.01
"""Width of the first buckets: each covers values up to 1 % apart."""
ZERO_BUCKET = -(1 << 40)

_LOG_GAMMA = math.log(GAMMA)


@dataclass(slots=True)
class Distribution:
    """level 0: `counts` by value; level n: by the number of a bucket of width GAMMA^(2^(n-1))."""

    level: int
    counts: dict[float, float]

    def merged(self, other: Distribution) -> Distribution:
        level = max(self.level, other.level)
        counts = dict(_at_level(self, level))
        for key, count in _at_level(other, level).items():
            counts[key] = counts.get(key, 0.0) + count
        return _bounded(level, counts)

    def values(self) -> list[tuple[float, float]]:
        """(value, count) in order of the values; a bucket's value is its middle."""
        if self.level == 0:
            return sorted(self.counts.items())
        width = GAMMA ** (1 << (self.level - 1))
        middle = 2 / (1 + width)
        return [
            (0.0 if key == ZERO_BUCKET else math.exp(_log_width(self.level) * key) * middle, count)
            for key, count in sorted(self.counts.items())
        ]


@dataclass(slots=True)
class Aggregate:
    """Samples together. distribution: None where it is not known (statistic sets) or not kept
    (negative values)."""

    count: float
    sum: float
    low: float
    high: float
    distribution: Distribution | None = None

    def merged(self, other: Aggregate, *, distributed: bool = True) -> Aggregate:
        """Both together; without the distribution where nobody asks for it."""
        mine, others = self.distribution, other.distribution
        return Aggregate(
            self.count + other.count,
            self.sum + other.sum,
            min(self.low, other.low),
            max(self.high, other.high),
            mine.merged(others) if distributed and mine and others else None,
        )


def of_values(values: Iterable[tuple[float, float]]) -> Aggregate:
    """The aggregate of (value, how often) pairs; there must be one."""
    counts: dict[float, float] = {}
    for value, count in values:
        counts[value] = counts.get(value, 0.0) + count
    low, high = min(counts), max(counts)
    return Aggregate(
        count=sum(counts.values()),
        sum=math.fsum(value * count for value, count in counts.items()),
        low=low,
        high=high,
        distribution=_bounded(0, counts) if low >= 0 else None,
    )


def of_statistics(*, count: float, sum: float, low: float, high: float) -> Aggregate:
    """The aggregate of a statistic set: distributed only where all samples must be equal."""
    equal = low == high and low >= 0
    return Aggregate(count, sum, low, high, Distribution(0, {low: count}) if equal else None)


def _bounded(level: int, counts: dict[float, float]) -> Distribution:
    if level == 0 and len(counts) > EXACT_MAX:
        counts, level = _bucketed(counts), 1
    while level and len(counts) > BUCKETS_MAX:
        counts, level = _halved(counts), level + 1
    return Distribution(level, counts)


def _at_level(distribution: Distribution, level: int) -> dict[float, float]:
    counts, at = distribution.counts, distribution.level
    if at == 0 and level > 0:
        counts, at = _bucketed(counts), 1
    while at < level:
        counts, at = _halved(counts), at + 1
    return counts


def _bucketed(counts: dict[float, float]) -> dict[float, float]:
    found: dict[float, float] = {}
    for value, count in counts.items():
        key = math.ceil(math.log(value) / _LOG_GAMMA) if value > 0 else ZERO_BUCKET
        found[key] = found.get(key, 0.0) + count
    return found


def _halved(counts: dict[float, float]) -> dict[float, float]:
    """Buckets of twice the width (in logarithms): two become one."""
    found: dict[float, float] = {}
    for key, count in counts.items():
        wider = key if key == ZERO_BUCKET else math.ceil(key / 2)
        found[wider] = found.get(wider, 0.0) + count
    return found


def _log_width(level: int) -> float:
    return _LOG_GAMMA * (1 << (level - 1))
