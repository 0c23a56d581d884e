"""PutMetricAlarm: an alarm over one metric or over an expression, made or changed.

It begins in INSUFFICIENT_DATA; the worker evaluates it right after.
"""

from __future__ import annotations

import math
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch import limits
from jedlik.services.cloudwatch.alarm_states import COMPARISONS
from jedlik.services.cloudwatch.alarms import alarm_arns, put_alarm
from jedlik.services.cloudwatch.errors import (
    invalid_combination,
    invalid_value,
    missing,
    validation,
)
from jedlik.services.cloudwatch.metric_names import metric_of
from jedlik.services.cloudwatch.queries import Queries
from jedlik.services.cloudwatch.series import is_period
from jedlik.services.cloudwatch.statistics import statistic

TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
NOT_THERE = (
    "ThresholdMetricId",
    "EvaluationCriteria",
    "EvaluationInterval",
    "EvaluationWindow",
    "WarmUpConfiguration",
    "ActionConfiguration",
)
ONE_METRIC = (
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
)


@operation("cloudwatch", "PutMetricAlarm", access="write", resource=alarm_arns)
async def put_metric_alarm(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    for member in NOT_THERE:
        if member in req:
            raise validation(f"{member} is not supported yet: see docs/metrics.md.")
    _check_rule(req)
    if "Metrics" in req:
        _check_metrics(req)
    else:
        _check_metric(req)
    await put_alarm(ctx, req, "MetricAlarm")
    return {}


def _check_rule(req: dict[str, Any]) -> None:
    """Periods, threshold and what missing data mean. Texts partly unverified."""
    absent = [
        name
        for name in ("EvaluationPeriods", "ComparisonOperator", "Threshold")
        if req.get(name) is None
    ]
    if absent:
        raise missing(*absent)
    if not math.isfinite(req["Threshold"]):  # queries and CBOR can say it; none could be kept
        raise validation("Threshold must be a finite number.")
    if req["ComparisonOperator"] not in COMPARISONS:
        raise validation(
            f"ComparisonOperator {req['ComparisonOperator']} needs anomaly detection, which is "
            "not supported yet."
        )
    treatment = req.get("TreatMissingData", "missing")
    if treatment not in TREATMENTS:
        raise validation(f"The value {treatment} is not a valid value for TreatMissingData.")
    if req.get("DatapointsToAlarm", 1) > req["EvaluationPeriods"]:
        raise validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    percentile = req.get("EvaluateLowSampleCountPercentile")
    if percentile is not None and percentile not in ("evaluate", "ignore"):
        raise validation(
            f"Option {percentile} is not supported. Supported options for parameter "
            "EvaluateLowSampleCountPercentile are evaluate and ignore."
        )


def _check_metric(req: dict[str, Any]) -> None:
    """An alarm over one metric."""
    metric_of(req)
    if req.get("Period") is None:
        raise missing("Period")
    if ("Statistic" in req) == ("ExtendedStatistic" in req):
        if "Statistic" in req:
            raise invalid_combination(
                "The parameters Statistic and ExtendedStatistic are mutually exclusive and you "
                "have specified both."
            )
        raise missing("Statistic", "ExtendedStatistic")
    extended = req.get("ExtendedStatistic")
    if extended is not None and statistic(extended) is None:
        raise invalid_value(f"The value {extended} for parameter ExtendedStatistic is invalid.")
    _check_period(req["Period"], req["EvaluationPeriods"])


def _check_metrics(req: dict[str, Any]) -> None:
    """An alarm over an expression, or over one metric in the new form."""
    both = [member for member in ONE_METRIC if member in req]
    if both:
        raise invalid_combination(
            f"The parameters {both[0]} and Metrics are mutually exclusive and you have specified "
            "both."
        )
    if len(req["Metrics"]) > limits.ALARM_QUERIES_MAX:
        raise invalid_value(
            f"The collection Metrics must not have a size greater than {limits.ALARM_QUERIES_MAX}."
        )
    queries = Queries(req["Metrics"], "Metrics")
    shown = [query for query in req["Metrics"] if query.get("ReturnData", True)]
    if len(shown) != 1:
        raise validation("Exactly one of the Metrics must have ReturnData set to true.")
    period_s = queries.period_s(shown[0]["Id"])
    if not period_s or "SEARCH" in shown[0].get("Expression", "").upper():
        raise validation("Alarms cannot be based on SEARCH expressions.")
    _check_period(period_s, req["EvaluationPeriods"])


def _check_period(period_s: int, periods: int) -> None:
    if not is_period(period_s) or period_s in (1, 5):
        raise invalid_value(
            "The parameter Period must be 10, 20, 30, or a multiple of 60."
        )  # unverified
    evaluated_s = period_s * periods
    longest_s = limits.EVALUATED_LONG_S_MAX if period_s >= 3600 else limits.EVALUATED_S_MAX
    if evaluated_s > longest_s:
        raise validation(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be "
            f"<= {longest_s})."
        )
