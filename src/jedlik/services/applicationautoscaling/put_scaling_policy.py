"""PutScalingPolicy: a target tracking policy, made or changed, and its CloudWatch alarms.

DynamoDB takes no step scaling and no predictive scaling (API reference, PutScalingPolicy).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling import limits
from jedlik.services.applicationautoscaling.errors import too_many, validation
from jedlik.services.applicationautoscaling.policies import policy_key, put_alarms, told_alarms
from jedlik.services.applicationautoscaling.records import POLICY, PolicyRecord, Records
from jedlik.services.applicationautoscaling.resources import (
    Resource,
    capacity_of,
    resource_of,
    target_arns,
)
from jedlik.services.applicationautoscaling.targets import found_target
from jedlik.services.applicationautoscaling.tracking import PREDEFINED, alarms_of
from jedlik.services.cloudwatch import check_metric
from jedlik.tables.errors import TableNotFound

TRACKING = "TargetTrackingScaling"


@operation("applicationautoscaling", "PutScalingPolicy", access="write", resource=target_arns)
async def put_scaling_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    resource, records = resource_of(req), Records.of(ctx)
    await found_target(records, resource)
    key = policy_key(resource, req["PolicyName"])
    old = await records.get(POLICY, key)
    config = _checked_config(req, resource)
    if old is None:
        others = await records.beginning(POLICY, f"{resource.key}|")
        if len(others) >= limits.POLICIES_PER_TARGET_MAX:
            raise too_many("scaling policies of a target", limits.POLICIES_PER_TARGET_MAX)
        if "PredefinedMetricSpecification" in config and any(
            "PredefinedMetricSpecification" in each.config for each in others
        ):
            # Unverified text; the rule is the API reference's.
            raise validation(
                "Only one TargetTrackingScaling policy for a given metric specification is allowed."
            )
    policy = PolicyRecord(
        ctx.account,
        ctx.region,
        resource.id,
        resource.dimension,
        req["PolicyName"],
        old.id if old else str(uuid.uuid4()),
        config,
        old.created_ms if old else int(ctx.now * 1000),
        old.alarms if old else {},
    )
    policy = await put_alarms(
        ctx.db,
        policy,
        resource,
        await _capacity(ctx, resource),
        int(ctx.now * 1000),
        lambda: str(uuid.uuid4()),
    )
    await records.put(POLICY, key, lambda was: policy)
    return {"PolicyARN": policy.arn, "Alarms": told_alarms(policy)}


async def _capacity(ctx: Context, resource: Resource) -> int:
    try:
        table = await ctx.db.catalog.get(ctx.account, ctx.region, resource.table)
    except TableNotFound:
        raise validation(f"DynamoDB table does not exist: {resource.id}") from None
    capacity = capacity_of(table, resource)
    if capacity is None:
        # Unverified text: nothing is provisioned on demand.
        raise validation(f"{resource.id} has no provisioned capacity that could be scaled.")
    return capacity


def _checked_config(req: Mapping[str, Any], resource: Resource) -> dict[str, Any]:
    """The target tracking configuration. Raises ApiError; texts partly unverified."""
    kind = req.get("PolicyType", "StepScaling")
    if kind != TRACKING:
        raise validation(f"Policy type {kind} is not supported for service namespace dynamodb.")
    config: dict[str, Any] | None = req.get("TargetTrackingScalingPolicyConfiguration")
    if config is None:
        raise validation(
            "TargetTrackingScalingPolicyConfiguration must be provided for TargetTrackingScaling "
            "policies."
        )
    predefined, custom = (
        config.get("PredefinedMetricSpecification"),
        config.get("CustomizedMetricSpecification"),
    )
    if (predefined is None) == (custom is None):
        raise validation(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must "
            "be provided."
        )
    target = config["TargetValue"]
    if predefined is not None:
        metric = predefined["PredefinedMetricType"]
        if PREDEFINED.get(metric) != resource.access:
            raise validation(
                f"Predefined metric type {metric} is not supported for scalable dimension "
                f"{resource.dimension}"
            )
        if not limits.TARGET_PERCENT_MIN <= target <= limits.TARGET_PERCENT_MAX:
            raise validation(
                f"TargetValue must be between {limits.TARGET_PERCENT_MIN} and "
                f"{limits.TARGET_PERCENT_MAX} for {metric}."
            )
    elif custom is not None:
        _check_custom(custom)
        try:
            for alarm in alarms_of(config, resource, 1):
                check_metric(alarm.config)
        except ApiError as refusal:
            raise validation(refusal.message or "") from None
        if not 0 < target < float("inf"):
            raise validation("TargetValue must be greater than 0.")
    for name in ("ScaleInCooldown", "ScaleOutCooldown"):
        if config.get(name, 0) < 0:
            raise validation(f"{name} must not be negative.")
    return config


def _check_custom(spec: Mapping[str, Any]) -> None:
    needed = ("MetricName", "Namespace", "Statistic")
    absent = [name for name in needed if name not in spec]
    if "Metrics" in spec:
        if len(absent) < len(needed):
            raise validation("Metrics cannot be given together with a single metric.")
        shown = [each for each in spec["Metrics"] if each.get("ReturnData", True)]
        if len(shown) != 1:
            raise validation("Exactly one of the Metrics must have ReturnData set to true.")
    elif absent:
        raise validation(f"CustomizedMetricSpecification needs {', '.join(absent)}.")
