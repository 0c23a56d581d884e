"""DescribeAlarms: by name, prefix, state, kind, or relation to a composite alarm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.alarm_rules import parse_rule
from jedlik.services.cloudwatch.alarms import told_alarm
from jedlik.services.cloudwatch.errors import invalid_combination
from jedlik.services.cloudwatch.limits import DESCRIBED_DEFAULT
from jedlik.services.cloudwatch.records import ALARM, AlarmRecord, Records
from jedlik.services.cloudwatch.tokens import place_of, token_of


@operation("cloudwatch", "DescribeAlarms", access="read")
async def describe_alarms(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    if "AlarmNames" in req and "AlarmNamePrefix" in req:
        raise invalid_combination("AlarmNames and AlarmNamePrefix cannot be specified together.")
    records = Records.of(ctx)
    prefix = req.get("AlarmNamePrefix", "")
    found = await records.range(ALARM, low=prefix, high=prefix)
    related = _related(found, req)
    kinds = req.get("AlarmTypes") or (
        ["MetricAlarm"] if related is None else ["MetricAlarm", "CompositeAlarm"]
    )
    if related is not None:
        found = [alarm for alarm in found if alarm.name in related]
    found = [alarm for alarm in found if alarm.kind in kinds and _matches(alarm, req)]
    after = place_of(req["NextToken"]).decode("utf-8", "replace") if "NextToken" in req else ""
    rest = [alarm for alarm in found if alarm.name > after]
    shown = rest[: req.get("MaxRecords", DESCRIBED_DEFAULT)]
    answer: dict[str, Any] = {"MetricAlarms": [], "CompositeAlarms": []}
    for alarm in shown:
        told = told_alarm(alarm)
        if related is not None:  # unverified: AWS shows less of them
            told = {key: told[key] for key in ("AlarmName", "AlarmArn", "StateValue")}
        answer[f"{alarm.kind}s"].append(told)
    if len(shown) < len(rest):
        answer["NextToken"] = token_of(shown[-1].name.encode())
    return answer


def _related(alarms: list[AlarmRecord], req: Mapping[str, Any]) -> set[str] | None:
    """The names that ChildrenOfAlarmName or ParentsOfAlarmName means; None if neither is given."""
    rules = {
        alarm.name: parse_rule(alarm.config["AlarmRule"]).alarms
        for alarm in alarms
        if alarm.kind == "CompositeAlarm"
    }
    if "ChildrenOfAlarmName" in req:
        return set(rules.get(req["ChildrenOfAlarmName"], ()))
    if "ParentsOfAlarmName" in req:
        return {name for name, below in rules.items() if req["ParentsOfAlarmName"] in below}
    return None


def _matches(alarm: AlarmRecord, req: Mapping[str, Any]) -> bool:
    if "AlarmNames" in req and alarm.name not in req["AlarmNames"]:
        return False
    if "StateValue" in req and alarm.state != req["StateValue"]:
        return False
    prefix = req.get("ActionPrefix", "")
    members = ("OKActions", "AlarmActions", "InsufficientDataActions")
    actions = [arn for member in members for arn in alarm.config.get(member, ())]
    return not prefix or any(arn.startswith(prefix) for arn in actions)
