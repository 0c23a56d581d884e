"""DescribeMetricFilters: of a group, or of all; by prefix or by metric."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid
from jedlik.services.logs.filters import MetricFilter
from jedlik.services.logs.requests import group_arns, logs_of, page


@operation("logs", "DescribeMetricFilters", access="list", resource=group_arns)
async def describe_metric_filters(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    if ("metricName" in req) != ("metricNamespace" in req):  # unverified text
        raise invalid("metricName and metricNamespace must be specified together.")
    logs = logs_of(ctx)
    named = req.get("logGroupName")
    groups = await logs.groups() if named is None else [await logs.group(named)]
    prefix = req.get("filterNamePrefix", "")
    found = [
        (group.name, each)
        for group in groups
        for each in group.metric_filters
        if each.name.startswith(prefix)
        and req.get("metricName", each.metric) == each.metric
        and req.get("metricNamespace", each.namespace) == each.namespace
    ]
    shown, token = page(found, req)
    return {"metricFilters": [_described(*each) for each in shown], **token}


def _described(group: str, each: MetricFilter) -> dict[str, Any]:
    told: dict[str, Any] = {
        "metricName": each.metric,
        "metricNamespace": each.namespace,
        "metricValue": each.value,
    }
    if each.default is not None:
        told["defaultValue"] = each.default
    if each.dimensions:
        told["dimensions"] = each.dimensions
    if each.unit is not None:
        told["unit"] = each.unit
    return {
        "filterName": each.name,
        "filterPattern": each.pattern,
        "metricTransformations": [told],
        "creationTime": each.created_ms,
        "logGroupName": group,
        "applyOnTransformedLogs": False,
    }
