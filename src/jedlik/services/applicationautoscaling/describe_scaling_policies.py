"""DescribeScalingPolicies: those named, of a resource, or all of a service."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling.pages import page
from jedlik.services.applicationautoscaling.policies import told_alarms
from jedlik.services.applicationautoscaling.records import POLICY, PolicyRecord, Records
from jedlik.services.applicationautoscaling.resources import NAMESPACE


@operation("applicationautoscaling", "DescribeScalingPolicies", access="list")
async def describe_scaling_policies(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await Records.of(ctx).range(POLICY) if req["ServiceNamespace"] == NAMESPACE else []
    found = [
        each
        for each in found
        if each.name in req.get("PolicyNames", [each.name])
        and each.resource == req.get("ResourceId", each.resource)
        and each.dimension == req.get("ScalableDimension", each.dimension)
    ]
    shown, rest = page(found, req)
    return {"ScalingPolicies": [_told(each) for each in shown], **rest}


def _told(policy: PolicyRecord) -> dict[str, Any]:
    return {
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": policy.resource,
        "ScalableDimension": policy.dimension,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": policy.config,
        "Alarms": told_alarms(policy),
        "CreationTime": policy.created_ms / 1000,
    }
