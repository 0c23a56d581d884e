"""DeleteAlarms: up to a hundred, all or, if one is not there, none."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.alarms import alarm_arns, deleted
from jedlik.services.cloudwatch.errors import Alarm, validation
from jedlik.services.cloudwatch.records import ALARM, Records


@operation("cloudwatch", "DeleteAlarms", access="write", resource=alarm_arns)
async def delete_alarms(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    records = Records.of(ctx)
    found = [await records.get(ALARM, name) for name in req["AlarmNames"]]
    if None in found:
        raise Alarm.not_found()
    if sum(each is not None and each.kind == "CompositeAlarm" for each in found) > 1:
        raise validation("At most one composite alarm can be deleted at once.")  # unverified
    now_ms = int(ctx.now * 1000)
    for name in req["AlarmNames"]:
        await records.put(
            ALARM,
            name,
            lambda old: None,
            lambda old, new: [deleted(old, now_ms)] if old is not None else (),
        )
    return {}
