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

from jedlik.api.context import Context
from jedlik.tables.internal import Change, Kind
from jedlik.tables.owned_records import OwnedRecords

TABLE = "cloudwatch"

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


class Records(OwnedRecords):
    """Those of CloudWatch; dashboards are the account's."""

    TABLE = TABLE

    @classmethod
    def of(cls, ctx: Context) -> Records:
        """Those that a request is about."""
        return cls(ctx.db, ctx.account, ctx.region)

    async def put(
        self,
        kind: Kind[T],
        name: str,
        next_of: Callable[[T | None], T | None],
        history: Callable[[T | None, T | None], Sequence[HistoryRecord]] = lambda old, new: (),
    ) -> tuple[T | None, T | None]:
        """Replace a record, see `replace`, with the history of that, if it changes."""

        def beside(old: T | None, new: T | None) -> list[Change]:
            return [] if new == old else [self._remembering(each) for each in history(old, new)]

        return await self.replace(kind, name, next_of, beside)

    async def remember(self, *history: HistoryRecord) -> None:
        """Add to the history of alarms."""
        if history:
            await self._table.write(*map(self._remembering, history))

    def owner(self, kind: Kind[Any]) -> str:
        return f"{self._account}|" if kind is DASHBOARD else self._owner

    def _remembering(self, each: HistoryRecord) -> Change:
        return self.storing(HISTORY, f"{each.alarm}\0{each.at_ms:015d}|{self.number()}", each)
