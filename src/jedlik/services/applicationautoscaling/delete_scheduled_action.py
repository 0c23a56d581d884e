"""DeleteScheduledAction."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling.errors import no_action
from jedlik.services.applicationautoscaling.records import SCHEDULED, Records
from jedlik.services.applicationautoscaling.resources import NAMESPACE, resource_of, target_arns


@operation("applicationautoscaling", "DeleteScheduledAction", access="write", resource=target_arns)
async def delete_scheduled_action(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    resource, records = resource_of(req), Records.of(ctx)
    name = req["ScheduledActionName"]
    if await records.get(SCHEDULED, f"{resource.key}|{name}") is None:
        raise no_action(name, NAMESPACE, resource.id, resource.dimension)
    await records.put(SCHEDULED, f"{resource.key}|{name}", lambda old: None)
    return {}
