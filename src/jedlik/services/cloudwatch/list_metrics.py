"""ListMetrics: the metrics that had data lately, in order, 500 to a page."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.limits import LISTED_S, METRICS_PER_PAGE, RECENTLY_ACTIVE_S
from jedlik.services.cloudwatch.metric_names import has_dimensions, told_metric
from jedlik.services.cloudwatch.tokens import place_of, token_of
from jedlik.tables.measurements import SEEN_S, Measurements, Registered

LOOKED_AT_MAX = 20_000
"""Series that one request looks at; a page may be short, as AWS says of its own."""


@operation("cloudwatch", "ListMetrics", access="list")
async def list_metrics(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    measurements = Measurements(ctx.db, ctx.account, ctx.region)
    after = place_of(req["NextToken"]) if "NextToken" in req else None
    recently = "RecentlyActive" in req
    since_s = ctx.now - (RECENTLY_ACTIVE_S if recently else LISTED_S) - SEEN_S
    namespace = req.get("Namespace", "")
    # Without a namespace, names are not in order.
    name = req.get("MetricName", "") if namespace else ""
    found: list[Registered] = []
    more, looked_at = True, 0
    while more and len(found) < METRICS_PER_PAGE and looked_at < LOOKED_AT_MAX:
        page, more = await measurements.registered(namespace, name, after=after)
        for each in page:
            after, looked_at = each.sort, looked_at + 1
            if each.last_s >= since_s and _matches(each, req):
                found.append(each)
            if len(found) == METRICS_PER_PAGE:
                more = more or each is not page[-1]
                break
    answer: dict[str, Any] = {"Metrics": [told_metric(each.metric) for each in found]}
    if more and after is not None:
        answer["NextToken"] = token_of(after)
    return answer


def _matches(each: Registered, req: dict[str, Any]) -> bool:
    if "MetricName" in req and each.metric.name != req["MetricName"]:
        return False
    return has_dimensions(each.metric, req.get("Dimensions", ()))
