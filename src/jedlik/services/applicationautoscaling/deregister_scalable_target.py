"""DeregisterScalableTarget: with its policies, their alarms, and its scheduled actions."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling.policies import delete_policy
from jedlik.services.applicationautoscaling.records import POLICY, SCHEDULED, TARGET, Records
from jedlik.services.applicationautoscaling.resources import resource_of, target_arns
from jedlik.services.applicationautoscaling.targets import found_target


@operation(
    "applicationautoscaling", "DeregisterScalableTarget", access="write", resource=target_arns
)
async def deregister_scalable_target(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    resource, records = resource_of(req), Records.of(ctx)
    await found_target(records, resource)
    for policy in await records.beginning(POLICY, f"{resource.key}|"):
        await delete_policy(ctx.db, records, resource, policy, int(ctx.now * 1000))
    for action in await records.beginning(SCHEDULED, f"{resource.key}|"):
        await records.put(SCHEDULED, f"{resource.key}|{action.name}", lambda old: None)
    await records.put(TARGET, resource.key, lambda old: None)
    return {}
