"""Scales DynamoDB's provisioned capacity: when an alarm of a policy says so, at the time of a
scheduled action, and when a target's bounds leave its capacity outside.

    CloudWatch alarm ─▶ act ─▶ wanted capacity ─▶ bounds, cooldowns ─▶ UpdateTable ─▶ activity

Every change goes through the UpdateTable operation, so its rules (decreases in a day, a table that
is being updated) hold; what it refuses is recorded as a failed activity and tried again when the
alarm says so the next time, a minute later.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from jedlik.services.applicationautoscaling.limits import ACTIVITIES_MAX, ACTIVITIES_S
from jedlik.services.applicationautoscaling.policies import put_alarms
from jedlik.services.applicationautoscaling.records import (
    ACTIVITY,
    POLICY,
    SCHEDULED,
    TABLE,
    TARGET,
    ActivityRecord,
    PolicyRecord,
    Records,
    ScheduledRecord,
    TargetRecord,
)
from jedlik.services.applicationautoscaling.resources import (
    Resource,
    capacity_of,
    resource,
    update_request,
)
from jedlik.services.applicationautoscaling.timetable import next_due_ms
from jedlik.services.applicationautoscaling.tracking import HIGH, LOW, wanted_capacity
from jedlik.services.cloudwatch import AlarmRecord, points_of
from jedlik.tables.database import Database
from jedlik.tables.errors import TableNotFound
from jedlik.tables.internal import Change, InternalTable, decode
from jedlik.tables.measurements import Measurements
from jedlik.tables.model import Table
from jedlik.workers.changes import Changes

POLICY_ARN = ":scalingPolicy:"
FORGET_S = 3600
RETRY_S = 30.0
"""Rest after a capacity could not be brought within its bounds."""

Update = Callable[[str, str, dict[str, Any], float], Awaitable[None]]
"""Runs UpdateTable for (account, region), as a client would. Raises Refused."""

_log = logging.getLogger("jedlik.scaling")


class Refused(Exception):
    """UpdateTable does not do it; the text is DynamoDB's."""


class Scaling:
    """All targets of all accounts and regions. update: runs the UpdateTable operation."""

    def __init__(self, db: Database, update: Update) -> None:
        self._db = db
        self._update = update
        self._table = InternalTable(db, TABLE)
        self.wake = Changes(db, TABLE)
        self._targets: list[TargetRecord] = []
        self._scheduled: list[ScheduledRecord] = []
        self._retry_s: dict[str, float] = {}
        self._forgotten_s = 0.0

    async def act(self, alarm: AlarmRecord, arn: str, now_s: float) -> str:
        """Do what a policy's alarm asks for; why not, or "". What workers/alarms.py calls."""
        if POLICY_ARN not in arn:
            return "nothing here takes actions of this kind yet"
        policy = await self._policy(alarm, arn)
        if policy is None:
            return "there is no such scaling policy"
        records = Records(self._db, policy.account, policy.region)
        wanted = resource("dynamodb", policy.resource, policy.dimension)
        target = await records.get(TARGET, wanted.key)
        table = await self._table_of(policy.account, policy.region, wanted)
        capacity = capacity_of(table, wanted) if table is not None else None
        if target is None or table is None or capacity is None:
            return "there is no provisioned capacity that could be scaled"
        kind = next((kind for kind, name in policy.alarms.items() if name == alarm.name), "")
        if kind in (HIGH, LOW):
            await self._track(kind, alarm, policy, target, table, capacity, now_s)
        else:  # somebody else changed the capacity: the thresholds follow
            await self._follow(wanted, policy.account, policy.region, capacity, int(now_s * 1000))
        return ""

    async def step(self, now_ms: int) -> bool:
        """Do scheduled actions that are due, and settle bounds. Never more right away."""
        if self.wake.taken():
            self._targets = [decode(TARGET, row) for row in await self._table.range(TARGET.group)]
            self._scheduled = [
                decode(SCHEDULED, row) for row in await self._table.range(SCHEDULED.group)
            ]
        for action in self._scheduled:
            if 0 < action.due_ms <= now_ms:
                await self._run_scheduled(action, now_ms)
        unsettled = [target for target in self._targets if target.unsettled]
        for target in unsettled:
            if self._retry_s.get(target.arn, 0.0) <= now_ms / 1000:
                await self._settle(target, now_ms)
        if self._targets and now_ms / 1000 - self._forgotten_s >= FORGET_S:
            self._forgotten_s = now_ms / 1000
            await self._forget(now_ms)
        if unsettled or any(action.due_ms for action in self._scheduled):
            self.wake.stay_awake()
        return False

    async def _track(
        self,
        kind: str,
        alarm: AlarmRecord,
        policy: PolicyRecord,
        target: TargetRecord,
        table: Table,
        capacity: int,
        now_s: float,
    ) -> None:
        """Scale out or in to what the policy's metric asks for, as far as bounds and cooldowns
        let it."""
        suspended = "DynamicScalingOutSuspended" if kind == HIGH else "DynamicScalingInSuspended"
        if target.suspended.get(suspended):
            return
        member = "ScaleOutCooldown" if kind == HIGH else "ScaleInCooldown"
        last_ms = target.scaled_out_ms if kind == HIGH else target.scaled_in_ms
        if now_s - last_ms / 1000 < policy.config.get(member, 0):
            return
        measurements = Measurements(self._db, policy.account, policy.region)
        points = await points_of(measurements, alarm.config, now_s) or []
        periods = alarm.config["EvaluationPeriods"]
        values = [value for _, value in points[-periods:] if value is not None]
        wanted = wanted_capacity(policy.config, values, capacity)
        wanted = max(target.least, min(target.most, wanted))
        if wanted <= capacity if kind == HIGH else wanted >= capacity:
            return
        cause = f"monitor alarm {alarm.name} in state ALARM triggered policy {policy.name}"
        await self._scale(target, table, wanted, cause, int(now_s * 1000))

    async def _scale(
        self, target: TargetRecord, table: Table, units: int, cause: str, now_ms: int
    ) -> bool:
        """Provision so many units; whether that went well. The activity tells of it."""
        wanted = resource("dynamodb", target.resource, target.dimension)
        records = Records(self._db, target.account, target.region)
        before = capacity_of(table, wanted) or 0
        description = f"Setting {wanted.units} to {units}."
        try:
            request = update_request(table, wanted, units)
            await self._update(target.account, target.region, request, now_ms / 1000)
        except Refused as refusal:
            # Unverified: AWS's words for what failed.
            message = f"Failed to set {wanted.units} to {units}. Reason: {refusal}"
            if not await self._failed_so_before(records, target, message):
                await records.add_activity(
                    _activity(target, description, cause, "Failed", message, now_ms)
                )
            return False
        message = (
            f"Successfully set {wanted.units} to {units}. "
            "Change successfully fulfilled by dynamodb."
        )
        await records.add_activity(
            _activity(target, description, cause, "Successful", message, now_ms)
        )

        def scaled(old: TargetRecord | None) -> TargetRecord | None:
            if old is None:
                return None
            if units > before:
                return replace(old, scaled_out_ms=now_ms)
            return replace(old, scaled_in_ms=now_ms)

        await records.put(TARGET, wanted.key, scaled)
        await self._follow(wanted, target.account, target.region, units, now_ms)
        return True

    async def _failed_so_before(self, records: Records, target: TargetRecord, message: str) -> bool:
        """An alarm that lasts tries every minute: the same failure is told once."""
        latest = await records.beginning(ACTIVITY, f"{target.resource}|{target.dimension}|")
        return bool(latest) and latest[-1].message == message

    async def _follow(
        self, wanted: Resource, account: str, region: str, capacity: int, now_ms: int
    ) -> None:
        """Move the alarms of a resource's policies to what is provisioned now."""
        records = Records(self._db, account, region)
        for policy in await records.beginning(POLICY, f"{wanted.key}|"):
            await put_alarms(self._db, policy, wanted, capacity, now_ms, lambda: str(uuid.uuid4()))

    async def _settle(self, target: TargetRecord, now_ms: int) -> None:
        """Bring a capacity within the bounds that its target has got."""
        wanted = resource("dynamodb", target.resource, target.dimension)
        table = await self._table_of(target.account, target.region, wanted)
        capacity = capacity_of(table, wanted) if table is not None else None
        if table is not None and capacity is not None:
            bounded = max(target.least, min(capacity, target.most))
            if bounded != capacity:
                side = "minimum" if bounded > capacity else "maximum"
                cause = f"{side} capacity was set to {bounded}"
                if not await self._scale(target, table, bounded, cause, now_ms):
                    self._retry_s[target.arn] = now_ms / 1000 + RETRY_S
                    return
        self._retry_s.pop(target.arn, None)

        def settled(old: TargetRecord | None) -> TargetRecord | None:
            if old is None or (old.least, old.most) != (target.least, target.most):
                return old
            return replace(old, unsettled=False)

        await Records(self._db, target.account, target.region).put(TARGET, wanted.key, settled)

    async def _run_scheduled(self, action: ScheduledRecord, now_ms: int) -> None:
        """Give a target the bounds of a scheduled action, and find the action's next time."""
        records = Records(self._db, action.account, action.region)
        key = f"{action.resource}|{action.dimension}"

        def done(old: ScheduledRecord | None) -> ScheduledRecord | None:
            if old is None or old.due_ms != action.due_ms:
                return old
            return replace(old, due_ms=next_due_ms(old, now_ms))

        await records.put(SCHEDULED, f"{key}|{action.name}", done)
        target = await records.get(TARGET, key)
        if target is None or target.suspended.get("ScheduledScalingSuspended"):
            return

        def bounded(old: TargetRecord | None) -> TargetRecord | None:
            if old is None:
                return None
            least = action.action.get("MinCapacity", old.least)
            most = action.action.get("MaxCapacity", old.most)
            # One of the two given may cross the other.
            if "MinCapacity" not in action.action:
                least = min(least, most)
            if "MaxCapacity" not in action.action:
                most = max(least, most)
            return replace(old, least=least, most=most, unsettled=True)

        new = await records.put(TARGET, key, bounded)
        assert new is not None
        bounds = f"min capacity to {new.least} and max capacity to {new.most}"
        cause = f"scheduled action name {action.name} was triggered"
        await records.add_activity(
            _activity(
                new,
                f"Setting {bounds}",
                cause,
                "Successful",
                f"Successfully set {bounds}",
                now_ms,
            )
        )

    async def _policy(self, alarm: AlarmRecord, arn: str) -> PolicyRecord | None:
        records = Records(self._db, alarm.account, alarm.region)
        for policy in await records.range(POLICY):
            if policy.arn == arn:
                return policy
        return None

    async def _table_of(self, account: str, region: str, wanted: Resource) -> Table | None:
        try:
            return await self._db.catalog.get(account, region, wanted.table)
        except TableNotFound:
            return None

    async def _forget(self, now_ms: int) -> None:
        """Take away activities that are too old, or too many of one target."""
        counts: dict[str, int] = {}
        for row in reversed(await self._table.range(ACTIVITY.group)):
            each = decode(ACTIVITY, row)
            owner = row.name.rpartition("|")[0].rpartition("|")[0]
            counts[owner] = counts.get(owner, 0) + 1
            is_old = each.start_ms < now_ms - ACTIVITIES_S * 1000
            if is_old or counts[owner] > ACTIVITIES_MAX:
                await self._table.write(Change(ACTIVITY.group, row.name, None, seen=row))


def _activity(
    target: TargetRecord, description: str, cause: str, status: Any, message: str, now_ms: int
) -> ActivityRecord:
    return ActivityRecord(
        str(uuid.uuid4()),
        target.resource,
        target.dimension,
        description,
        cause,
        now_ms,
        now_ms,
        status,
        message,
    )
