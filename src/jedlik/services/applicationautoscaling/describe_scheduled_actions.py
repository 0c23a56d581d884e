"""DescribeScheduledActions: those named, of a resource, or all of a service."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling.pages import page
from jedlik.services.applicationautoscaling.records import SCHEDULED, Records, ScheduledRecord
from jedlik.services.applicationautoscaling.resources import NAMESPACE


@operation("applicationautoscaling", "DescribeScheduledActions", access="list")
async def describe_scheduled_actions(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await Records.of(ctx).range(SCHEDULED) if req["ServiceNamespace"] == NAMESPACE else []
    found = [
        each
        for each in found
        if each.name in req.get("ScheduledActionNames", [each.name])
        and each.resource == req.get("ResourceId", each.resource)
        and each.dimension == req.get("ScalableDimension", each.dimension)
    ]
    shown, rest = page(found, req)
    return {"ScheduledActions": [_told(each) for each in shown], **rest}


def _told(action: ScheduledRecord) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ScheduledActionName": action.name,
        "ScheduledActionARN": action.arn,
        "ServiceNamespace": NAMESPACE,
        "Schedule": action.schedule,
        "Timezone": action.zone,
        "ResourceId": action.resource,
        "ScalableDimension": action.dimension,
        "ScalableTargetAction": action.action,
        "CreationTime": action.created_ms / 1000,
    }
    if action.start_ms is not None:
        shown["StartTime"] = action.start_ms / 1000
    if action.end_ms is not None:
        shown["EndTime"] = action.end_ms / 1000
    return shown
