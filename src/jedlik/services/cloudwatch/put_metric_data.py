"""PutMetricData: values, values with counts, or statistic sets, added to their metrics.

Durable when answered; what GetMetricData reads then has it. AWS takes up to minutes for that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch import limits
from jedlik.services.cloudwatch.errors import invalid_combination, invalid_value, missing
from jedlik.services.cloudwatch.metric_names import (
    RESERVED_NAMESPACE,
    check_text,
    dimensions_of,
)
from jedlik.tables.aggregates import Aggregate, of_statistics, of_values
from jedlik.tables.measurements import UNIT_NUMBERS, Measurements, Metric, Sample

Datum = Mapping[str, Any]


@operation("cloudwatch", "PutMetricData", access="write")
async def put_metric_data(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    namespace = req["Namespace"]
    check_text(namespace, "Namespace")
    if namespace.startswith(RESERVED_NAMESPACE):
        raise invalid_value(
            f"The value {RESERVED_NAMESPACE} for parameter Namespace is invalid."
        )  # unverified text; the rule is the API reference's
    data = [
        (f"MetricData.member.{n}.", each) for n, each in enumerate(req.get("MetricData", ()), 1)
    ]
    for number, entity in enumerate(req.get("EntityMetricData", ()), 1):
        path = f"EntityMetricData.member.{number}.MetricData.member."
        data += [(f"{path}{n}.", each) for n, each in enumerate(entity.get("MetricData", ()), 1)]
    if not data:
        raise missing("MetricData")
    if len(data) > limits.DATA_PER_REQUEST_MAX:
        raise invalid_value(
            "The collection MetricData must not have a size greater than "
            f"{limits.DATA_PER_REQUEST_MAX}."
        )
    samples = [_sample(namespace, datum, path, ctx.now) for path, datum in data]
    await Measurements(ctx.db, ctx.account, ctx.region).add(samples, ctx.now)
    return {}


def _sample(namespace: str, datum: Datum, path: str, now: float) -> Sample:
    """A datum as it is stored. Raises ApiError."""
    check_text(datum.get("MetricName"), f"{path}MetricName")
    resolution = datum.get("StorageResolution", 60)
    if resolution not in (1, 60):
        raise invalid_value(f"The parameter {path}StorageResolution must be either 1 or 60.")
    unit = datum.get("Unit", "None")
    if unit not in UNIT_NUMBERS:
        raise invalid_value(f"The parameter {path}Unit must be a standard unit.")
    return Sample(
        Metric(namespace, datum["MetricName"], dimensions_of(datum, path)),
        _time(datum, path, now),
        _aggregate(datum, path),
        unit,
        resolution == 1,
    )


def _time(datum: Datum, path: str, now: float) -> int:
    at = datum.get("Timestamp", now)
    if not math.isfinite(at) or at < now - limits.AGE_S_MAX:
        raise invalid_value(
            f"The parameter {path}Timestamp must specify a time no more than two weeks in the past."
        )
    if at > now + limits.FUTURE_S_MAX:
        raise invalid_value(
            f"The parameter {path}Timestamp must specify a time no more than two hours in the "
            "future."
        )
    return int(at)


def _aggregate(datum: Datum, path: str) -> Aggregate:
    """The one of Value, Values and StatisticValues that is given. Raises ApiError."""
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if not given:
        raise missing(f"{path}Value")
    if len(given) > 1:
        raise invalid_combination(
            f"The parameters {path}{given[0]} and {path}{given[1]} are mutually exclusive and you "
            "have specified both."
        )
    if "Counts" in datum and given != ["Values"]:
        raise invalid_combination(f"The parameter {path}Counts requires {path}Values.")
    if given == ["Value"]:
        return of_values([(_checked(datum["Value"], f"{path}Value"), 1.0)])
    if given == ["Values"]:
        return of_values(_values(datum, path))
    return _statistics(datum["StatisticValues"], f"{path}StatisticValues.")


def _values(datum: Datum, path: str) -> list[tuple[float, float]]:
    values = datum["Values"]
    counts = datum.get("Counts", [1.0] * len(values))
    if not values:
        raise missing(f"{path}Values")
    if len(values) > limits.VALUES_PER_DATUM_MAX:
        raise invalid_value(
            f"The collection {path}Values must not have a size greater than "
            f"{limits.VALUES_PER_DATUM_MAX}."
        )
    if len(values) != len(counts):
        raise invalid_value(
            f"The parameters {path}Values and {path}Counts must be of the same size."
        )
    found = []
    for number, (value, count) in enumerate(zip(values, counts, strict=True), 1):
        value = _checked(value, f"{path}Values.member.{number}")
        count = _checked(count, f"{path}Counts.member.{number}")
        if count <= 0:
            raise invalid_value(
                f"The parameter {path}Counts.member.{number} must be greater than 0."
            )
        found.append((value, count))
    return found


def _statistics(given: Datum, path: str) -> Aggregate:
    low, high, total, count = (
        _checked(given.get(name), path + name)
        for name in ("Minimum", "Maximum", "Sum", "SampleCount")
    )
    if count <= 0:
        raise invalid_value(f"The parameter {path}SampleCount must be greater than 0.")
    if low > high:
        raise invalid_value(
            f"The parameter {path}Maximum must be greater than or equal to {path}Minimum."
        )
    return of_statistics(count=count, sum=total, low=low, high=high)


def _checked(value: Any, path: str) -> float:
    if value is None:
        raise missing(path)
    if not math.isfinite(value) or abs(value) > limits.VALUE_MAX:
        raise invalid_value(
            f"The parameter {path} must be a number between -2^360 and 2^360, not {value}."
        )
    return float(value)
