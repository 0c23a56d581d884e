"""Targets, policies, scheduled actions and activities, in the internal table of that name:

    ("target", owner + resource)             -> TargetRecord
    ("policy", owner + resource | name)      -> PolicyRecord
    ("scheduled", owner + resource | name)   -> ScheduledRecord
    ("activity", owner + resource | number)  -> ActivityRecord

The operations write here, and so does the worker (workers/scaling.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import msgspec

from jedlik.api.context import Context
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable, Kind, decode

TABLE = "applicationautoscaling"
RETRIES_MAX = 20
LAST = "\U0010ffff"  # sorts after every name


@dataclass(frozen=True)
class TargetRecord:
    """A scalable target. unsettled: its bounds were set, and whether the capacity lies within is
    still to be looked at, for `cause`. scaled_out_ms, scaled_in_ms: last times, for cooldowns."""

    account: str
    region: str
    resource: str
    dimension: str
    id: str
    least: int
    most: int
    role: str
    created_ms: int
    suspended: dict[str, bool] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    unsettled: bool = True
    scaled_out_ms: int = 0
    scaled_in_ms: int = 0

    @property
    def arn(self) -> str:
        return (
            f"arn:aws:application-autoscaling:{self.region}:{self.account}:scalable-target/"
            f"{self.id}"
        )


@dataclass(frozen=True)
class PolicyRecord:
    """A target tracking policy. config: as the API has it. alarms: by what they watch ("AlarmHigh"
    …), their names."""

    account: str
    region: str
    resource: str
    dimension: str
    name: str
    id: str
    config: dict[str, Any]
    created_ms: int
    alarms: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return (
            f"arn:aws:autoscaling:{self.region}:{self.account}:scalingPolicy:{self.id}:resource/"
            f"dynamodb/{self.resource}:policyName/{self.name}"
        )


@dataclass(frozen=True)
class ScheduledRecord:
    """A scheduled action. due_ms: when it is to be done next; 0: never again."""

    account: str
    region: str
    resource: str
    dimension: str
    name: str
    id: str
    schedule: str
    zone: str
    created_ms: int
    action: dict[str, int] = field(default_factory=dict)
    start_ms: int | None = None
    end_ms: int | None = None
    due_ms: int = 0

    @property
    def arn(self) -> str:
        return (
            f"arn:aws:autoscaling:{self.region}:{self.account}:scheduledAction:{self.id}:resource/"
            f"dynamodb/{self.resource}:scheduledActionName/{self.name}"
        )


@dataclass(frozen=True)
class ActivityRecord:
    """Something that was done, or could not be."""

    id: str
    resource: str
    dimension: str
    description: str
    cause: str
    start_ms: int
    end_ms: int
    status: Literal["Successful", "Failed"]
    message: str


T = TypeVar("T", TargetRecord, PolicyRecord, ScheduledRecord, ActivityRecord)


TARGET = Kind("target", TargetRecord)
POLICY = Kind("policy", PolicyRecord)
SCHEDULED = Kind("scheduled", ScheduledRecord)
ACTIVITY = Kind("activity", ActivityRecord)


class Records:
    """The records of one account and region."""

    def __init__(self, db: Database, account: str, region: str) -> None:
        self._db = db
        self._owner = f"{account}|{region}|"
        self._table = InternalTable(db, TABLE)

    @classmethod
    def of(cls, ctx: Context) -> Records:
        """Those that a request is about."""
        return cls(ctx.db, ctx.account, ctx.region)

    async def get(self, kind: Kind[T], name: str) -> T | None:
        found = await self._table.get(kind.group, self._owner + name)
        return decode(kind, found) if found else None

    async def range(self, kind: Kind[T], prefix: str = "") -> list[T]:
        """Those whose names begin so, in order."""
        low = self._owner + prefix
        rows = await self._table.range(kind.group, low=low, high=low + LAST)
        return [decode(kind, row) for row in rows]

    async def put(
        self, kind: Kind[T], name: str, next_of: Callable[[T | None], T | None]
    ) -> T | None:
        """Replace a record by what `next_of` makes of it (None: of nothing, or delete it); what is
        there now. `next_of` is pure: it is asked again when somebody else was faster."""
        for _ in range(RETRIES_MAX):
            row = await self._table.get(kind.group, self._owner + name)
            old = decode(kind, row) if row else None
            new = next_of(old)
            if new == old:
                return new
            document = None if new is None else msgspec.json.encode(new)
            try:
                await self._table.write(Change(kind.group, self._owner + name, document, seen=row))
            except Contended:
                continue
            return new
        raise Contended

    async def add_activity(self, activity: ActivityRecord) -> None:
        """Names that sort by time; the version makes them unique."""
        name = (
            f"{activity.resource}|{activity.dimension}|{activity.start_ms:015d}"
            f"|{self._db.versions.next():020d}"
        )
        await self._table.write(
            Change(ACTIVITY.group, self._owner + name, msgspec.json.encode(activity))
        )
