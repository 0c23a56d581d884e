"""Scaling policies and their CloudWatch alarms: made, moved with the capacity, taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jedlik.services.applicationautoscaling.records import POLICY, PolicyRecord, Records
from jedlik.services.applicationautoscaling.resources import Resource
from jedlik.services.applicationautoscaling.tracking import alarms_of
from jedlik.services.cloudwatch import OwnedAlarms
from jedlik.tables.database import Database


def policy_key(resource: Resource, name: str) -> str:
    return f"{resource.key}|{name}"


async def put_alarms(
    db: Database, policy: PolicyRecord, resource: Resource, capacity: int, now_ms: int, uuids: Any
) -> PolicyRecord:
    """Make the alarms that the policy needs at this capacity, and take away those that it does not
    need any more. uuids: makes an id for the name of a new alarm. Returns the policy with their
    names, which the caller stores."""
    owned = OwnedAlarms(db, policy.account, policy.region)
    names: dict[str, str] = {}
    for alarm in alarms_of(policy.config, resource, capacity):
        name = policy.alarms.get(alarm.kind)
        if name is None:
            name = f"TargetTracking-{resource.id}-{alarm.kind}-{uuids()}"
        names[alarm.kind] = name
        config = {
            **alarm.config,
            "AlarmActions": [policy.arn],
            "AlarmDescription": (
                f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.arn}."
            ),
        }
        await owned.put(name, config, now_ms)
    for kind in policy.alarms.keys() - names.keys():
        await owned.delete(policy.alarms[kind], now_ms)
    return replace(policy, alarms=names)


async def delete_policy(
    db: Database, records: Records, resource: Resource, policy: PolicyRecord, now_ms: int
) -> None:
    """Take a policy away, and its alarms."""
    owned = OwnedAlarms(db, policy.account, policy.region)
    await records.put(POLICY, policy_key(resource, policy.name), lambda old: None)
    for name in policy.alarms.values():
        await owned.delete(name, now_ms)


def told_alarms(policy: PolicyRecord) -> list[dict[str, str]]:
    prefix = f"arn:aws:cloudwatch:{policy.region}:{policy.account}:alarm:"
    return [{"AlarmName": name, "AlarmARN": prefix + name} for name in policy.alarms.values()]
