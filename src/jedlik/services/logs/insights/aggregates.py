"""The aggregates of `stats`: each is made for one group of rows, fed, and asked."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

from jedlik.services.logs.insights.values import number_of as number
from jedlik.services.logs.insights.values import plain, sort_key, text_of


class Aggregate(Protocol):
    def feed(self, value: Any, at_ms: int) -> None:
        """value: of the argument, None where the row has none."""

    def result(self) -> Any: ...


class _Count:
    def __init__(self) -> None:
        self._count = 0

    def feed(self, value: Any, at_ms: int) -> None:
        self._count += value is not None

    def result(self) -> int:
        return self._count


class _Distinct:
    """Exact; AWS's is approximate where there are many."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def feed(self, value: Any, at_ms: int) -> None:
        if value is not None:
            self._seen.add(text_of(value))

    def result(self) -> int:
        return len(self._seen)


class _Numbers:
    """All numbers, for what needs them together."""

    def __init__(self, how: Callable[[list[float]], float]) -> None:
        self._how = how
        self._values: list[float] = []

    def feed(self, value: Any, at_ms: int) -> None:
        found = number(value)
        if found is not None:
            self._values.append(found)

    def result(self) -> Any:
        return plain(self._how(self._values)) if self._values else None


class _Sum:
    def __init__(self, *, average: bool) -> None:
        self._average = average
        self._sum: float = 0
        self._count = 0

    def feed(self, value: Any, at_ms: int) -> None:
        found = number(value)
        if found is not None:
            self._sum += found
            self._count += 1

    def result(self) -> Any:
        if not self._count:
            return None
        return plain(self._sum / self._count if self._average else self._sum)


class _Extreme:
    """min and max by the order of sort, so that texts have them, too."""

    def __init__(self, *, greatest: bool) -> None:
        self._greatest = greatest
        self._found: Any = None
        self._key: Any = None

    def feed(self, value: Any, at_ms: int) -> None:
        if value is None:
            return
        key = sort_key(value)
        if self._key is None or (key > self._key if self._greatest else key < self._key):
            self._found, self._key = value, key

    def result(self) -> Any:
        return self._found


class _Timed:
    """The value of the row that is earliest, or latest."""

    def __init__(self, *, latest: bool) -> None:
        self._latest = latest
        self._found: Any = None
        self._at: int | None = None

    def feed(self, value: Any, at_ms: int) -> None:
        if value is None:
            return
        if self._at is None or (at_ms > self._at if self._latest else at_ms < self._at):
            self._found, self._at = value, at_ms

    def result(self) -> Any:
        return self._found


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed. Unverified: AWS may
    interpolate, and does not look at all of many values."""
    place = max(math.ceil(len(values) * percent / 100) - 1, 0)
    return sorted(values)[min(place, len(values) - 1)]


def _deviation(values: list[float]) -> float:
    """Of the sample. Unverified."""
    mean = sum(values) / len(values)
    if len(values) == 1:
        return 0.0
    return math.sqrt(sum((each - mean) ** 2 for each in values) / (len(values) - 1))


def _median(values: list[float]) -> float:
    inner = sorted(values)
    half = len(inner) // 2
    return inner[half] if len(inner) % 2 else (inner[half - 1] + inner[half]) / 2


AGGREGATES: dict[str, Callable[[], Aggregate]] = {
    "count": _Count,
    "count_distinct": _Distinct,
    "sum": lambda: _Sum(average=False),
    "avg": lambda: _Sum(average=True),
    "min": lambda: _Extreme(greatest=False),
    "max": lambda: _Extreme(greatest=True),
    "sortsfirst": lambda: _Extreme(greatest=False),
    "sortslast": lambda: _Extreme(greatest=True),
    "earliest": lambda: _Timed(latest=False),
    "latest": lambda: _Timed(latest=True),
    "median": lambda: _Numbers(_median),
    "stddev": lambda: _Numbers(_deviation),
}
"""Those of one argument; pct has a second."""


def of_percent(percent: float) -> Callable[[], Aggregate]:
    return lambda: _Numbers(lambda values: percentile(values, percent))
