"""Flows: the lanes of every table, with the limits that its settings say, and its counts.

`Flows.of(table)` is the data path's look-up. A changed table is a new object, which is how a flow
notices that its limits may be others. What is counted here is published by services
(`services/dynamodb/meters.py`), which drain it once a minute.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal

from jedlik.tables.errors import Throttled
from jedlik.tables.model import Index, KeySchema, OnDemandLimits, Table, Throughput, WarmThroughput
from jedlik.tables.throughput.figures import Figure
from jedlik.tables.throughput.lanes import Access, Lane, Limit
from jedlik.tables.throughput.parts import BURST_S, PART_READ_UNITS, PART_WRITE_UNITS
from jedlik.tables.throughput.ramps import Ramp
from jedlik.tables.throughput.watches import NamingKeys, Watch

Mode = Literal["on", "off", "report"]

PROVISIONED_BURST_S = 300.0
"""How much of what was not used is kept (developer guide, "Burst capacity")."""
ON_DEMAND_READ_UNITS = 12_000
ON_DEMAND_WRITE_UNITS = 4_000
"""What a new on-demand table or index takes at once (developer guide, "On-demand capacity mode":
initial throughput; also the first figures of its warm throughput)."""
TABLE_UNITS_MAX = 40_000
"""Read or write units a second of one on-demand table or index, the default quota of accounts."""
GONE_MAX = 256
"""Flows of deleted tables that are kept for the next draining."""


class OperationFigures:
    """One operation on one table. latency_s: of those that succeeded; returned: items of a page."""

    __slots__ = ("latency_s", "returned", "system_errors", "throttled")

    def __init__(self) -> None:
        self.latency_s = Figure()
        self.returned = Figure()
        self.throttled = Figure()
        self.system_errors = Figure()


class Flow:
    """Everything that is metered of one table. indexes: (read, write) of each global index."""

    __slots__ = (
        "conditions_failed",
        "conflicts",
        "expired",
        "indexes",
        "operations",
        "read",
        "table",
        "write",
    )

    def __init__(self, table: Table) -> None:
        self.table = table
        self.read = Lane("read", table.arn, is_index=False)
        self.write = Lane("write", table.arn, is_index=False)
        self.indexes: dict[str, tuple[Lane, Lane]] = {}
        self.operations: dict[str, OperationFigures] = {}
        self.conditions_failed = Figure()
        self.conflicts = Figure()
        self.expired = Figure()

    def operation(self, name: str) -> OperationFigures:
        """The figures of an operation on this table."""
        found = self.operations.get(name)
        if found is None:
            found = self.operations[name] = OperationFigures()
        return found

    def read_lane(self, index: Index | None) -> Lane:
        """Where reading this index takes its units from: local indexes share the table's."""
        if index is None or index.kind == "local":
            return self.read
        return self.indexes[index.name][0]

    def lanes(self) -> Iterator[tuple[str | None, Lane]]:
        """Every lane with the name of its index, None for the table's own."""
        yield None, self.read
        yield None, self.write
        for name, (read, write) in self.indexes.items():
            yield name, read
            yield name, write

    def watches(self) -> Iterator[tuple[str | None, Watch]]:
        """The watches that there are, with the name of their index."""
        if self.read.watch is not None:
            yield None, self.read.watch
        for name, (read, _) in self.indexes.items():
            if read.watch is not None:
                yield name, read.watch


class Flows:
    """mode: whether limits hold ("on"), are only reported, or are not looked at ("off").

    share: this process's part of all limits. is_free: tables that nothing is measured against
    (the services' own). now: epoch seconds, for limits that change outside of requests.
    """

    __slots__ = (
        "_cached",
        "_flows",
        "_is_free",
        "_now",
        "gone",
        "mode",
        "on_throttled",
        "share",
        "user_errors",
    )

    def __init__(
        self,
        *,
        now: Callable[[], float],
        cached: Callable[[str, str, str], Table | None],
        mode: Mode = "off",
        share: float = 1.0,
        is_free: Callable[[Table], bool] = lambda table: False,
    ) -> None:
        self._now = now
        self._cached = cached
        self._is_free = is_free
        self.mode: Mode = mode
        self.share = share
        self.user_errors: dict[tuple[str, str], Figure] = {}
        """By account and region: requests that were answered with status 400."""
        self.gone: deque[Flow] = deque(maxlen=GONE_MAX)
        """Of tables deleted since the last draining."""
        self.on_throttled: Callable[[Throttled], None] | None = None
        """Told of the first request that is throttled."""
        self._flows: dict[int, Flow] = {}

    def __iter__(self) -> Iterator[Flow]:
        """The flows of tables that were asked for since the start; not of free ones."""
        return (flow for flow in list(self._flows.values()) if not self._is_free(flow.table))

    def of(self, table: Table) -> Flow:
        """The flow of a table."""
        flow = self._flows.get(table.space)
        if flow is not None and flow.table is table:
            return flow
        return self._renewed(table, flow)

    def set_mode(self, mode: Mode, share: float = 1.0) -> None:
        """Change what is done about limits, for every table."""
        self.mode, self.share = mode, share
        for flow in self._flows.values():
            self._bind(flow, flow.table)

    def forget(self, table: Table) -> None:
        """The table is deleted."""
        flow = self._flows.pop(table.space, None)
        if flow is not None and not self._is_free(table):
            self.gone.append(flow)

    def warm(self, table: Table, index: Index | None = None) -> WarmThroughput:
        """What a table or global index takes at once: the least there is, or what was asked for,
        or what it has grown to."""
        own: Table | Index = table if index is None else index
        read, write = _least(table, own.throughput)
        if own.warm is not None:
            read, write = max(read, own.warm.read_units), max(write, own.warm.write_units)
        flow = self._flows.get(table.space)
        if flow is not None and table.billing == "PAY_PER_REQUEST":
            lanes = (flow.read, flow.write) if index is None else flow.indexes.get(index.name)
            for lane in lanes or ():
                lane.follow_ramp(self._now())
                if lane.ramp is not None and lane.access == "read":
                    read = max(read, int(lane.ramp.allowed))
                elif lane.ramp is not None:
                    write = max(write, int(lane.ramp.allowed))
        return WarmThroughput(read, write)

    def user_error(self, account: str, region: str) -> None:
        """A request was answered with status 400, for its own fault."""
        figure = self.user_errors.get((account, region))
        if figure is None:
            if len(self.user_errors) >= 1024:
                return  # in open mode a client may call its region what it likes
            figure = self.user_errors[account, region] = Figure()
        figure.add(1.0)

    def _renewed(self, table: Table, flow: Flow | None) -> Flow:
        """The flow of a table that is new here, or has changed."""
        if flow is None:
            flow = self._flows[table.space] = Flow(table)
        elif self._cached(table.account, table.region, table.name) is not table:
            return flow  # a request that began before the change: limits do not go back for it
        self._bind(flow, table)
        return flow

    def _bind(self, flow: Flow, table: Table) -> None:
        """Give every lane the limits that the table's settings say."""
        flow.table = table
        watched = table.watched_keys
        _watch((flow.read, flow.write), table.keys, watched.get(""))
        if flow.read.watch is not None and not isinstance(table.key_of, NamingKeys):
            # In place of what it has computed: from now on its keys are remembered as they come.
            vars(table)["key_of"] = NamingKeys(table.key_of, flow.read.watch)
        splits = bool(table.keys.sort) and not table.has_local_indexes
        self._bound((flow.read, flow.write), table, table, splits)
        known, flow.indexes = flow.indexes, {}
        for index in table.indexes:
            if index.kind != "global":
                continue
            arn = table.index_arn(index.name)
            lanes = known.get(index.name) or (
                Lane("read", arn, is_index=True),
                Lane("write", arn, is_index=True),
            )
            _watch(lanes, index.keys, watched.get(index.name))
            self._bound(lanes, table, index, True)
            flow.indexes[index.name] = lanes

    def _bound(
        self, lanes: tuple[Lane, Lane], table: Table, own: Table | Index, splits: bool
    ) -> None:
        now = self._now()
        is_limited = self.mode != "off" and not self._is_free(table)
        least = _least(table, own.throughput)
        warm = own.warm or WarmThroughput(*least)
        for lane, first, warmed in zip(
            lanes, least, (warm.read_units, warm.write_units), strict=True
        ):
            lane.reports_only = self.mode == "report"
            lane.on_throttled = self._throttled
            begin = float(max(first, warmed))
            ramp = None
            if not is_limited:
                limit = None
            elif table.billing == "PAY_PER_REQUEST":
                limit = _on_demand_limit(own.on_demand, lane.access)
                ramp = lane.ramp or Ramp(begin)
                ramp.lift(begin)
                begin = ramp.allowed
            else:
                limit = Limit(float(max(1, first)), PROVISIONED_BURST_S, "provisioned")
            lane.bound(
                limit,
                now,
                ramp=ramp,
                parts=_parts(begin, lane.access),
                splits_collections=splits,
                share=self.share,
            )

    def _throttled(self, fault: Throttled) -> None:
        if self.on_throttled is not None:
            tell, self.on_throttled = self.on_throttled, None
            tell(fault)


def _watch(lanes: tuple[Lane, Lane], keys: KeySchema, wanted: tuple[bool, int] | None) -> None:
    """Watch the keys of a table or index as `Table.watched_keys` says, or no longer."""
    watch = None
    if wanted is not None:
        watch = lanes[0].watch
        if watch is None or watch.since_ms != wanted[1]:
            watch = Watch(keys, since_ms=wanted[1])
        watch.accessed = wanted[0]
    for lane in lanes:
        lane.watch = watch


def _least(table: Table, throughput: Throughput) -> tuple[int, int]:
    """Read and write units a second that are there without asking for more."""
    if table.billing == "PAY_PER_REQUEST":
        return ON_DEMAND_READ_UNITS, ON_DEMAND_WRITE_UNITS
    return throughput.read_units, throughput.write_units


def _on_demand_limit(limits: OnDemandLimits | None, access: Access) -> Limit:
    """The quota of every table, or the maximum set for this one."""
    most = None
    if limits is not None:
        most = limits.max_read_units if access == "read" else limits.max_write_units
    if most is not None and 0 < most < TABLE_UNITS_MAX:
        return Limit(float(most), BURST_S, "max_on_demand")
    return Limit(float(TABLE_UNITS_MAX), BURST_S, "account")


def _parts(units_per_s: float, access: Access) -> int:
    """How many parts it takes to give so much."""
    each = PART_READ_UNITS if access == "read" else PART_WRITE_UNITS
    return max(1, -(-int(units_per_s) // each))
