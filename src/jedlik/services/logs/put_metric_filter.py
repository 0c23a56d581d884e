"""PutMetricFilter: a metric made of the events of a group; one of that name is replaced."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid, limit_exceeded
from jedlik.services.logs.filters import MetricFilter
from jedlik.services.logs.matching import number_of
from jedlik.services.logs.patterns import compiled
from jedlik.services.logs.requests import check_available, group_arns, logs_of
from jedlik.services.logs.store import Group

FILTERS_MAX = 100
DIMENSIONS_MAX = 3


@operation("logs", "PutMetricFilter", access="write", resource=group_arns)
async def put_metric_filter(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    check_available(req, "fieldSelectionCriteria", "emitSystemFieldDimensions")
    compiled(req["filterPattern"])
    made = _made(req["filterName"], req["filterPattern"], req["metricTransformations"][0], ctx.now)

    def changed(group: Group) -> Group:
        kept = [each for each in group.metric_filters if each.name != made.name]
        if len(kept) >= FILTERS_MAX:
            raise limit_exceeded()
        filters = sorted((*kept, made), key=lambda each: each.name)
        return msgspec.structs.replace(group, metric_filters=tuple(filters))

    await logs_of(ctx).change_group(req["logGroupName"], changed)
    return {}


def _made(name: str, pattern: str, told: dict[str, Any], now: float) -> MetricFilter:
    """Raises ApiError. Unverified texts."""
    value, dimensions = told["metricValue"], told.get("dimensions", {})
    if not value.startswith("$") and number_of(value) is None:
        raise invalid("Invalid metric transformation: metricValue must be a number or a selector.")
    if dimensions and "defaultValue" in told:
        raise invalid("Invalid metric transformation: dimensions and default value are mutually "
                      "exclusive properties.")  # fmt: skip
    if len(dimensions) > DIMENSIONS_MAX:
        raise invalid(f"Invalid metric transformation: at most {DIMENSIONS_MAX} dimensions.")
    return MetricFilter(
        name=name,
        pattern=pattern,
        created_ms=int(now * 1000),
        metric=told["metricName"],
        namespace=told["metricNamespace"],
        value=value,
        default=told.get("defaultValue"),
        dimensions=dimensions,
        unit=told.get("unit"),
    )
