"""GetInsightRuleReport: the contributors of a rule, and its figures by period."""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.errors import InsightRule, invalid_value
from jedlik.services.cloudwatch.insight_reports import periods_of, ranked
from jedlik.services.cloudwatch.insight_rules import key_rule, rule_arns
from jedlik.services.cloudwatch.limits import (
    CONTRIBUTORS_DEFAULT,
    CONTRIBUTORS_MAX,
    REPORT_S_MAX,
)
from jedlik.services.cloudwatch.metric_math import INSIGHT_METRICS
from jedlik.services.cloudwatch.records import INSIGHT_RULE, Records
from jedlik.services.cloudwatch.series import time_range

ORDERS = ("Sum", "Maximum")


@operation("cloudwatch", "GetInsightRuleReport", access="read", resource=rule_arns)
async def get_insight_rule_report(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    start_s, end_s = time_range(req)
    _check(req, start_s, end_s)
    rule = await key_rule(ctx.db, ctx.account, ctx.region, req["RuleName"])
    if rule is None:
        return await _empty(ctx, req["RuleName"])
    period_s, order = req["Period"], req.get("OrderBy", "Sum")
    periods = await periods_of(ctx.db, rule, start_s, end_s, period_s)
    everybody = ranked(periods, order)
    shown = everybody[: req.get("MaxContributorCount", CONTRIBUTORS_DEFAULT)]
    answer: dict[str, Any] = {
        "KeyLabels": rule.labels,
        "AggregationStatistic": "Sum",
        "AggregateValue": sum(period.total for period in periods.values()),
        "ApproximateUniqueCount": max(
            len(everybody), *(period.unique for period in periods.values()), 0
        ),
        "Contributors": [
            {
                "Keys": list(name),
                "ApproximateAggregateValue": value,
                "Datapoints": [
                    {"Timestamp": begin, "ApproximateValue": period.keys[name]}
                    for begin, period in periods.items()
                    if name in period.keys
                ],
            }
            for name, value in shown
        ],
    }
    if req.get("Metrics"):
        answer["MetricDatapoints"] = [
            {"Timestamp": begin, **{name: period.value(name) for name in req["Metrics"]}}
            for begin, period in periods.items()
        ]
    return answer


def _check(req: dict[str, Any], start_s: float, end_s: float) -> None:
    """Raises ApiError. Unverified: the texts."""
    if start_s >= end_s:
        raise invalid_value("The parameter StartTime must be less than the parameter EndTime.")
    if end_s - start_s > REPORT_S_MAX:
        raise invalid_value("The time range of a report must not be longer than 24 hours.")
    if req["Period"] < 60 or req["Period"] % 60:
        raise invalid_value("The parameter Period must be a multiple of 60.")
    if not 1 <= req.get("MaxContributorCount", 1) <= CONTRIBUTORS_MAX:
        raise invalid_value(
            f"The parameter MaxContributorCount must be between 1 and {CONTRIBUTORS_MAX}."
        )
    if req.get("OrderBy", "Sum") not in ORDERS:
        raise invalid_value(f"The parameter OrderBy must be one of {', '.join(ORDERS)}.")
    for name in req.get("Metrics", ()):
        if name not in INSIGHT_METRICS:
            raise invalid_value(f"The metric {name} is not one of {', '.join(INSIGHT_METRICS)}.")


async def _empty(ctx: Context, name: str) -> dict[str, Any]:
    """The report of a rule over logs: there are none."""
    record = await Records.of(ctx).get(INSIGHT_RULE, name)
    if record is None:
        raise InsightRule.not_found(name)
    definition = orjson.loads(record.definition)
    return {
        "KeyLabels": definition["Contribution"]["Keys"],
        "AggregationStatistic": "SampleCount" if definition["AggregateOn"] == "Count" else "Sum",
        "AggregateValue": 0.0,
        "ApproximateUniqueCount": 0,
        "Contributors": [],
        "MetricDatapoints": [],
    }
