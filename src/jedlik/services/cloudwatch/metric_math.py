"""Metric math: evaluates the trees of `expressions.py` over series.

A value is a scalar, a series, or a list of series. Signs work on pairs of them: a scalar with a
series goes to every data point, two series meet where both have one, a list is done series by
series (user guide, "Metric math syntax and functions").
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from jedlik.services.cloudwatch.expressions import (
    BadExpression,
    Binary,
    Call,
    Listed,
    Name,
    Negated,
    Node,
    Number,
    Text,
)

Points = dict[int, float]

INSIGHT_METRICS = (
    "UniqueContributors", "MaxContributorValue", "SampleCount", "Sum", "Minimum", "Maximum",
    "Average",
)  # fmt: skip


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


def evaluate(node: Node, scope: Scope) -> Value:
    """The value of an expression. Raises BadExpression."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Name):
        if node.value not in scope.values:
            raise BadExpression(f"Unknown id '{node.value}'")
        return scope.values[node.value]
    if isinstance(node, Listed):
        return [one for item in node.items for one in listed(evaluate(item, scope))]
    if isinstance(node, Negated):
        return _combined("-", 0.0, evaluate(node.operand, scope))
    if isinstance(node, Binary):
        return _combined(node.sign, evaluate(node.left, scope), evaluate(node.right, scope))
    return _call(node, scope)


def listed(value: Value) -> list[Series]:
    """The series of a value. Raises BadExpression for one that has none."""
    if isinstance(value, Series):
        return [value]
    if isinstance(value, list):
        return value
    raise BadExpression("A time series is needed here, not a number or text")


# Signs


def _divided(left: float, right: float) -> float:
    return left / right if right else math.nan


def _power(left: float, right: float) -> float:
    try:
        found = left**right
    except (OverflowError, ZeroDivisionError):
        return math.nan
    return found if isinstance(found, float) else math.nan


SIGNS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "^": _power,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
    "AND": lambda left, right: float(bool(left) and bool(right)),
    "OR": lambda left, right: float(bool(left) or bool(right)),
}


def _combined(sign: str, left: Value, right: Value) -> Value:
    return _paired(SIGNS[sign], left, right)


def _paired(act: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if isinstance(left, str) or isinstance(right, str):
        raise BadExpression("A text cannot be calculated with")
    if isinstance(left, list):
        if isinstance(right, list):
            raise BadExpression("Two lists of time series cannot be combined")
        return [_series(_paired(act, each, right)) for each in left]
    if isinstance(right, list):
        return [_series(_paired(act, left, each), like=each) for each in right]
    if isinstance(left, Series) and isinstance(right, Series):
        there = right.points
        points = {at: act(value, there[at]) for at, value in left.points.items() if at in there}
        return replace(left, points=_finite(points))
    if isinstance(left, Series):
        assert isinstance(right, (int, float))
        return _mapped(left, lambda value: act(value, right))
    if isinstance(right, Series):
        return _mapped(right, lambda value: act(left, value))
    return act(left, right)


def _series(value: Value, like: Series | None = None) -> Series:
    assert isinstance(value, Series)
    return value if like is None else replace(value, label=like.label, properties=like.properties)


def _mapped(series: Series, act: Callable[[float], float]) -> Series:
    return replace(series, points=_finite({at: act(v) for at, v in series.points.items()}))


def _finite(points: Points) -> Points:
    """Without what is no number: CloudWatch leaves such data points out."""
    return {at: value for at, value in points.items() if math.isfinite(value)}


# Functions


def _call(node: Call, scope: Scope) -> Value:
    if node.function == "SEARCH":
        return scope.searched[search_of(node)]
    if node.function == "INSIGHT_RULE_METRIC":
        return scope.insights[insight_of(node)]
    if node.function == "METRICS":
        return _metrics(node, scope)
    arguments = [
        # FILL(m1, REPEAT): a word, not an id.
        word if (word := _word(node, number, each)) else evaluate(each, scope)
        for number, each in enumerate(node.arguments)
    ]
    if node.function in _ELEMENTWISE:
        act = _ELEMENTWISE[node.function]
        return _each(_only(node, arguments), lambda series: _mapped(series, act), act)
    if node.function in _ALONG:
        along = _ALONG[node.function]
        return _each(_only(node, arguments), along, None)
    if node.function in _REDUCING:
        return _reduced(_REDUCING[node.function], _only(node, arguments))
    special = _SPECIAL.get(node.function)
    if special is None:
        raise BadExpression(f"The function {node.function} is not supported")
    return special(node, arguments, scope)


def search_of(node: Call) -> tuple[str, str, int]:
    """Expression, statistic and period of a SEARCH call; period 0: not given."""
    texts = [each.value for each in node.arguments if isinstance(each, Text)]
    numbers = [int(each.value) for each in node.arguments if isinstance(each, Number)]
    if len(texts) != 2 or len(texts) + len(numbers) != len(node.arguments) or len(numbers) > 1:
        raise BadExpression("SEARCH needs an expression, a statistic and perhaps a period")
    return texts[0], texts[1], numbers[0] if numbers else 0


def insight_of(node: Call) -> tuple[str, str]:
    """Rule and metric of an INSIGHT_RULE_METRIC call."""
    texts = [each.value for each in node.arguments if isinstance(each, Text)]
    if len(texts) != 2 or len(node.arguments) != 2 or texts[1] not in INSIGHT_METRICS:
        raise BadExpression("INSIGHT_RULE_METRIC needs a rule and one of its metrics")
    return texts[0], texts[1]


_SORTED_BY = ("AVG", "MAX", "MIN", "SUM", "ASC", "DESC")
_WORDS = {
    ("FILL", 1): ("REPEAT", "LINEAR"),
    ("SORT", 1): _SORTED_BY,
    ("SORT", 2): _SORTED_BY,
}


def _word(node: Call, number: int, argument: Node) -> str:
    """A word that a function takes as such."""
    allowed = _WORDS.get((node.function, number), ())
    if isinstance(argument, Name) and argument.value.upper() in allowed:
        return argument.value.upper()
    return ""


def _only(node: Call, arguments: Sequence[Value]) -> Value:
    if len(arguments) != 1:
        raise BadExpression(f"{node.function} takes one argument")
    return arguments[0]


def _each(
    value: Value, act: Callable[[Series], Series], scalar: Callable[[float], float] | None
) -> Value:
    if isinstance(value, Series):
        return act(value)
    if isinstance(value, list):
        return [act(each) for each in value]
    if scalar is None or isinstance(value, str):
        raise BadExpression("A time series is needed here, not a number or text")
    return scalar(value)


def _reduced(act: Callable[[Sequence[float]], float], value: Value) -> Value:
    """Of a series its scalar, of a list the series of what its members have at each time."""
    if isinstance(value, Series):
        return act([*value.points.values()]) if value.points else math.nan
    members = listed(value)
    if not members:
        return []
    times: dict[int, list[float]] = {}
    for member in members:
        for at, each in member.points.items():
            times.setdefault(at, []).append(each)
    points = _finite({at: act(times[at]) for at in sorted(times)})
    return Series("", members[0].period_s, points)


def _safe_log(base: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: base(value) if value > 0 else math.nan


_ELEMENTWISE: Mapping[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": lambda value: float(math.ceil(value)),
    "FLOOR": lambda value: float(math.floor(value)),
    "LOG": _safe_log(math.log),
    "LOG10": _safe_log(math.log10),
}


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _deviation(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


_REDUCING: Mapping[str, Callable[[Sequence[float]], float]] = {
    "AVG": _mean,
    "MAX": max,
    "MIN": min,
    "STDDEV": _deviation,
    "SUM": math.fsum,
    "DATAPOINT_COUNT": lambda values: float(len(values)),
}


def _steps(act: Callable[[float, float, int], float]) -> Callable[[Series], Series]:
    """From each data point to the next: act(difference, later value, seconds between)."""

    def along(series: Series) -> Series:
        found: Points = {}
        before: tuple[int, float] | None = None
        for at, value in series.points.items():
            if before is not None:
                found[at] = act(value - before[1], value, at - before[0])
            before = at, value
        return replace(series, points=found)

    return along


def _running(series: Series) -> Series:
    total, found = 0.0, {}
    for at, value in series.points.items():
        total += value
        found[at] = total
    return replace(series, points=found)


def _clock(part: Callable[[int], float]) -> Callable[[Series], Series]:
    return lambda series: replace(series, points={at: part(at) for at in series.points})


def _calendar(member: str) -> Callable[[int], float]:
    return lambda at: float(getattr(datetime.fromtimestamp(at, UTC), member))


def _weekday(at: int) -> float:
    """Monday is 1."""
    return float((at // 86400 + 3) % 7 + 1)


_ALONG: Mapping[str, Callable[[Series], Series]] = {
    "DIFF": _steps(lambda difference, value, seconds: difference),
    "DIFF_TIME": _steps(lambda difference, value, seconds: float(seconds)),
    "RATE": _steps(lambda difference, value, seconds: difference / seconds),
    "RUNNING_SUM": _running,
    "MINUTE": _clock(_calendar("minute")),
    "HOUR": _clock(_calendar("hour")),
    "DAY": _clock(_weekday),
    "DATE": _clock(_calendar("day")),
    "MONTH": _clock(_calendar("month")),
    "YEAR": _clock(_calendar("year")),
    "EPOCH": _clock(float),
}


def _metrics(node: Call, scope: Scope) -> Value:
    """METRICS(): all metrics of the request; METRICS("text"): those with the text in their id."""
    if not node.arguments:
        return [*scope.metrics.values()]
    only = node.arguments[0]
    if len(node.arguments) != 1 or not isinstance(only, Text):
        raise BadExpression("METRICS takes one text")
    return [series for name, series in scope.metrics.items() if only.value in name]


def _if(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    """IF(condition, then[, else]); without else, only data points where it holds stay."""
    if len(arguments) not in (2, 3):
        raise BadExpression("IF takes two or three arguments")
    condition, then = arguments[0], arguments[1]
    other = arguments[2] if len(arguments) == 3 else None
    if isinstance(condition, (list, str)):
        raise BadExpression("The condition of IF is a number or one time series")
    if not isinstance(condition, Series):
        if condition:
            return then
        return other if other is not None else []
    found: Points = {}
    for at, holds in condition.points.items():
        branch = then if holds else other
        if isinstance(branch, (list, str)):
            raise BadExpression("IF chooses between numbers and single time series")
        value = branch.points.get(at) if isinstance(branch, Series) else branch
        if value is not None:
            found[at] = value
    like = next((each for each in (then, other) if isinstance(each, Series)), condition)
    return replace(like, points=found)


def _fill(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    """FILL(series, number | series | REPEAT | LINEAR)."""
    if len(arguments) != 2:
        raise BadExpression("FILL takes two arguments")
    filler = arguments[1]
    if isinstance(filler, list):
        raise BadExpression("FILL takes a number, a time series, REPEAT or LINEAR")
    return _each(arguments[0], lambda series: _filled(series, filler, scope), None)


def _filled(series: Series, filler: float | str | Series, scope: Scope) -> Series:
    step = series.period_s
    times = range(scope.start_s // step * step, scope.end_s, step)
    found: Points = {}
    for at in times:
        if at in series.points:
            found[at] = series.points[at]
        elif isinstance(filler, Series):
            if at in filler.points:
                found[at] = filler.points[at]
        elif not isinstance(filler, str):
            found[at] = float(filler)
    if isinstance(filler, str):
        _interpolate(found, times, linear=filler == "LINEAR")
    return replace(series, points=dict(sorted(found.items())))


def _interpolate(found: Points, times: Sequence[int], *, linear: bool) -> None:
    """Fill between known data points: with the last one, or on a line to the next."""
    known = sorted(found)
    for before, after in zip(known, [*known[1:], None], strict=True):
        for at in times:
            if at <= before or (after is not None and at >= after):
                continue
            if not linear:
                found[at] = found[before]
            elif after is not None:
                share = (at - before) / (after - before)
                found[at] = found[before] + (found[after] - found[before]) * share


def _first(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    """FIRST and LAST: of a list its member, of a series its data point."""
    value, place = _only(node, arguments), 0 if node.function == "FIRST" else -1
    if isinstance(value, Series):
        return [*value.points.values()][place] if value.points else math.nan
    members = listed(value)
    return members[place] if members else []


def _slice(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    if not 2 <= len(arguments) <= 3:
        raise BadExpression("SLICE takes a list, a start and perhaps an end")
    bounds = [each for each in arguments[1:] if isinstance(each, (int, float))]
    if len(bounds) != len(arguments) - 1:
        raise BadExpression("SLICE takes a list, a start and perhaps an end")
    members = listed(arguments[0])
    if len(bounds) == 1:
        return members[int(bounds[0])] if -len(members) <= int(bounds[0]) < len(members) else []
    return members[int(bounds[0]) : int(bounds[1])]


def _sort(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    """SORT(list, AVG|MAX|MIN|SUM, ASC|DESC[, count])."""
    words = [each for each in arguments[1:3] if isinstance(each, str)]
    by = next((word for word in words if word in ("AVG", "MAX", "MIN", "SUM")), "")
    order = next((word for word in words if word in ("ASC", "DESC")), "")
    if len(arguments) not in (3, 4) or not by or not order:
        raise BadExpression("SORT takes a list, a function, ASC or DESC, and perhaps a count")
    act = _REDUCING[by]
    members = [each for each in listed(arguments[0]) if each.points]
    members.sort(key=lambda each: act([*each.points.values()]), reverse=order == "DESC")
    count = arguments[3] if len(arguments) == 4 else len(members)
    if not isinstance(count, (int, float)):
        raise BadExpression("The count of SORT is a number")
    return members[: int(count)]


def _period(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    return float(listed(_only(node, arguments))[0].period_s)


def _count(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    return float(len(listed(_only(node, arguments))))


def _time_series(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    value = _only(node, arguments)
    if not isinstance(value, (int, float)):
        raise BadExpression("TIME_SERIES takes a number")
    step = min((each.period_s for each in scope.metrics.values()), default=60)
    times = range(scope.start_s // step * step, scope.end_s, step)
    return Series("", step, dict.fromkeys(times, float(value)))


def _remove_empty(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    return [each for each in listed(_only(node, arguments)) if each.points]


_SPECIAL: Mapping[str, Callable[[Call, Sequence[Value], Scope], Value]] = {
    "FILL": _fill,
    "FIRST": _first,
    "IF": _if,
    "LAST": _first,
    "METRIC_COUNT": _count,
    "PERIOD": _period,
    "REMOVE_EMPTY": _remove_empty,
    "SLICE": _slice,
    "SORT": _sort,
    "TIME_SERIES": _time_series,
}
FUNCTIONS = frozenset(
    (*_ELEMENTWISE, *_ALONG, *_REDUCING, *_SPECIAL, "METRICS", "SEARCH", "INSIGHT_RULE_METRIC")
)
