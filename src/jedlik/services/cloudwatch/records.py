"""Alarms, their history, dashboards and rules as they are stored, in the table "cloudwatch":

    ("alarm", owner + name)                    -> AlarmRecord
    ("history", owner + name 0 time, number)   -> HistoryRecord
    ("dashboard", account| + name)             -> DashboardRecord
    ("insight rule", owner + name)             -> InsightRuleRecord

The operations write here, and so does the worker that evaluates alarms (workers/alarms.py), which
the table's `changed` event wakes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import msgspec

from jedlik.api.context import Context
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable, Kind, decode

TABLE = "cloudwatch"
RETRIES_MAX = 20
LAST = "\U0010ffff"  # sorts after every name

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
AlarmKind = Literal["MetricAlarm", "CompositeAlarm"]
UNCHECKED = "Unchecked: Initial alarm creation"


@dataclass(frozen=True)
class AlarmRecord:
    """An alarm. config: the members of the request that made it, as the API shows them.

    due_actions: ARNs that the last transition wants acted on, until the worker has done so.
    held_by: why they are not yet ("WaitPeriod", "Alarm", "ExtensionPeriod" of a suppressor), until
    held_until_ms.
    """

    account: str
    region: str
    name: str
    kind: AlarmKind
    config: dict[str, Any]
    configured_at_ms: int
    state_updated_ms: int
    transitioned_ms: int
    state: State = "INSUFFICIENT_DATA"
    reason: str = UNCHECKED
    reason_data: str | None = None
    evaluation: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    due_actions: tuple[str, ...] = ()
    held_by: str = ""
    held_until_ms: int = 0

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm:{self.name}"

    @property
    def actions_enabled(self) -> bool:
        return bool(self.config.get("ActionsEnabled", True))

    def actions(self, state: State) -> tuple[str, ...]:
        """What is to be done when the alarm goes into a state."""
        members = {
            "OK": "OKActions",
            "ALARM": "AlarmActions",
            "INSUFFICIENT_DATA": "InsufficientDataActions",
        }
        return tuple(self.config.get(members[state], ())) if self.actions_enabled else ()


@dataclass(frozen=True)
class HistoryRecord:
    """Something that happened to an alarm. data: JSON."""

    alarm: str
    kind: AlarmKind
    type: Literal["ConfigurationUpdate", "StateUpdate", "Action"]
    at_ms: int
    summary: str
    data: str


@dataclass(frozen=True)
class DashboardRecord:
    """A dashboard: stored and shown, drawn by nobody yet."""

    name: str
    body: str
    modified_ms: int
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class InsightRuleRecord:
    """A client's rule over log groups. definition: JSON; DynamoDB's rules are not stored."""

    name: str
    state: str
    definition: str
    on_transformed_logs: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    def switched(self, state: str) -> InsightRuleRecord:
        return replace(self, state=state)


T = TypeVar("T", AlarmRecord, HistoryRecord, DashboardRecord, InsightRuleRecord)


ALARM = Kind("alarm", AlarmRecord)
HISTORY = Kind("history", HistoryRecord)
DASHBOARD = Kind("dashboard", DashboardRecord)
INSIGHT_RULE = Kind("insight rule", InsightRuleRecord)


class Records:
    """The records of one account and region; dashboards are the account's."""

    def __init__(self, db: Database, account: str, region: str) -> None:
        self._db = db
        self._account, self._region = account, region
        self._table = InternalTable(db, TABLE)

    @classmethod
    def of(cls, ctx: Context) -> Records:
        """Those that a request is about."""
        return cls(ctx.db, ctx.account, ctx.region)

    async def get(self, kind: Kind[T], name: str) -> T | None:
        found = await self._table.get(kind.group, self._owner(kind) + name)
        return decode(kind, found) if found else None

    async def range(
        self, kind: Kind[T], *, low: str = "", high: str = "", limit: int | None = None
    ) -> list[T]:
        """Those with names from `low` on to those that begin with `high`, in order."""
        owner = self._owner(kind)
        rows = await self._table.range(
            kind.group, low=owner + low, high=owner + high + LAST, limit=limit
        )
        return [decode(kind, row) for row in rows]

    async def put(
        self,
        kind: Kind[T],
        name: str,
        next_of: Callable[[T | None], T | None],
        history: Callable[[T | None, T | None], Sequence[HistoryRecord]] = lambda old, new: (),
    ) -> tuple[T | None, T | None]:
        """Replace a record by what `next_of` makes of it (None: of nothing, or delete it), with the
        history of that. Returns what was there and what is now.

        Both functions are pure: they are asked again when somebody else was faster.
        """
        for _ in range(RETRIES_MAX):
            row = await self._table.get(kind.group, self._owner(kind) + name)
            old = decode(kind, row) if row else None
            new = next_of(old)
            if new == old:
                return old, new
            changes = [
                Change(HISTORY.group, self._history_name(each), msgspec.json.encode(each))
                for each in history(old, new)
            ]
            document = None if new is None else msgspec.json.encode(new)
            change = Change(kind.group, self._owner(kind) + name, document, seen=row)
            try:
                await self._table.write(change, *changes)
            except Contended:
                continue
            return old, new
        raise Contended

    async def remember(self, *history: HistoryRecord) -> None:
        """Add to the history of alarms."""
        if history:
            await self._table.write(
                *(
                    Change(HISTORY.group, self._history_name(each), msgspec.json.encode(each))
                    for each in history
                )
            )

    def _owner(self, kind: Kind[T]) -> str:
        return f"{self._account}|" if kind.group == "dashboard" else _owner(self)

    def _history_name(self, each: HistoryRecord) -> str:
        number = self._db.versions.next()
        return f"{_owner(self)}{each.alarm}\0{each.at_ms:015d}|{number:020d}"

    @property
    def place(self) -> tuple[str, str]:
        """Account and region."""
        return self._account, self._region


def _owner(records: Records) -> str:
    account, region = records.place
    return f"{account}|{region}|"
