"""Dynamic labels: `${MAX}`, `${PROP('Dim.TableName')}` and the like in a query's Label.

User guide, "Using dynamic labels".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from jedlik.services.cloudwatch.operands import Series

_PLACEHOLDER = re.compile(r"\$\{([A-Z_]+)(?:\('([^']*)'\))?\}")


def labelled(template: str, series: Series, default: str) -> str:
    """The label with its placeholders filled in; unknown ones stay as they are."""

    def filled(match: re.Match[str]) -> str:
        return _value(match[1], match[2], series, default, match[0])

    return _PLACEHOLDER.sub(filled, template)


def _value(name: str, argument: str | None, series: Series, default: str, whole: str) -> str:
    if name == "PROP":
        return series.properties.get(argument or "", "")
    if name == "LABEL":
        return default
    values = [*series.points.values()]
    if name == "DATAPOINT_COUNT":
        return str(len(values))
    ends: dict[str, Callable[[], float]] = {
        "AVG": lambda: sum(values) / len(values),
        "SUM": lambda: sum(values),
        "MIN": lambda: min(values),
        "MAX": lambda: max(values),
        "FIRST": lambda: values[0],
        "LAST": lambda: values[-1],
    }
    if name in ends:
        return f"{ends[name]():g}" if values else "--"
    times: dict[str, Callable[[], int]] = {
        "MIN_TIME": lambda: min(series.points, key=lambda at: series.points[at]),
        "MAX_TIME": lambda: max(series.points, key=lambda at: series.points[at]),
        "FIRST_TIME": lambda: next(iter(series.points)),
        "LAST_TIME": lambda: next(reversed(series.points)),
    }
    if name in times:
        if not values:
            return "--"
        return datetime.fromtimestamp(times[name](), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return whole
