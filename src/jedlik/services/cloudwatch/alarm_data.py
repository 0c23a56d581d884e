"""The data points that an alarm looks at: its evaluation range, oldest first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jedlik.services.cloudwatch.alarm_states import EXTRA_PERIODS, Point
from jedlik.services.cloudwatch.errors import validation
from jedlik.services.cloudwatch.expressions import BadExpression
from jedlik.services.cloudwatch.metric_names import metric_of
from jedlik.services.cloudwatch.operands import Series
from jedlik.services.cloudwatch.queries import Queries
from jedlik.services.cloudwatch.series import periods_of, values_of
from jedlik.services.cloudwatch.statistics import statistic
from jedlik.tables.measurements import Measurements

_PERCENTILE = re.compile(r"p(\d+(?:\.\d+)?)")


def check_metric(config: Mapping[str, Any]) -> None:
    """Whether what an alarm is to watch can be read: for alarms that come by another service, with
    their metric's members only. Raises ApiError."""
    if "Metrics" not in config:
        metric_of(config)
        return
    Queries(config["Metrics"], "Metrics")
    if not period_of(config):
        raise validation("Alarms cannot be based on SEARCH expressions.")


def period_of(config: Mapping[str, Any]) -> int:
    """The period of the alarm's data points, in seconds."""
    if "Metrics" not in config:
        return int(config["Period"])
    shown = next(each for each in config["Metrics"] if each.get("ReturnData", True))
    return Queries(config["Metrics"], "Metrics").period_s(shown["Id"])


def interval_of(config: Mapping[str, Any]) -> int:
    """How often the alarm is evaluated, in seconds (user guide: every minute; with a period of 10,
    20 or 30 seconds every ten)."""
    return 10 if period_of(config) < 60 else 60


async def points_of(
    measurements: Measurements, config: Mapping[str, Any], now_s: float
) -> list[Point] | None:
    """The value of every period of the evaluation range that has ended; None where it is missing.

    None altogether: too few samples for the percentile, and the alarm is to ignore them. Raises
    BadExpression.
    """
    period_s = period_of(config)
    count = config["EvaluationPeriods"] + EXTRA_PERIODS
    interval_s = interval_of(config)
    end_s = int(now_s // interval_s * interval_s)
    if "Metrics" in config:
        return await _calculated(measurements, config, end_s // period_s * period_s, count)
    start_s = end_s - count * period_s
    stat = config.get("Statistic") or config["ExtendedStatistic"]
    wanted = statistic(stat)
    assert wanted is not None
    periods = await periods_of(
        measurements,
        metric_of(config),
        start_s=start_s,
        end_s=end_s,
        period_s=period_s,
        unit=config.get("Unit"),
        distributed=wanted.distributed,
        origin_s=end_s,
    )
    if config.get("EvaluateLowSampleCountPercentile") == "ignore":
        latest = [*periods.values()][-config["EvaluationPeriods"] :]
        if any(each.count < _samples_needed(stat) for each in latest):
            return None
    values = values_of(periods, wanted)
    return [(at, values.get(at)) for at in range(start_s, end_s, period_s)]


async def _calculated(
    measurements: Measurements, config: Mapping[str, Any], end_s: int, count: int
) -> list[Point]:
    period_s = period_of(config)
    start_s = end_s - count * period_s
    shown = next(each for each in config["Metrics"] if each.get("ReturnData", True))
    answers = await Queries(config["Metrics"], "Metrics").answer(measurements, start_s, end_s)
    found = answers[shown["Id"]]
    if isinstance(found, BadExpression):
        raise found
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, Series):
        raise BadExpression("The expression must return a single time series")
    return [(at, found.points.get(at)) for at in range(start_s, end_s, period_s)]


def _samples_needed(stat: str) -> float:
    """Below so many samples a percentile means little (user guide, "Percentile-based CloudWatch
    alarms and low data samples")."""
    found = _PERCENTILE.fullmatch(stat)
    if found is None:
        return 0
    part = float(found[1]) / 100
    if part >= 0.5:
        return 10 / (1 - part) if part < 1 else 0
    return 10 / part if part > 0 else 0
