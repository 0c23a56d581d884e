"""Evaluates CloudWatch's alarms, acts on their transitions, and forgets old history.

Each alarm is judged when it is made or changed, and then every minute (every ten seconds for those
with shorter periods), or more often where a setting says so. A transition is stored with the
actions that it wants; they are done in the next step and crossed out, so that a crash in between
repeats them rather than losing them. While an alarm stays in its state, its scaling actions are
repeated as often, as AWS does every minute.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from jedlik.services.cloudwatch.alarm_data import interval_of, points_of
from jedlik.services.cloudwatch.alarm_rules import parse_rule
from jedlik.services.cloudwatch.alarm_states import Judgement, judge
from jedlik.services.cloudwatch.alarms import acted, moved, transition
from jedlik.services.cloudwatch.expressions import BadExpression
from jedlik.services.cloudwatch.limits import HISTORY_ITEMS_MAX, HISTORY_S
from jedlik.services.cloudwatch.records import (
    ALARM,
    HISTORY,
    TABLE,
    AlarmRecord,
    Records,
    State,
)
from jedlik.storage.waist import StorageError
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable, decode
from jedlik.tables.measurements import Measurements
from jedlik.workers.changes import Changes

EVALUATIONS_PER_STEP = 50
LAG_S = 5
"""How long after the end of a period it is judged: the metrics of the minute come in first."""
RELOAD_S = 60
INTERVAL_S = 60
FORGET_S = 3600
SCALING = "arn:aws:autoscaling:"
NOT_DELIVERED = "nothing here takes actions of this kind yet"

Place = tuple[str, str, str]
"""Account, region, name."""
Act = Callable[[AlarmRecord, str, float], Awaitable[str]]
"""Does an action (an ARN) of an alarm now; returns "" or why it could not."""

_log = logging.getLogger("jedlik.alarms")


async def deliver_nothing(alarm: AlarmRecord, arn: str, now_s: float) -> str:
    """The actions of a house without receivers."""
    return NOT_DELIVERED


class Alarms:
    """All alarms of all accounts and regions. act: who does what they want done. interval_s: how
    often they are judged, at most every INTERVAL_S: a period that is over must not be missed."""

    def __init__(
        self, db: Database, act: Act = deliver_nothing, *, interval_s: int = INTERVAL_S
    ) -> None:
        self._db = db
        self._act = act
        self._interval_s = interval_s
        self._table = InternalTable(db, TABLE)
        self.wake = Changes(db, TABLE)
        self._alarms: dict[Place, AlarmRecord] = {}
        self._due_s: dict[Place, float] = {}
        self._repeated_s: dict[Place, float] = {}
        self._loaded_s = 0.0
        self._forgotten_s = 0.0

    async def step(self, now_ms: int) -> bool:
        """Evaluate what is due, a bounded number; whether there is more to do right away."""
        now_s = now_ms / 1000
        if self.wake.taken() or not 0 <= now_s - self._loaded_s < RELOAD_S:
            await self._load(now_s)
        if not self._alarms:
            return False
        self.wake.stay_awake()
        due = [
            place
            for place, alarm in self._alarms.items()
            if alarm.kind == "MetricAlarm" and self._due_s[place] <= now_s
        ]
        for place in due[:EVALUATIONS_PER_STEP]:
            await self._evaluate(place, now_s)
        await self._compose(now_ms)
        for place in list(self._alarms):
            await self._carry_out(place, now_ms)
        if now_s - self._forgotten_s >= FORGET_S:
            self._forgotten_s = now_s
            await self._forget(now_s)
        return len(due) > EVALUATIONS_PER_STEP

    async def _load(self, now_s: float) -> None:
        """The alarms as they are stored now; those that are new or changed are due at once."""
        self._loaded_s = now_s
        found: dict[Place, AlarmRecord] = {}
        for row in await self._table.range(ALARM.group):
            alarm = decode(ALARM, row)
            found[alarm.account, alarm.region, alarm.name] = alarm
        for place, alarm in found.items():
            before = self._alarms.get(place)
            if before is None or before.configured_at_ms != alarm.configured_at_ms:
                self._due_s[place] = 0.0
        self._alarms = found
        for gone in self._due_s.keys() - found.keys():
            self._due_s.pop(gone, None)
            self._repeated_s.pop(gone, None)

    async def _evaluate(self, place: Place, now_s: float) -> None:
        """Judge one alarm; one that cannot be judged leaves the others alone."""
        alarm = self._alarms[place]
        self._due_s[place] = now_s + RELOAD_S
        measurements = Measurements(self._db, alarm.account, alarm.region)
        try:
            interval_s = min(interval_of(alarm.config), self._interval_s)
            self._due_s[place] = (now_s - LAG_S) // interval_s * interval_s + interval_s + LAG_S
            points = await points_of(measurements, alarm.config, now_s)
            judgement = (
                judge(alarm.config, points, now_s) if points is not None else Judgement(None)
            )
        except BadExpression as wrong:
            judgement = Judgement("INSUFFICIENT_DATA", f"Insufficient Data: {wrong}")
        except StorageError:
            raise
        except Exception:
            _log.exception("alarm %s cannot be evaluated", alarm.name)
            return
        if judgement.state is not None and judgement.state != alarm.state:
            await self._move(place, judgement.state, judgement.reason, judgement.data, now_s)

    async def _move(
        self, place: Place, state: State, reason: str, data: str | None, now_s: float
    ) -> None:
        account, region, name = place
        now_ms = int(now_s * 1000)

        def changed(old: AlarmRecord | None) -> AlarmRecord | None:
            return None if old is None else moved(old, state, reason, data, now_ms)

        _, new = await Records(self._db, account, region).put(ALARM, name, changed, transition)
        if new is not None:
            self._alarms[place] = new

    async def _compose(self, now_ms: int) -> None:
        """Composite alarms follow the alarms in their rules."""
        for place, alarm in list(self._alarms.items()):
            if alarm.kind != "CompositeAlarm":
                continue
            states = {
                name: each.state
                for (account, region, name), each in self._alarms.items()
                if (account, region) == place[:2]
            }
            rule = parse_rule(alarm.config["AlarmRule"])
            state: State = "ALARM" if rule.holds(states) else "OK"
            if state == alarm.state:
                continue
            told = ", ".join(f"{name} is {states.get(name)}" for name in sorted(rule.alarms))
            reason = f"{alarm.arn} transitioned to {state}: {told}"  # unverified
            await self._move(place, state, reason, None, now_ms / 1000)

    async def _carry_out(self, place: Place, now_ms: int) -> None:
        """Do the actions that are due, and again the scaling actions of a state that lasts."""
        alarm = self._alarms[place]
        if alarm.due_actions and not await self._is_held(place, now_ms):
            history = []
            for arn in alarm.due_actions:
                error = await self._done(alarm, arn, now_ms)
                history.append(acted(alarm, arn, now_ms, error=error))
            self._repeated_s[place] = now_ms / 1000
            await self._store(place, replace(alarm, due_actions=(), held_by="", held_until_ms=0))
            await Records(self._db, alarm.account, alarm.region).remember(*history)
            return
        if now_ms / 1000 - self._repeated_s.get(place, 0.0) < self._interval_s:
            return
        for arn in alarm.actions(alarm.state):
            if arn.startswith(SCALING):
                self._repeated_s[place] = now_ms / 1000
                await self._done(alarm, arn, now_ms)

    async def _done(self, alarm: AlarmRecord, arn: str, now_ms: int) -> str:
        """Do one action; why it could not be done, or ""."""
        try:
            return await self._act(alarm, arn, now_ms / 1000)
        except Contended:
            return "too much at once"
        except Exception:
            _log.exception("action %s of alarm %s failed", arn, alarm.name)
            return "internal failure"

    async def _is_held(self, place: Place, now_ms: int) -> bool:
        """Whether a suppressor holds the actions of a composite alarm back (API reference,
        PutCompositeAlarm: wait period, suppressor in ALARM, extension period)."""
        alarm = self._alarms[place]
        suppressor = alarm.config.get("ActionsSuppressor", "")
        if not suppressor:
            return False
        name = suppressor.rpartition(":alarm:")[2]
        other = self._alarms.get((*place[:2], name))
        held_by, until_ms = alarm.held_by, alarm.held_until_ms
        if other is not None and other.state == "ALARM":
            held_by, until_ms = "Alarm", 0
        elif held_by == "":
            wait_s = alarm.config["ActionsSuppressorWaitPeriod"]
            held_by, until_ms = "WaitPeriod", now_ms + wait_s * 1000
        elif held_by == "Alarm":
            extension_s = alarm.config["ActionsSuppressorExtensionPeriod"]
            held_by, until_ms = "ExtensionPeriod", now_ms + extension_s * 1000
        if held_by != "Alarm" and until_ms <= now_ms:
            return False
        if (held_by, until_ms) != (alarm.held_by, alarm.held_until_ms):
            await self._store(place, replace(alarm, held_by=held_by, held_until_ms=until_ms))
        return True

    async def _store(self, place: Place, new: AlarmRecord) -> None:
        """Keep what the actions' way has come to, unless the alarm has moved on meanwhile."""
        account, region, name = place

        def changed(old: AlarmRecord | None) -> AlarmRecord | None:
            if old is None or old.transitioned_ms != new.transitioned_ms:
                return old
            return replace(
                old,
                due_actions=new.due_actions,
                held_by=new.held_by,
                held_until_ms=new.held_until_ms,
            )

        _, stored = await Records(self._db, account, region).put(ALARM, name, changed)
        if stored is not None:
            self._alarms[place] = stored

    async def _forget(self, now_s: float) -> None:
        """Take away history that is too old, or too much for one alarm."""
        counts: dict[str, int] = {}
        for row in reversed(await self._table.range(HISTORY.group)):
            each = decode(HISTORY, row)
            owner = row.name.partition("\0")[0]
            counts[owner] = counts.get(owner, 0) + 1
            is_old = each.at_ms / 1000 < now_s - HISTORY_S
            if is_old or counts[owner] > HISTORY_ITEMS_MAX:
                await self._table.write(Change(HISTORY.group, row.name, None, seen=row))
