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

from jedlik.api.context import Context
from jedlik.tables.internal import Kind
from jedlik.tables.owned_records import OwnedRecords

TABLE = "applicationautoscaling"


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


class Records(OwnedRecords):
    """Those of Application Auto Scaling."""

    TABLE = TABLE

    @classmethod
    def of(cls, ctx: Context) -> Records:
        """Those that a request is about."""
        return cls(ctx.db, ctx.account, ctx.region)

    async def beginning(self, kind: Kind[T], prefix: str) -> list[T]:
        """Those whose names begin so, in order."""
        return await self.range(kind, low=prefix, high=prefix)

    async def put(
        self, kind: Kind[T], name: str, next_of: Callable[[T | None], T | None]
    ) -> T | None:
        """Replace a record, see `replace`; what is there now."""
        _, new = await self.replace(kind, name, next_of)
        return new

    async def add_activity(self, activity: ActivityRecord) -> None:
        """Names that sort by time."""
        name = f"{activity.resource}|{activity.dimension}|{activity.start_ms:015d}|{self.number()}"
        await self._table.write(self.storing(ACTIVITY, name, activity))
