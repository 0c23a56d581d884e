"""What is stored of DAX's control plane: the desired clusters, groups, events.

Rows of the internal table "dax" (see tables/internal.py); every name begins with the owner,
`account|region|`, so that one group of rows serves requests (a range of it) and the worker (all):

    ("cluster", owner + name)          -> ClusterRecord
    ("parameter-group", owner + name)  -> ParameterGroupRecord
    ("subnet-group", owner + name)     -> SubnetGroupRecord
    ("event", owner + time, number)    -> EventRecord
    ("made", "default cluster")        -> that the default cluster was made once
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import msgspec

from jedlik.api.context import Context
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable, Kind, decode

TABLE = "dax"
RETRIES_MAX = 20
LAST = "\U0010ffff"  # sorts after every name

ClusterStatus = Literal["creating", "available", "modifying", "deleting"]
NodeStatus = Literal["creating", "available", "rebooting", "deleting"]
SourceType = Literal["CLUSTER", "PARAMETER_GROUP", "SUBNET_GROUP"]


@dataclass(frozen=True)
class NodeRecord:
    """A node of a cluster. number: unique in the cluster for good; name: "cluster-a".

    port, tls_port: where it listened last and, after a restart, listens again; 0: not yet.
    """

    number: int
    name: str
    zone: str
    created_at_ms: int
    status: NodeStatus = "creating"
    port: int = 0
    tls_port: int = 0


@dataclass(frozen=True)
class ClusterRecord:
    """A cluster as the control plane wants it. encryption: "NONE" or "TLS"; `both`: answers plain
    and TLS connections alike, which only the default cluster does."""

    account: str
    region: str
    name: str
    node_type: str
    iam_role_arn: str
    created_at_ms: int
    status: ClusterStatus = "creating"
    settles_at_ms: int = 0
    nodes: tuple[NodeRecord, ...] = ()
    next_number: int = 1
    description: str | None = None
    encryption: str = "NONE"
    both: bool = False
    parameter_group: str = "default.dax1.0"
    subnet_group: str = "default"
    security_groups: tuple[str, ...] = ()
    maintenance_window: str = "sun:05:00-sun:06:00"
    topic_arn: str | None = None
    topic_status: str = "active"
    sse: bool = False
    network_type: str = "ipv4"
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:dax:{self.region}:{self.account}:cache/{self.name}"

    def node(self, name: str) -> NodeRecord | None:
        return next((node for node in self.nodes if node.name == name), None)


@dataclass(frozen=True)
class ParameterGroupRecord:
    """How long items and results stay, in milliseconds; 0: for ever."""

    name: str
    description: str | None = None
    record_ttl_ms: int = 300_000
    query_ttl_ms: int = 300_000


@dataclass(frozen=True)
class SubnetGroupRecord:
    """A named list of subnets. Jedlik has no networks: kept and shown, nothing else."""

    name: str
    description: str | None = None
    subnet_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class EventRecord:
    """Something that happened to a source."""

    source: str
    type: SourceType
    message: str
    at_ms: int


DEFAULT_PARAMETER_GROUP = ParameterGroupRecord(
    "default.dax1.0", "Default parameter group for dax1.0"
)
DEFAULT_SUBNET_GROUP = SubnetGroupRecord("default", "Default subnet group", ("subnet-00000000",))

T = TypeVar("T", ClusterRecord, ParameterGroupRecord, SubnetGroupRecord, EventRecord)


CLUSTER = Kind("cluster", ClusterRecord)
PARAMETER_GROUP = Kind("parameter-group", ParameterGroupRecord)
SUBNET_GROUP = Kind("subnet-group", SubnetGroupRecord)
EVENT = Kind("event", EventRecord)


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

    async def range(
        self, kind: Kind[T], *, low: str = "", high: str = "", limit: int | None = None
    ) -> list[T]:
        """Those with names from `low` to `high`, in order."""
        rows = await self._table.range(
            kind.group, low=self._owner + low, high=self._owner + high + LAST, limit=limit
        )
        return [decode(kind, row) for row in rows]

    async def add(self, kind: Kind[T], name: str, new: T, *events: EventRecord) -> bool:
        """Whether it was added: there was none of that name."""
        change = Change(kind.group, self._owner + name, encode(new))
        try:
            await self._table.write(change, *self._event_changes(events))
        except Contended:
            if await self._table.get(kind.group, self._owner + name) is None:
                raise
            return False
        return True

    async def change(
        self,
        kind: Kind[T],
        name: str,
        next_of: Callable[[T], tuple[T | None, Sequence[EventRecord]]],
    ) -> T | None:
        """Replace a record by what `next_of` makes of it (None deletes), with events about it.

        Returns the new record, or the old one if it is deleted; None if there is none. `next_of`
        is pure: it is asked again when somebody else was faster.
        """
        for _ in range(RETRIES_MAX):
            row = await self._table.get(kind.group, self._owner + name)
            if row is None:
                return None
            old = decode(kind, row)
            new, events = next_of(old)
            if new == old and not events:
                return old
            document = None if new is None else encode(new)
            change = Change(kind.group, self._owner + name, document, seen=row)
            try:
                await self._table.write(change, *self._event_changes(events))
            except Contended:
                continue
            return old if new is None else new
        raise Contended

    def _event_changes(self, events: Sequence[EventRecord]) -> list[Change]:
        """Names that sort by time; the version makes them unique."""
        return [
            Change(
                EVENT.group,
                f"{self._owner}{event.at_ms:015d}|{self._db.versions.next():020d}",
                encode(event),
            )
            for event in events
        ]


def encode(record: ClusterRecord | ParameterGroupRecord | SubnetGroupRecord | EventRecord) -> bytes:
    return msgspec.json.encode(record)
