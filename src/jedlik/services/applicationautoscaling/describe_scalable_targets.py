"""DescribeScalableTargets: those named, or all of a service."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling.pages import page
from jedlik.services.applicationautoscaling.records import TARGET, Records, TargetRecord
from jedlik.services.applicationautoscaling.resources import NAMESPACE

SUSPENDED = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)


@operation("applicationautoscaling", "DescribeScalableTargets", access="list")
async def describe_scalable_targets(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await Records.of(ctx).range(TARGET) if req["ServiceNamespace"] == NAMESPACE else []
    found = [
        each
        for each in found
        if each.resource in req.get("ResourceIds", [each.resource])
        and each.dimension == req.get("ScalableDimension", each.dimension)
    ]
    shown, rest = page(found, req)
    return {"ScalableTargets": [_told(each) for each in shown], **rest}


def _told(target: TargetRecord) -> dict[str, Any]:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.resource,
        "ScalableDimension": target.dimension,
        "MinCapacity": target.least,
        "MaxCapacity": target.most,
        "RoleARN": target.role,
        "CreationTime": target.created_ms / 1000,
        "SuspendedState": {name: target.suspended.get(name, False) for name in SUSPENDED},
        "ScalableTargetARN": target.arn,
    }
