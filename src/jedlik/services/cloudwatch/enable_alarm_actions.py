"""EnableAlarmActions: alarms act again when their state changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.alarms import alarm_arns
from jedlik.services.cloudwatch.records import ALARM, AlarmRecord, Records


@operation("cloudwatch", "EnableAlarmActions", access="write", resource=alarm_arns)
async def enable_alarm_actions(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def changed(old: AlarmRecord | None) -> AlarmRecord | None:
        if old is None:
            return None
        return replace(old, config={**old.config, "ActionsEnabled": True})

    for name in req["AlarmNames"]:
        await Records.of(ctx).put(ALARM, name, changed)
    return {}
