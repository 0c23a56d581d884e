"""The functions of metric math, by kind: of one number, along a series, of many numbers, and those
with arguments of their own. Called by `metric_math.py`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from jedlik.services.cloudwatch.expressions import BadExpression, Call
from jedlik.services.cloudwatch.operands import Points, Scope, Series, Value, finite, listed


def only(node: Call, arguments: Sequence[Value]) -> Value:
    if len(arguments) != 1:
        raise BadExpression(f"{node.function} takes one argument")
    return arguments[0]


def by_series(
    value: Value, act: Callable[[Series], Series], scalar: Callable[[float], float] | None
) -> Value:
    if isinstance(value, Series):
        return act(value)
    if isinstance(value, list):
        return [act(each) for each in value]
    if scalar is None or isinstance(value, str):
        raise BadExpression("A time series is needed here, not a number or text")
    return scalar(value)


def reduced(act: Callable[[Sequence[float]], float], value: Value) -> Value:
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
    points = finite({at: act(times[at]) for at in sorted(times)})
    return Series("", members[0].period_s, points)


def _safe_log(base: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: base(value) if value > 0 else math.nan


ELEMENTWISE: Mapping[str, Callable[[float], float]] = {
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


REDUCING: Mapping[str, Callable[[Sequence[float]], float]] = {
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


ALONG: Mapping[str, Callable[[Series], Series]] = {
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
    return by_series(arguments[0], lambda series: _filled(series, filler, scope), None)


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
    value, place = only(node, arguments), 0 if node.function == "FIRST" else -1
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
    act = REDUCING[by]
    members = [each for each in listed(arguments[0]) if each.points]
    members.sort(key=lambda each: act([*each.points.values()]), reverse=order == "DESC")
    count = arguments[3] if len(arguments) == 4 else len(members)
    if not isinstance(count, (int, float)):
        raise BadExpression("The count of SORT is a number")
    return members[: int(count)]


def _period(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    return float(listed(only(node, arguments))[0].period_s)


def _count(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    return float(len(listed(only(node, arguments))))


def _time_series(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    value = only(node, arguments)
    if not isinstance(value, (int, float)):
        raise BadExpression("TIME_SERIES takes a number")
    step = min((each.period_s for each in scope.metrics.values()), default=60)
    times = range(scope.start_s // step * step, scope.end_s, step)
    return Series("", step, dict.fromkeys(times, float(value)))


def _remove_empty(node: Call, arguments: Sequence[Value], scope: Scope) -> Value:
    return [each for each in listed(only(node, arguments)) if each.points]


SPECIAL: Mapping[str, Callable[[Call, Sequence[Value], Scope], Value]] = {
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
