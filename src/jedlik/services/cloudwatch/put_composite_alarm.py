"""PutCompositeAlarm: an alarm over the states of other alarms, made or changed."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch import limits
from jedlik.services.cloudwatch.alarm_rules import BadRule, parse_rule
from jedlik.services.cloudwatch.alarms import alarm_arns, put_alarm
from jedlik.services.cloudwatch.errors import validation
from jedlik.services.cloudwatch.records import ALARM, Records

SUPPRESSOR = (
    "ActionsSuppressor",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
)


@operation("cloudwatch", "PutCompositeAlarm", access="write", resource=alarm_arns)
async def put_composite_alarm(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    if "ActionConfiguration" in req:
        raise validation("ActionConfiguration is not supported yet: see docs/metrics.md.")
    try:
        rule = parse_rule(req["AlarmRule"])
    except BadRule as wrong:
        raise validation(f"AlarmRule is not valid: {wrong}") from None  # unverified
    if len(rule.alarms) > limits.RULE_ALARMS_MAX:
        raise validation(f"AlarmRule names more than {limits.RULE_ALARMS_MAX} alarms.")
    given = [member for member in SUPPRESSOR if member in req]
    if given and len(given) < len(SUPPRESSOR):
        raise validation(f"{', '.join(SUPPRESSOR)} must be given together.")
    if req["AlarmName"] in rule.alarms:
        raise validation("AlarmRule must not name the alarm itself.")
    records = Records.of(ctx)
    unknown = [name for name in sorted(rule.alarms) if await records.get(ALARM, name) is None]
    if unknown:
        raise validation(
            f"Could not save the composite alarm as alarms {unknown} in the alarm rule do not exist"
        )
    await put_alarm(ctx, req, "CompositeAlarm")
    return {}
