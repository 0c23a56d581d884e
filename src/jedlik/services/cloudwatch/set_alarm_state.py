"""SetAlarmState: a state for trying out; the next evaluation puts it right again."""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.alarms import alarm_arns, moved, transition
from jedlik.services.cloudwatch.errors import Alarm
from jedlik.services.cloudwatch.records import ALARM, AlarmRecord, Records


@operation("cloudwatch", "SetAlarmState", access="write", resource=alarm_arns)
async def set_alarm_state(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    data = req.get("StateReasonData")
    if data is not None:
        try:
            orjson.dumps(orjson.loads(data))  # what nests too deep to be written cannot be told of
        except (orjson.JSONDecodeError, orjson.JSONEncodeError):
            raise Alarm.invalid_state_data() from None

    def changed(old: AlarmRecord | None) -> AlarmRecord:
        if old is None:
            raise Alarm.not_found()
        return moved(old, req["StateValue"], req["StateReason"], data, int(ctx.now * 1000))

    await Records.of(ctx).put(ALARM, req["AlarmName"], changed, transition)
    return {}
