"""What a table is: keys, indexes and settings, as stored in the catalog.

Everything here is frozen; a change makes a new `Table` with `msgspec.structs.replace` and goes
through `Database.replace_table`. Shapes are those of the catalog's stored JSON, so a field that is
added needs a default. Structs, not dataclasses: forty times quicker to declare, and every start
waits for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field
from msgspec.structs import force_setattr

if TYPE_CHECKING:
    from jedlik.tables.keys import KeyOf

KeyType = Literal["S", "N", "B"]
IndexKind = Literal["global", "local"]
ProjectionType = Literal["ALL", "KEYS_ONLY", "INCLUDE"]
TableStatus = Literal["CREATING", "ACTIVE", "UPDATING", "DELETING"]
IndexStatus = Literal["CREATING", "ACTIVE", "UPDATING", "DELETING"]
BillingMode = Literal["PROVISIONED", "PAY_PER_REQUEST"]

INTERNAL_ACCOUNT = "internal"
"""The account of the services' own tables, see `internal.py`."""


class KeyAttribute(Struct, frozen=True):
    """One attribute of a key: its name and its scalar type."""

    name: str
    type: KeyType


class KeySchema(Struct, frozen=True, dict=True):
    """Partition and sort attributes, in order.

    Tables have one, and at most one; indexes up to four of each.
    """

    partition: tuple[KeyAttribute, ...]
    sort: tuple[KeyAttribute, ...] = ()

    @cached_property
    def attributes(self) -> tuple[KeyAttribute, ...]:
        """All key attributes, partition first."""
        return self.partition + self.sort

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all key attributes, partition first."""
        return tuple(attribute.name for attribute in self.attributes)


class Throughput(Struct, frozen=True):
    """Provisioned units a second and the history that DescribeTable shows."""

    read_units: int = 0
    write_units: int = 0
    decreases_today: int = 0
    last_increase_ms: int | None = None
    last_decrease_ms: int | None = None


class OnDemandLimits(Struct, frozen=True):
    """On-demand maximums in units a second; None or -1 means no maximum."""

    max_read_units: int | None = None
    max_write_units: int | None = None


class WarmThroughput(Struct, frozen=True):
    """Units a second the table or index can take at once."""

    read_units: int
    write_units: int


class Index(Struct, frozen=True):
    """A secondary index. `space` is where its entries are stored."""

    name: str
    kind: IndexKind
    keys: KeySchema
    projection: ProjectionType
    non_key: tuple[str, ...] = ()
    space: int = 0
    status: IndexStatus = "ACTIVE"
    backfilling: bool = False
    throughput: Throughput = Throughput()
    on_demand: OnDemandLimits | None = None
    warm: WarmThroughput | None = None


class StreamSettings(Struct, frozen=True):
    """The change stream of a table; `label` ends its ARN and stays until it is disabled."""

    view_type: str
    label: str
    enabled: bool = True


class TtlSettings(Struct, frozen=True):
    """Time to live: the attribute that holds an item's expiry in epoch seconds.

    `space` holds the items that expire in order of time (`expiry.py`); `backfilling` says that
    items older than the setting are still being entered there.
    """

    attribute: str
    enabled: bool
    changed_at_ms: int = 0
    space: int = 0
    backfilling: bool = False


class RecoverySettings(Struct, frozen=True):
    """Point-in-time recovery: on since when, and for how many days."""

    enabled: bool
    since_ms: int = 0
    period_days: int = 35


class RestoreSource(Struct, frozen=True):
    """What a table was restored from: a backup, or another table's past (`backup_arn` None)."""

    table_arn: str
    at_ms: int
    backup_arn: str | None = None
    in_progress: bool = True


class Destination(Struct, frozen=True):
    """A Kinesis stream that is told of every change. space: the stream's. start: for each part of
    the log the seq after which it begins; since_ms tells it from an earlier one. stop: of one that
    is being disabled, the seq of each part up to which it is still told."""

    stream_arn: str
    space: int
    status: str
    precision: str
    start: tuple[int, ...]
    since_ms: int
    description: str = ""
    stop: tuple[int, ...] = ()

    @property
    def is_on(self) -> bool:
        return self.status in ("ENABLING", "ACTIVE", "UPDATING")

    @property
    def is_owed(self) -> bool:
        """Whether there may be changes that it is yet to be told of."""
        return self.is_on or self.status == "DISABLING"


class Table(Struct, frozen=True, dict=True):
    """One table of one account and region."""

    account: str
    region: str
    name: str
    keys: KeySchema
    attribute_types: dict[str, KeyType]
    id: str = ""
    space: int = 0
    log_space: int = 0
    collection_space: int = 0
    parts: int = 4
    indexes: tuple[Index, ...] = ()
    status: TableStatus = "ACTIVE"
    created_at_ms: int = 0
    settles_at_ms: int = 0
    billing: BillingMode = "PROVISIONED"
    billing_changed_ms: int | None = None
    throughput: Throughput = Throughput()
    on_demand: OnDemandLimits | None = None
    warm: WarmThroughput | None = None
    table_class: str = "STANDARD"
    table_class_changed_ms: int | None = None
    deletion_protection: bool = False
    stream: StreamSettings | None = None
    latest_stream_label: str | None = None
    ttl: TtlSettings | None = None
    recovery: RecoverySettings | None = None
    restored: RestoreSource | None = None
    held_by: tuple[str, ...] = ()
    """The backup jobs that read its rows and its log at this moment (`recovery.py`)."""
    destinations: tuple[Destination, ...] = ()
    """Where its changes are delivered (`destinations.py`)."""
    sse: dict[str, Any] | None = None
    tags: dict[str, str] = field(default_factory=dict)
    policies: dict[str, dict[str, str]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    """What only the services look at; of it this layer reads "insights" (`watched_keys`)."""

    def __post_init__(self) -> None:
        if not self.log_space:  # stored before logs had spaces of their own
            force_setattr(self, "log_space", self.space)

    @cached_property
    def arn(self) -> str:
        """The table's Amazon resource name."""
        return f"arn:aws:dynamodb:{self.region}:{self.account}:table/{self.name}"

    @cached_property
    def key_of(self) -> KeyOf:
        """From an item or a key map to its storage key; raises BadKey."""
        from jedlik.tables.keys import key_extractor

        return key_extractor(self.keys)

    @cached_property
    def logged(self) -> bool:
        """Whether a reader of the change log is enabled, so that writes must append to it."""
        stream_on = self.stream is not None and self.stream.enabled
        recovery_on = self.recovery is not None and self.recovery.enabled
        delivered = any(each.is_on for each in self.destinations)
        return stream_on or recovery_on or delivered or bool(self.held_by)

    @cached_property
    def expiry(self) -> TtlSettings | None:
        """The time to live that writes must keep entries for, or None."""
        return self.ttl if self.ttl is not None and self.ttl.enabled and self.ttl.space else None

    @cached_property
    def written_indexes(self) -> tuple[Index, ...]:
        """The indexes a write must maintain: all but those being deleted."""
        return tuple(index for index in self.indexes if index.status != "DELETING")

    @cached_property
    def has_local_indexes(self) -> bool:
        """Whether item collections are metered (tables with local secondary indexes)."""
        return any(index.kind == "local" for index in self.indexes)

    @cached_property
    def watched_keys(self) -> dict[str, tuple[bool, int]]:
        """Contributor insights that are on: by index ("" for the table itself) whether what is
        accessed is counted, or only what is throttled, and when they were enabled."""
        insights: dict[str, dict[str, Any]] = self.settings.get("insights", {})
        return {
            name: (setting["mode"] != "THROTTLED_KEYS", setting.get("throttled_ms", 0))
            for name, setting in insights.items()
            if setting["enabled"]
        }

    @cached_property
    def plain(self) -> bool:
        """Of rows a write changes the item's alone: no index, collections or expiry."""
        return not self.indexes and self.expiry is None

    @cached_property
    def indexes_by_name(self) -> Mapping[str, Index]:
        """Indexes by their names."""
        return {index.name: index for index in self.indexes}

    def index(self, name: str) -> Index | None:
        """The index of that name, or None."""
        return self.indexes_by_name.get(name)

    def index_arn(self, index_name: str) -> str:
        """The Amazon resource name of an index of this table."""
        return f"{self.arn}/index/{index_name}"

    def part_of(self, token: bytes) -> int:
        """Which part (0 … parts-1) a token falls into: parts are equal ranges of tokens."""
        return (token[0] << 8 | token[1]) * self.parts >> 16
