"""Target tracking: the alarms of a policy, and the capacity that its metric asks for. Pure.

For DynamoDB's predefined metrics the alarms are over consumed units, in sums of a minute: high
above the target for 2 minutes, low 20 percentage points below it for 15 minutes; two more notice
when somebody else changes the capacity, which moves the thresholds. A customized metric is expected
to halve when the capacity doubles: high above the target for 3 minutes, low below nine tenths of it
for 15. How AWS calculates the new capacity is not published: here what was consumed in the highest
minute of those that the alarm looks at, over the target.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jedlik.services.applicationautoscaling.resources import Resource

PREDEFINED = {
    "DynamoDBReadCapacityUtilization": "Read",
    "DynamoDBWriteCapacityUtilization": "Write",
}
HIGH, LOW = "AlarmHigh", "AlarmLow"
CAPACITY_HIGH, CAPACITY_LOW = "ProvisionedCapacityHigh", "ProvisionedCapacityLow"
LOW_POINTS = 20
"""How far below the target utilization scaling in begins, in percentage points (seen in alarms of
AWS's: 42 and 30 consumed units a minute for one unit and 70 %)."""
LOW_PART = 0.9
HIGH_MINUTES, LOW_MINUTES, CUSTOM_HIGH_MINUTES = 2, 15, 3
EPSILON = 1e-9

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Alarm:
    """kind: HIGH, LOW …; config: members of PutMetricAlarm without names and actions."""

    kind: str
    config: dict[str, Any]


def alarms_of(policy: Config, resource: Resource, capacity: int) -> list[Alarm]:
    """The alarms that a policy needs while so much is provisioned."""
    target = policy["TargetValue"]
    if "PredefinedMetricSpecification" in policy:
        found = _predefined(resource, target, capacity)
    else:
        found = _customized(policy["CustomizedMetricSpecification"], target)
    if policy.get("DisableScaleIn"):
        found = [alarm for alarm in found if alarm.kind != LOW]
    return found


def _predefined(resource: Resource, target: float, capacity: int) -> list[Alarm]:
    consumed = {
        "MetricName": f"Consumed{resource.access}CapacityUnits",
        "Namespace": "AWS/DynamoDB",
        "Dimensions": resource.dimensions,
        "Statistic": "Sum",
        "Period": 60,
    }
    provisioned = {
        **consumed,
        "MetricName": f"Provisioned{resource.access}CapacityUnits",
        "Statistic": "Average",
        "Period": 300,
    }
    return [
        Alarm(HIGH, _above(consumed, HIGH_MINUTES, capacity * target / 100 * 60)),
        Alarm(LOW, _below(consumed, LOW_MINUTES, capacity * (target - LOW_POINTS) / 100 * 60)),
        Alarm(CAPACITY_HIGH, _above(provisioned, 3, float(capacity))),
        Alarm(CAPACITY_LOW, _below(provisioned, 3, float(capacity))),
    ]


def _customized(spec: Config, target: float) -> list[Alarm]:
    if "Metrics" in spec:
        metric: dict[str, Any] = {
            "Metrics": [
                {
                    **query,
                    **(
                        {"MetricStat": {**query["MetricStat"], "Period": 60}}
                        if "MetricStat" in query
                        else {}
                    ),
                }
                for query in spec["Metrics"]
            ]
        }
    else:
        metric = {
            "MetricName": spec["MetricName"],
            "Namespace": spec["Namespace"],
            "Dimensions": list(spec.get("Dimensions", ())),
            "Statistic": spec["Statistic"],
            "Period": 60,
        }
        if "Unit" in spec:
            metric["Unit"] = spec["Unit"]
    return [
        Alarm(HIGH, _above(metric, CUSTOM_HIGH_MINUTES, target)),
        Alarm(LOW, _below(metric, LOW_MINUTES, target * LOW_PART)),
    ]


def _above(metric: Config, periods: int, threshold: float) -> dict[str, Any]:
    return _compared(metric, periods, threshold, "GreaterThanThreshold")


def _below(metric: Config, periods: int, threshold: float) -> dict[str, Any]:
    return _compared(metric, periods, threshold, "LessThanThreshold")


def _compared(metric: Config, periods: int, threshold: float, how: str) -> dict[str, Any]:
    return {
        **metric,
        "EvaluationPeriods": periods,
        "Threshold": round(threshold, 6),
        "ComparisonOperator": how,
    }


def wanted_capacity(policy: Config, values: Sequence[float], capacity: int) -> int:
    """The capacity at which the metric would be at its target.

    values: of the minutes that the alarm looked at (units a minute, or the customized metric).
    """
    target = float(policy["TargetValue"])
    if not values:
        return capacity
    if "PredefinedMetricSpecification" in policy:
        needed = max(values) / 60 / (target / 100)
    else:
        needed = capacity * max(values) / target
    return max(0, math.ceil(needed - EPSILON))
