"""What a metric alarm's state is, from its data points: pure, in AWS's words.

    data points of the evaluation range (None: missing) ─▶ those that count ─▶ breaching? ─▶ state

User guide, "Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from jedlik.services.cloudwatch.records import State

COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
EXTRA_PERIODS = 2
"""The evaluation range is that much longer than the evaluation periods. Unverified: AWS only says
that it is longer; its examples have five for three."""

Point = tuple[int, float | None]
"""Beginning of a period in epoch seconds, and its value; None: missing."""


@dataclass(frozen=True)
class Judgement:
    """The state that the data points mean; None: it stays as it is."""

    state: State | None
    reason: str = ""
    data: str | None = None
    evaluation: str | None = None


def judge(config: Mapping[str, Any], points: Sequence[Point], now_s: float) -> Judgement:
    """The judgement over the evaluation range, oldest point first."""
    periods = config["EvaluationPeriods"]
    needed = config.get("DatapointsToAlarm", periods)
    compare, words = COMPARISONS[config["ComparisonOperator"]]
    threshold = config["Threshold"]
    known = [(at, value) for at, value in points if value is not None]
    treatment = config.get("TreatMissingData", "missing")
    if not known:
        return _of_nothing(config, treatment, periods, needed, now_s)
    missing = max(0, periods - len(known))
    considered = known if missing else known[-periods:]
    breaching = [point for point in considered if compare(point[1], threshold)]
    assumed = missing if treatment == "breaching" else 0
    if len(breaching) + assumed >= needed:
        state: State = "ALARM"
    elif (
        treatment == "missing"
        and missing
        and _is_overdue(points, periods, needed, compare, threshold)
    ):
        state = "ALARM"
    elif treatment == "ignore" and len(breaching) + missing >= needed:
        return Judgement(None)  # the missing ones would decide
    else:
        state = "OK"
    told = breaching if state == "ALARM" else considered[-1:]
    reason = _reason(state, told, len(considered), words, threshold, needed)
    if missing and treatment in ("breaching", "notBreaching"):
        reason = f"{reason[:-1]} and {_treated(missing, treatment)}."
    return Judgement(state, reason, _data(config, considered, told, now_s))


def _of_nothing(
    config: Mapping[str, Any], treatment: str, periods: int, needed: int, now_s: float
) -> Judgement:
    if treatment == "ignore":
        return Judgement(None)
    if treatment == "missing":
        were = "datapoint was" if periods == 1 else "datapoints were"
        reason = f"Insufficient Data: {periods} {were} unknown."
        return Judgement("INSUFFICIENT_DATA", reason, _data(config, (), (), now_s))
    state: State = "ALARM" if treatment == "breaching" else "OK"
    plural = "" if periods == 1 else "s"
    reason = (
        f"Threshold Crossed: no datapoints were received for {periods} period{plural} and "
        f"{_treated(periods, treatment)}."
    )
    return Judgement(state, reason, _data(config, (), (), now_s))


def _treated(count: int, treatment: str) -> str:
    shown = "Breaching" if treatment == "breaching" else "NonBreaching"
    were = "datapoint was" if count == 1 else "datapoints were"
    return f"{count} missing {were} treated as [{shown}]"


def _is_overdue(
    points: Sequence[Point],
    periods: int,
    needed: int,
    compare: Callable[[float, float], bool],
    threshold: float,
) -> bool:
    """Whether the oldest breaching point of the evaluation periods is at least as old as the
    data points to alarm, and all that came after it are breaching or missing."""
    latest = points[-periods:]
    for age, (_, value) in zip(range(len(latest), 0, -1), latest, strict=True):
        if value is None or not compare(value, threshold):
            continue
        after = latest[len(latest) - age :]
        return age >= needed and all(each is None or compare(each, threshold) for _, each in after)
    return False


def _reason(
    state: State,
    told: Sequence[tuple[int, float]],
    considered: int,
    words: str,
    threshold: float,
    needed: int,
) -> str:
    shown = ", ".join(f"{value} ({_short_date(at)})" for at, value in reversed(told))
    count = len(told)
    if state == "OK":
        return (
            f"Threshold Crossed: {count} datapoint [{shown}] was not {words} the threshold "
            f"({float(threshold)})."
        )
    were = "was" if count == 1 else "were"
    plural = "" if needed == 1 else "s"
    return (
        f"Threshold Crossed: {count} out of the last {considered} datapoints [{shown}] {were} "
        f"{words} the threshold ({float(threshold)}) (minimum {needed} datapoint{plural} for "
        "OK -> ALARM transition)."
    )


def _data(
    config: Mapping[str, Any],
    considered: Sequence[tuple[int, float]],
    told: Sequence[tuple[int, float]],
    now_s: float,
) -> str:
    """StateReasonData."""
    found: dict[str, Any] = {"version": "1.0", "queryDate": long_date(now_s)}
    if considered:
        found["startDate"] = long_date(considered[0][0])
    for member, key in (("Statistic", "statistic"), ("ExtendedStatistic", "statistic"),
                        ("Unit", "unit"), ("Period", "period")):  # fmt: skip
        if member in config:
            found[key] = config[member]
    found["recentDatapoints"] = [value for _, value in considered]
    found["threshold"] = config["Threshold"]
    found["evaluatedDatapoints"] = [
        {"timestamp": long_date(at), "value": value} for at, value in reversed(told)
    ]
    return orjson.dumps(found).decode()


def long_date(at_s: float) -> str:
    """2026-11-22T03:40:00.000+0000"""
    when = datetime.fromtimestamp(at_s, UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}+0000"


def _short_date(at_s: float) -> str:
    """22/11/26 03:40:00"""
    return f"{datetime.fromtimestamp(at_s, UTC):%d/%m/%y %H:%M:%S}"
