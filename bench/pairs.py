"""Ratios of figures that were taken within seconds of each other.

A machine's speed wanders by more, in the minutes of a run, than what is to be told apart. So two
servers are compared round by round, and what is reported is the median of the rounds' ratios, with
the range in which the middle half of them lies.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Ratio(NamedTuple):
    """low, high: the first and the third quartile."""

    median: float
    low: float
    high: float

    def text(self, digits: int) -> str:
        """As "4.6 (4.1–5.0)"; without the range where there was one round only."""
        around = f" ({self.low:.{digits}f}–{self.high:.{digits}f})" if self.low < self.high else ""
        return f"{self.median:.{digits}f}{around}"


def ratio(mine: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Of figures of the same rounds, in the same order."""
    found = [a / b for a, b in zip(mine, theirs, strict=True)]
    if len(found) == 1:
        return Ratio(found[0], found[0], found[0])
    low, median, high = statistics.quantiles(found, n=4, method="inclusive")
    return Ratio(median, low, high)
