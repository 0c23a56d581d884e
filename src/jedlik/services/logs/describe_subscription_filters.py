"""DescribeSubscriptionFilters: of a group."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.filters import Subscription
from jedlik.services.logs.requests import group_arns, logs_of, page


@operation("logs", "DescribeSubscriptionFilters", access="list", resource=group_arns)
async def describe_subscription_filters(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    group = await logs_of(ctx).group(req["logGroupName"])
    prefix = req.get("filterNamePrefix", "")
    found = [each for each in group.subscriptions if each.name.startswith(prefix)]
    shown, token = page(found, req)
    return {"subscriptionFilters": [_described(group.name, each) for each in shown], **token}


def _described(group: str, each: Subscription) -> dict[str, Any]:
    told: dict[str, Any] = {
        "filterName": each.name,
        "logGroupName": group,
        "filterPattern": each.pattern,
        "destinationArn": each.destination,
        "distribution": each.distribution,
        "applyOnTransformedLogs": False,
        "creationTime": each.created_ms,
    }
    if each.role is not None:
        told["roleArn"] = each.role
    return told
