"""Metrics as requests name them: namespace, name, dimensions; checked and put in order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jedlik.services.cloudwatch.errors import invalid_value, missing
from jedlik.services.cloudwatch.limits import DIMENSIONS_MAX
from jedlik.tables.measurements import Dimensions, Metric

PRINTABLE = re.compile(r"[\x20-\x7E]+")
RESERVED_NAMESPACE = "AWS/"


def metric_of(source: Mapping[str, Any]) -> Metric:
    """The metric that Namespace, MetricName and Dimensions of a request mean. Raises ApiError."""
    absent = [name for name in ("Namespace", "MetricName") if not source.get(name)]
    if absent:
        raise missing(*absent)
    return Metric(source["Namespace"], source["MetricName"], dimensions_of(source, ""))


def dimensions_of(source: Mapping[str, Any], path: str) -> Dimensions:
    """Dimensions in order of their names; path: how a refusal names the structure they are in.

    Unverified: the texts, and that a name that occurs twice is refused.
    """
    given = source.get("Dimensions") or ()
    if len(given) > DIMENSIONS_MAX:
        raise invalid_value(
            f"The collection {path}Dimensions must not have a size greater than {DIMENSIONS_MAX}."
        )
    found: dict[str, str] = {}
    for number, dimension in enumerate(given, 1):
        name, value = dimension.get("Name"), dimension.get("Value")
        for key, text in (("Name", name), ("Value", value)):
            check_text(text, f"{path}Dimensions.member.{number}.{key}")
        if name in found:
            raise invalid_value(f"The dimension {name} is given more than once.")
        found[name] = value
    return tuple(sorted(found.items()))


def check_text(text: Any, path: str) -> None:
    """Names are printable ASCII and not blank (API reference, Dimension)."""
    if not text:
        raise missing(path)
    if not PRINTABLE.fullmatch(text) or not text.strip():
        raise invalid_value(
            f"The parameter {path} must contain only printable ASCII characters, and at least one "
            "that is no blank."
        )


def told_dimensions(dimensions: Dimensions) -> list[dict[str, str]]:
    """Dimensions as the API shows them."""
    return [{"Name": name, "Value": value} for name, value in dimensions]


def told_metric(metric: Metric) -> dict[str, Any]:
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": told_dimensions(metric.dimensions),
    }


def has_dimensions(metric: Metric, filters: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the metric has every dimension asked for, with the value where one is given."""
    have = dict(metric.dimensions)
    return all(
        each["Name"] in have and each.get("Value") in (None, have[each["Name"]]) for each in filters
    )
