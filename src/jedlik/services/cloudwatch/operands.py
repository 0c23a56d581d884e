"""What metric math calculates with: series, and what an expression sees."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from jedlik.services.cloudwatch.expressions import BadExpression

Points = dict[int, float]


@dataclass(frozen=True)
class Series:
    """points: value by the beginning of the period, in order. properties: what a dynamic label
    may ask for (`MetricName`, `Namespace`, `Dim.…`)."""

    label: str
    period_s: int
    points: Points
    properties: Mapping[str, str] = field(default_factory=dict)


Value = float | str | Series | list[Series]


@dataclass(frozen=True)
class Scope:
    """What an expression sees. values: by id, of metrics and earlier expressions; metrics: the
    series of the request's metrics, for METRICS(); searched: the results of its SEARCH calls, by
    their text; start_s, end_s: of the request, which is how far FILL goes; insights: those of its
    INSIGHT_RULE_METRIC calls, by rule and metric."""

    values: Mapping[str, Value]
    metrics: Mapping[str, Series]
    searched: Mapping[tuple[str, str, int], list[Series]]
    start_s: int
    end_s: int
    insights: Mapping[tuple[str, str], Series] = field(default_factory=dict)


def listed(value: Value) -> list[Series]:
    """The series of a value. Raises BadExpression for one that has none."""
    if isinstance(value, Series):
        return [value]
    if isinstance(value, list):
        return value
    raise BadExpression("A time series is needed here, not a number or text")


def mapped(series: Series, act: Callable[[float], float]) -> Series:
    return replace(series, points=finite({at: act(v) for at, v in series.points.items()}))


def finite(points: Points) -> Points:
    """Without what is no number: CloudWatch leaves such data points out."""
    return {at: value for at, value in points.items() if math.isfinite(value)}
