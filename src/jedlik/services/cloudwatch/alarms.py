"""Alarms as the operations handle them: made, moved to a state, told; with their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.services.cloudwatch import limits
from jedlik.services.cloudwatch.errors import Alarm, invalid_value, validation
from jedlik.services.cloudwatch.records import (
    ALARM,
    AlarmKind,
    AlarmRecord,
    HistoryRecord,
    Records,
    State,
)
from jedlik.services.cloudwatch.tags import with_tags

CONFIG = {
    "MetricAlarm": (
        "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions",
        "InsufficientDataActions", "MetricName", "Namespace", "Statistic", "ExtendedStatistic",
        "Dimensions", "Period", "Unit", "EvaluationPeriods", "DatapointsToAlarm", "Threshold",
        "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile", "Metrics",
    ),
    "CompositeAlarm": (
        "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions",
        "InsufficientDataActions", "AlarmRule", "ActionsSuppressor",
        "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod",
    ),
}  # fmt: skip
LISTS = ("OKActions", "AlarmActions", "InsufficientDataActions")


def alarm_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    """The alarms that a request names, for policies."""
    names = [req["AlarmName"]] if "AlarmName" in req else req.get("AlarmNames", ())
    return [f"arn:aws:cloudwatch:{ctx.region}:{ctx.account}:alarm:{name}" for name in names]


async def put_alarm(ctx: Context, req: dict[str, Any], kind: AlarmKind) -> None:
    """Make or change an alarm. Raises ApiError."""
    for member in LISTS:
        actions = req.get(member, [])
        if len(actions) > limits.ALARM_ACTIONS_MAX:
            raise invalid_value(
                f"The collection {member} must not have a size greater than "
                f"{limits.ALARM_ACTIONS_MAX}."
            )
        for arn in actions:
            if not arn.startswith("arn:"):
                raise validation(f"Invalid arn syntax: {arn}")
    if not req["AlarmName"].isprintable():
        raise validation("Alarm names must not contain control characters.")  # unverified
    records = Records.of(ctx)
    name, now_ms = req["AlarmName"], int(ctx.now * 1000)
    config = {member: req[member] for member in CONFIG[kind] if member in req}
    config["ActionsEnabled"] = req.get("ActionsEnabled", True)
    for member in LISTS:
        config.setdefault(member, [])
    if await records.get(ALARM, name) is None:
        if len(await records.range(ALARM)) >= limits.ALARMS_MAX:
            raise Alarm.too_many(limits.ALARMS_MAX)
    tags = with_tags({}, req.get("Tags", ()))

    def changed(old: AlarmRecord | None) -> AlarmRecord:
        if old is not None and old.kind != kind:
            raise validation(
                f"An alarm of another type has the name {name}."
            )  # unverified: the text
        if old is None:
            return AlarmRecord(
                ctx.account, ctx.region, name, kind, config, now_ms, now_ms, now_ms, tags=tags
            )
        if old.config == config:
            return old
        return replace(old, config=config, configured_at_ms=now_ms)

    await records.put(ALARM, name, changed, lambda old, new: [configured(old, new, now_ms)])


def configured(old: AlarmRecord | None, new: AlarmRecord | None, now_ms: int) -> HistoryRecord:
    """The history of a change of configuration."""
    alarm = new or old
    assert alarm is not None
    kind, verb = ("Create", "created") if old is None else ("Update", "updated")
    if new is None:
        kind, verb = "Delete", "deleted"
    data: dict[str, Any] = {"version": "1.0", "type": kind}
    if new is not None:
        data[f"{verb}Alarm"] = _shown_config(new)
    if old is not None and new is None:
        data["deletedAlarm"] = _shown_config(old)
    return HistoryRecord(
        alarm.name,
        alarm.kind,
        "ConfigurationUpdate",
        now_ms,
        f'Alarm "{alarm.name}" {verb}',
        orjson.dumps(data).decode(),
    )


def _shown_config(alarm: AlarmRecord) -> dict[str, Any]:
    shown = {f"{key[:1].lower()}{key[1:]}": value for key, value in alarm.config.items()}
    return {"alarmName": alarm.name, "alarmArn": alarm.arn, **shown}


def deleted(old: AlarmRecord, now_ms: int) -> HistoryRecord:
    """The history of a deletion."""
    return configured(old, None, now_ms)


def moved(
    alarm: AlarmRecord, state: State, reason: str, reason_data: str | None, now_ms: int
) -> AlarmRecord:
    """The alarm in a state, with the actions that are due if it is another one than before."""
    if state == alarm.state:
        return replace(alarm, reason=reason, reason_data=reason_data, state_updated_ms=now_ms)
    return replace(
        alarm,
        state=state,
        reason=reason,
        reason_data=reason_data,
        state_updated_ms=now_ms,
        transitioned_ms=now_ms,
        due_actions=alarm.actions(state),
        held_by="",
        held_until_ms=0,
    )


def transition(old: AlarmRecord | None, new: AlarmRecord | None) -> Sequence[HistoryRecord]:
    """The history of `moved`: an item for every change of the state."""
    if old is None or new is None or old.state == new.state:
        return ()
    data = {"version": "1.0", "oldState": _shown_state(old), "newState": _shown_state(new)}
    return (
        HistoryRecord(
            new.name,
            new.kind,
            "StateUpdate",
            new.state_updated_ms,
            f"Alarm updated from {old.state} to {new.state}",
            orjson.dumps(data).decode(),
        ),
    )


def _shown_state(alarm: AlarmRecord) -> dict[str, Any]:
    shown: dict[str, Any] = {"stateValue": alarm.state, "stateReason": alarm.reason}
    if alarm.reason_data is not None:
        shown["stateReasonData"] = orjson.loads(alarm.reason_data)
    return shown


def acted(alarm: AlarmRecord, arn: str, now_ms: int, *, error: str = "") -> HistoryRecord:
    """The history of an action; error: why it was not done."""
    verb = "Failed to execute" if error else "Successfully executed"
    data: dict[str, Any] = {
        "actionState": "Failed" if error else "Succeeded",
        "stateUpdateTimestamp": alarm.transitioned_ms,
        "notificationResource": arn,
    }
    if error:
        data["error"] = error
    return HistoryRecord(
        alarm.name,
        alarm.kind,
        "Action",
        now_ms,
        f"{verb} action {arn}",
        orjson.dumps(data).decode(),
    )


def told_alarm(alarm: AlarmRecord) -> dict[str, Any]:
    """An alarm as DescribeAlarms shows it."""
    shown: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured_at_ms / 1000,
        **alarm.config,
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": alarm.state_updated_ms / 1000,
        "StateTransitionedTimestamp": alarm.transitioned_ms / 1000,
    }
    if alarm.reason_data is not None:
        shown["StateReasonData"] = alarm.reason_data
    if alarm.evaluation is not None:
        shown["EvaluationState"] = alarm.evaluation
    if alarm.kind == "MetricAlarm":
        shown.setdefault("Dimensions", [])
    if alarm.held_by:
        shown["ActionsSuppressedBy"] = alarm.held_by
        shown["ActionsSuppressedReason"] = (
            f"Actions suppressed by {alarm.config.get('ActionsSuppressor', '')}"
        )
    return shown
