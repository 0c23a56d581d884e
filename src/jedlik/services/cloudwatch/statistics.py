"""Statistics: their names, and what they are of an aggregate.

Besides the five plain ones, percentiles and their family (user guide, "CloudWatch statistics
definitions"): p99.9, tm(10%:90%) and tm99 (trimmed mean), wm (winsorized mean), tc (trimmed count),
ts (trimmed sum), pr(:100) (percentile rank), iqm (interquartile mean).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jedlik.tables.aggregates import Aggregate

PLAIN: dict[str, Callable[[Aggregate], float]] = {
    "SampleCount": lambda aggregate: aggregate.count,
    "Average": lambda aggregate: aggregate.sum / aggregate.count,
    "Sum": lambda aggregate: aggregate.sum,
    "Minimum": lambda aggregate: aggregate.low,
    "Maximum": lambda aggregate: aggregate.high,
}

_NUMBER = r"(?:\d{1,3}(?:\.\d{1,10})?)"
_SHORT = re.compile(rf"(p|tm|wm|tc|ts)({_NUMBER})", re.IGNORECASE)
_VALUE = r"(?:\d+(?:\.\d{1,10})?)"
_LONG = re.compile(rf"(tm|wm|tc|ts|pr)\(({_VALUE}%?)?:({_VALUE}%?)?\)", re.IGNORECASE)

Pairs = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Statistic:
    """What to calculate. distributed: needs the distribution of the samples."""

    name: str
    of: Callable[[Aggregate], float | None]
    distributed: bool


def statistic(name: str) -> Statistic | None:
    """The statistic of that name; None if there is none."""
    plain = PLAIN.get(name)
    if plain is not None:
        return Statistic(name, plain, False)
    if name.lower() == "iqm":
        return Statistic(name, lambda found: _trimmed(found, "tm", 25.0, 75.0, True), True)
    short = _SHORT.fullmatch(name)
    if short is not None:
        kind, percent = short[1].lower(), float(short[2])
        if percent > 100:
            return None
        if kind == "p":
            return Statistic(name, lambda found: _percentile(found, percent), True)
        return Statistic(name, lambda found: _trimmed(found, kind, 0.0, percent, True), True)
    long = _LONG.fullmatch(name)
    return _ranged(name, long) if long is not None else None


def _ranged(name: str, found: re.Match[str]) -> Statistic | None:
    """tm(10%:90%), pr(100:2000) and the like."""
    kind, low, high = found[1].lower(), found[2], found[3]
    if low is None and high is None:
        return None
    given = [bound for bound in (low, high) if bound is not None]
    by_percent = given[0].endswith("%")
    if any(bound.endswith("%") != by_percent for bound in given) or (kind == "pr" and by_percent):
        return None
    first = float(low.rstrip("%")) if low else (0.0 if by_percent else -math.inf)
    last = float(high.rstrip("%")) if high else (100.0 if by_percent else math.inf)
    if first >= last or (by_percent and last > 100):
        return None
    return Statistic(name, lambda each: _trimmed(each, kind, first, last, by_percent), True)


def _percentile(aggregate: Aggregate, percent: float) -> float | None:
    """The value below which so many percent of the samples lie (nearest rank, interpolated)."""
    if aggregate.distribution is None:
        return None
    pairs = aggregate.distribution.values()
    total = sum(count for _, count in pairs)
    rank = percent / 100 * total
    seen = 0.0
    for value, count in pairs:
        seen += count
        if seen >= rank:
            return min(max(value, aggregate.low), aggregate.high)
    return aggregate.high


def _trimmed(
    aggregate: Aggregate, kind: str, low: float, high: float, by_percent: bool
) -> float | None:
    """A statistic of the samples between two bounds, of rank or of value."""
    if aggregate.distribution is None:
        return None
    pairs = aggregate.distribution.values()
    kept = _between_ranks(pairs, low, high) if by_percent else _between_values(pairs, low, high)
    count = sum(each for _, each in kept)
    total = math.fsum(value * each for value, each in kept)
    everything = sum(each for _, each in pairs)
    if kind == "tc":
        return count
    if kind == "ts":
        return total
    if kind == "pr":
        return 100 * count / everything
    if kind == "wm" and kept:
        below, above = _outside(pairs, low, high, by_percent)
        return (total + below * kept[0][0] + above * kept[-1][0]) / (count + below + above)
    return total / count if count else None


def _between_ranks(pairs: Pairs, low: float, high: float) -> list[tuple[float, float]]:
    total = sum(count for _, count in pairs)
    first, last = low / 100 * total, high / 100 * total
    found, seen = [], 0.0
    for value, count in pairs:
        part = min(seen + count, last) - max(seen, first)
        if part > 0:
            found.append((value, part))
        seen += count
    return found


def _between_values(pairs: Pairs, low: float, high: float) -> list[tuple[float, float]]:
    """Exclusive below, inclusive above (user guide)."""
    return [(value, count) for value, count in pairs if low < value <= high]


def _outside(pairs: Pairs, low: float, high: float, by_percent: bool) -> tuple[float, float]:
    """How many samples lie below and above the bounds."""
    total = sum(count for _, count in pairs)
    if by_percent:
        return low / 100 * total, (100 - high) / 100 * total
    return (
        sum(count for value, count in pairs if value <= low),
        sum(count for value, count in pairs if value > high),
    )
