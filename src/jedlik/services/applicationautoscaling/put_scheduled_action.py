"""PutScheduledAction: bounds that a target gets at a time, or again and again; made or changed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling import limits
from jedlik.services.applicationautoscaling.errors import too_many, validation
from jedlik.services.applicationautoscaling.records import SCHEDULED, Records, ScheduledRecord
from jedlik.services.applicationautoscaling.resources import resource_of, target_arns
from jedlik.services.applicationautoscaling.schedules import BadSchedule
from jedlik.services.applicationautoscaling.targets import found_target
from jedlik.services.applicationautoscaling.timetable import next_due_ms


@operation("applicationautoscaling", "PutScheduledAction", access="write", resource=target_arns)
async def put_scheduled_action(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    resource, records = resource_of(req), Records.of(ctx)
    await found_target(records, resource)
    name, now_ms = req["ScheduledActionName"], int(ctx.now * 1000)
    key = f"{resource.key}|{name}"
    if await records.get(SCHEDULED, key) is None:
        others = await records.beginning(SCHEDULED, f"{resource.key}|")
        if "Schedule" not in req:
            raise validation("Schedule is required for a new scheduled action.")  # unverified
        if len(others) >= limits.SCHEDULED_PER_TARGET_MAX:
            raise too_many("scheduled actions of a target", limits.SCHEDULED_PER_TARGET_MAX)
    _check_action(req.get("ScalableTargetAction", {}))

    def changed(old: ScheduledRecord | None) -> ScheduledRecord:
        new = ScheduledRecord(
            ctx.account,
            ctx.region,
            resource.id,
            resource.dimension,
            name,
            old.id if old else str(uuid.uuid4()),
            req.get("Schedule", old.schedule if old else ""),
            req.get("Timezone", old.zone if old else "UTC"),
            old.created_ms if old else now_ms,
            req.get("ScalableTargetAction", old.action if old else {}),
            _ms(req.get("StartTime"), old.start_ms if old else None),
            _ms(req.get("EndTime"), old.end_ms if old else None),
        )
        return _scheduled(new, now_ms)

    await records.put(SCHEDULED, key, changed)
    return {}


def _scheduled(action: ScheduledRecord, now_ms: int) -> ScheduledRecord:
    try:
        due_ms = next_due_ms(action, now_ms)
    except BadSchedule as wrong:
        raise validation(f"The schedule {action.schedule} is invalid: {wrong}") from None
    if not due_ms:
        when = datetime.fromtimestamp(now_ms / 1000, UTC)
        raise validation(
            f"The schedule {action.schedule} has no time after {when:%Y-%m-%dT%H:%M:%SZ}."
        )
    return replace(action, due_ms=due_ms)


def _check_action(action: Mapping[str, Any]) -> None:
    least, most = action.get("MinCapacity"), action.get("MaxCapacity")
    for value in (least, most):
        if value is not None and not 0 < value <= limits.CAPACITY_MAX:
            raise validation("MinCapacity and MaxCapacity must be at least 1 for DynamoDB.")
    if least is not None and most is not None and least > most:
        raise validation("Maximum capacity cannot be less than minimum capacity")


def _ms(given_s: float | None, before_ms: int | None) -> int | None:
    if given_s is None:
        return before_ms
    try:
        datetime.fromtimestamp(given_s, UTC)
    except (ValueError, OverflowError):  # unverified: the text, and that years end at 9999
        raise validation(f"The time {given_s:.0f} is out of range.") from None
    return int(given_s * 1000)
