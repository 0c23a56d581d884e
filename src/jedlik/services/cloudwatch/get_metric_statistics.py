"""GetMetricStatistics: statistics of one metric, a data point for each period and unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch import limits
from jedlik.services.cloudwatch.errors import invalid_combination, invalid_value, missing
from jedlik.services.cloudwatch.metric_names import metric_of
from jedlik.services.cloudwatch.series import SHORT_PERIODS, gathered, is_period, time_range
from jedlik.services.cloudwatch.statistics import PLAIN, Statistic, statistic
from jedlik.tables.measurements import DAY_S, Measurements


@operation("cloudwatch", "GetMetricStatistics", access="read")
async def get_metric_statistics(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    metric = metric_of(req)
    statistics = wanted(req)
    period_s = req["Period"]
    if not is_period(period_s):
        raise invalid_value(
            "The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60."
        )  # unverified
    begin_s, end_s = time_range(req)
    start_s = rounded_start(begin_s, period_s, ctx.now)
    if begin_s >= end_s:
        raise invalid_combination(
            "The parameter StartTime must be less than the parameter EndTime."
        )
    asked = -(-(end_s - start_s) // period_s)
    if asked > limits.STATISTICS_POINTS_MAX:
        raise invalid_combination(
            f"You have requested up to {asked:,.0f} datapoints, which exceeds the limit of "
            f"{limits.STATISTICS_POINTS_MAX:,}. You may reduce the datapoints requested by "
            "increasing Period, or decreasing the time range."
        )
    measurements = Measurements(ctx.db, ctx.account, ctx.region)
    slots = await measurements.slots(metric, start_s, end_s, by_second=period_s < 60)
    points = []
    for unit in sorted({slot.unit for slot in slots}):
        if req.get("Unit", unit) != unit:
            continue
        periods = gathered(
            (slot for slot in slots if slot.unit == unit),
            period_s,
            origin_s=start_s,
            distributed=any(each.distributed for each in statistics),
        )
        for begin, aggregate in periods.items():
            point: dict[str, Any] = {"Timestamp": begin, "Unit": unit}
            for each in statistics:
                value = each.of(aggregate)
                if each.name in PLAIN:
                    point[each.name] = value
                elif value is not None:
                    point.setdefault("ExtendedStatistics", {})[each.name] = value
            points.append(point)
    return {"Label": metric.name, "Datapoints": points}


def wanted(req: dict[str, Any]) -> Sequence[Statistic]:
    """The statistics that a request names. Raises ApiError."""
    names = [*req.get("Statistics", ()), *req.get("ExtendedStatistics", ())]
    if not names:
        raise missing("Statistics", "ExtendedStatistics")
    if len(req.get("ExtendedStatistics", ())) > limits.EXTENDED_STATISTICS_MAX:
        raise invalid_value(
            "The collection ExtendedStatistics must not have a size greater than "
            f"{limits.EXTENDED_STATISTICS_MAX}."
        )
    found = []
    for name in names:
        each = statistic(name)
        if each is None:
            raise invalid_value(f"The value {name} for parameter ExtendedStatistics is invalid.")
        found.append(each)
    return found


def rounded_start(start_s: float, period_s: int, now_s: float) -> int:
    """StartTime rounded down, the further the older it is (API reference)."""
    age_s = now_s - start_s
    if period_s in SHORT_PERIODS and age_s < 3 * 3600:
        step = period_s
    elif age_s < 15 * DAY_S:
        step = 60
    elif age_s < 63 * DAY_S:
        step = 300
    else:
        step = 3600
    return int(start_s // step * step)
