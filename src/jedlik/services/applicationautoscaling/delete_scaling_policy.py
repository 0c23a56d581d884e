"""DeleteScalingPolicy: a policy and its alarms."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling.errors import no_policy
from jedlik.services.applicationautoscaling.policies import delete_policy, policy_key
from jedlik.services.applicationautoscaling.records import POLICY, Records
from jedlik.services.applicationautoscaling.resources import NAMESPACE, resource_of, target_arns


@operation("applicationautoscaling", "DeleteScalingPolicy", access="write", resource=target_arns)
async def delete_scaling_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    resource, records = resource_of(req), Records.of(ctx)
    policy = await records.get(POLICY, policy_key(resource, req["PolicyName"]))
    if policy is None:
        raise no_policy(req["PolicyName"], NAMESPACE, resource.id, resource.dimension)
    await delete_policy(ctx.db, records, resource, policy, int(ctx.now * 1000))
    return {}
