"""What rules have counted: contributors and figures by period, of DynamoDB's rules.

What is saved (`tables/hot_keys.py`), and the minute that goes on, of this process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jedlik.services.dynamodb.contributor_insights import KeyRule
from jedlik.tables.database import Database
from jedlik.tables.hot_keys import Contributions, HotKeys, group_of, merged, named
from jedlik.tables.throughput.watches import Name


@dataclass
class Period:
    """What came together in one period."""

    keys: dict[Name, float] = field(default_factory=dict)
    unique: int = 0
    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = 0.0

    def add(self, minute: Contributions) -> None:
        for name, weight in minute.keys:
            self.keys[name] = self.keys.get(name, 0.0) + weight
        self.unique = max(self.unique, minute.unique, len(self.keys))
        self.count += minute.count
        self.total += minute.total
        self.least = min(self.least, minute.least)
        self.most = max(self.most, minute.most)

    def value(self, metric: str) -> float:
        """One of INSIGHT_METRICS."""
        if metric == "UniqueContributors":
            return float(self.unique)
        if metric == "MaxContributorValue":
            return max(self.keys.values(), default=0.0)
        if metric == "SampleCount":
            return float(self.count)
        if metric == "Average":
            return self.total / self.count if self.count else 0.0
        if metric == "Minimum":
            return self.least if self.count else 0.0
        return {"Sum": self.total, "Maximum": self.most}[metric]


Periods = dict[int, Period]
"""By their beginnings, in epoch seconds, in order; those without anything are left out."""


async def periods_of(
    db: Database, rule: KeyRule, start_s: float, end_s: float, period_s: int
) -> Periods:
    """What a rule has counted in the minutes that begin in [start, end)."""
    # What was counted before the rule was made is of an older one.
    first = max(-int(-start_s // 60), rule.since_ms // 60_000)
    end = -int(-end_s // 60)
    group = group_of(rule.table, rule.index_name, rule.kind)
    minutes = [
        *await HotKeys(db).minutes(group, first, end),
        *await _unsaved(db, rule, first, end),
    ]
    found: Periods = {}
    for minute, each in sorted(merged(minutes).items()):
        begin = minute * 60 // period_s * period_s
        found.setdefault(begin, Period()).add(each)
    return found


def ranked(periods: Mapping[int, Period], by: str) -> list[tuple[Name, float]]:
    """Contributors of all periods together, the first ones first. by: "Sum", or "Maximum": what
    they come to in their highest period. The value is what they are ordered by."""
    weights: dict[Name, float] = {}
    for period in periods.values():
        for name, weight in period.keys.items():
            before = weights.get(name, 0.0)
            weights[name] = max(before, weight) if by == "Maximum" else before + weight
    return sorted(weights.items(), key=lambda each: (-each[1], each[0]))


async def _unsaved(db: Database, rule: KeyRule, first: int, end: int) -> list[Contributions]:
    flow = db.flows.of(rule.table)
    watch = next((each for name, each in flow.watches() if name == rule.index_name), None)
    if watch is None:
        return []
    index = rule.table.index(rule.index_name) if rule.index_name else None
    return [
        await named(db, rule.table, index, watch, minute, sketches[rule.kind])
        for minute, sketches in list(watch.minutes.items())
        if first <= minute < end and rule.kind in sketches
    ]
