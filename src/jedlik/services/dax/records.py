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

from jedlik.api.context import Context
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, Kind
from jedlik.tables.owned_records import OwnedRecords

TABLE = "dax"

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


class Records(OwnedRecords):
    """Those of DAX's control plane."""

    TABLE = TABLE

    @classmethod
    def of(cls, ctx: Context) -> Records:
        """Those that a request is about."""
        return cls(ctx.db, ctx.account, ctx.region)

    async def add(self, kind: Kind[T], name: str, new: T, *events: EventRecord) -> bool:
        """Whether it was added: there was none of that name."""
        try:
            await self._table.write(self.storing(kind, name, new), *self._event_changes(events))
        except Contended:
            if await self.get(kind, name) is None:
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
        events: Sequence[EventRecord] = ()

        def next_record(old: T | None) -> T | None:
            nonlocal events
            new, events = (None, ()) if old is None else next_of(old)
            return new

        old, new = await self.replace(
            kind, name, next_record, lambda old, new: self._event_changes(events)
        )
        return old if new is None else new

    def _event_changes(self, events: Sequence[EventRecord]) -> list[Change]:
        """Names that sort by time."""
        return [
            self.storing(EVENT, f"{event.at_ms:015d}|{self.number()}", event) for event in events
        ]
