"""DescribeScalingActivities: what was done in the last six weeks, the latest first."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling.limits import ACTIVITIES_S
from jedlik.services.applicationautoscaling.pages import page
from jedlik.services.applicationautoscaling.records import ACTIVITY, ActivityRecord, Records
from jedlik.services.applicationautoscaling.resources import NAMESPACE


@operation("applicationautoscaling", "DescribeScalingActivities", access="list")
async def describe_scaling_activities(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    prefix = f"{req['ResourceId']}|" if "ResourceId" in req else ""
    if "ScalableDimension" in req and prefix:
        prefix += f"{req['ScalableDimension']}|"
    records = Records.of(ctx)
    found = (
        await records.beginning(ACTIVITY, prefix) if req["ServiceNamespace"] == NAMESPACE else []
    )
    earliest_ms = (ctx.now - ACTIVITIES_S) * 1000
    found = [
        each
        for each in reversed(found)
        if each.start_ms >= earliest_ms
        and each.dimension == req.get("ScalableDimension", each.dimension)
    ]
    found.sort(key=lambda each: -each.start_ms)
    shown, rest = page(found, req)
    return {"ScalingActivities": [_told(each) for each in shown], **rest}


def _told(activity: ActivityRecord) -> dict[str, Any]:
    return {
        "ActivityId": activity.id,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": activity.resource,
        "ScalableDimension": activity.dimension,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.start_ms / 1000,
        "EndTime": activity.end_ms / 1000,
        "StatusCode": activity.status,
        "StatusMessage": activity.message,
    }
