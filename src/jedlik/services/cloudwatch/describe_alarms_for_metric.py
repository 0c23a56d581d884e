"""DescribeAlarmsForMetric: the alarms over exactly this metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.alarms import told_alarm
from jedlik.services.cloudwatch.metric_names import metric_of
from jedlik.services.cloudwatch.records import ALARM, AlarmRecord, Records
from jedlik.tables.measurements import Metric


@operation("cloudwatch", "DescribeAlarmsForMetric", access="read")
async def describe_alarms_for_metric(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    wanted = metric_of(req)
    found = await Records.of(ctx).range(ALARM)
    return {"MetricAlarms": [told_alarm(each) for each in found if _watches(each, wanted, req)]}


def _watches(alarm: AlarmRecord, wanted: Metric, req: Mapping[str, Any]) -> bool:
    """Whether the alarm is over the metric; alarms over expressions are not (API reference)."""
    config = alarm.config
    if "MetricName" not in config or metric_of(config) != wanted:
        return False
    members = ("Statistic", "ExtendedStatistic", "Period", "Unit")
    return all(config.get(member) == req[member] for member in members if member in req)
