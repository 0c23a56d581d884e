"""DynamoDB's own metrics, as it publishes them to CloudWatch: names, dimensions, units.

What is counted lies in `tables/throughput/`. `drained` is the interface for whoever publishes: call
it once a minute, from one place only, and what it returns are that minute's statistic sets.
Dimensions and units as in the developer guide, "DynamoDB metrics and dimensions".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import Operation
from jedlik.services.dynamodb.errors import translate
from jedlik.tables.errors import ThrottleReason
from jedlik.tables.model import Table
from jedlik.tables.throughput import Figure, Flow, Flows, Lane, Statistics

NAMESPACE = "AWS/DynamoDB"

Dimensions = tuple[tuple[str, str], ...]

CAUSES: dict[ThrottleReason, str] = {
    "provisioned": "ProvisionedThroughput",
    "account": "AccountLimit",
    "key_range": "KeyRangeThroughput",
    "max_on_demand": "MaxOnDemandThroughput",
}

NO_USER_ERRORS = ("ConditionalCheckFailedException", "TransactionCanceledException")
THROTTLED_REASONS = ("ProvisionedThroughputExceeded", "ThrottlingError", "RequestLimitExceeded")
THROTTLED = frozenset(
    ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")
)


class Datum(NamedTuple):
    """One metric of one minute. dimensions: (name, value) pairs in AWS's order; unit: as
    CloudWatch spells it."""

    account: str
    region: str
    metric: str
    dimensions: Dimensions
    unit: str
    values: Statistics


def drained(flows: Flows) -> list[Datum]:
    """Everything that was observed since the last call, and what is provisioned now.

    A metric without an observation is left out, as DynamoDB does with those that are zero.
    """
    found: list[Datum] = []
    while flows.gone:
        found += _of_flow(flows.gone.popleft())
    for flow in flows:
        found += _of_flow(flow)
        found += _provisioned(flow)
    for (account, region), figure in flows.user_errors.items():
        found += _some(account, region, "UserErrors", (), "Count", figure)
    return found


def _of_flow(flow: Flow) -> Iterator[Datum]:
    table = flow.table
    where = table.account, table.region
    by_table = (("TableName", table.name),)
    for index, lane in flow.lanes():
        yield from _of_lane(lane, where, _dimensions(flow, index))
    yield from _some(*where, "TimeToLiveDeletedItemCount", by_table, "Count", flow.expired)
    yield from _some(*where, "TransactionConflict", by_table, "Count", flow.conflicts)
    yield from _some(
        *where, "ConditionalCheckFailedRequests", by_table, "Count", flow.conditions_failed
    )
    for name, figures in flow.operations.items():
        both = (*by_table, ("Operation", name))
        latency = figures.latency_s.drain()
        if latency.count:
            in_ms = Statistics(
                latency.count, latency.total * 1e3, latency.least * 1e3, latency.most * 1e3
            )
            yield Datum(*where, "SuccessfulRequestLatency", both, "Milliseconds", in_ms)
        yield from _some(*where, "ReturnedItemCount", both, "Count", figures.returned)
        yield from _some(*where, "ThrottledRequests", both, "Count", figures.throttled)
        yield from _some(*where, "SystemErrors", both, "Count", figures.system_errors)


def _of_lane(lane: Lane, where: tuple[str, str], dimensions: Dimensions) -> Iterator[Datum]:
    kind = "Read" if lane.access == "read" else "Write"
    yield from _some(*where, f"Consumed{kind}CapacityUnits", dimensions, "Count", lane)
    count = 0
    for reason, figure in lane.throttles.items():
        values = figure.drain()
        if values.count:
            count += values.count
            yield Datum(
                *where, f"{kind}{CAUSES[reason]}ThrottleEvents", dimensions, "Count", values
            )
    if count:
        events = Statistics(count, float(count), 1.0, 1.0)
        yield Datum(*where, f"{kind}ThrottleEvents", dimensions, "Count", events)


def _provisioned(flow: Flow) -> Iterator[Datum]:
    """What is provisioned, or the maximums that were set, at this moment."""
    table = flow.table
    where = table.account, table.region
    owns = [(None, table.throughput, table.on_demand)] + [
        (each.name, each.throughput, each.on_demand)
        for each in table.indexes
        if each.kind == "global"
    ]
    for index, throughput, limits in owns:
        dimensions = _dimensions(flow, index)
        gauges: dict[str, int | None] = {}
        if table.billing == "PROVISIONED":
            gauges["ProvisionedReadCapacityUnits"] = throughput.read_units
            gauges["ProvisionedWriteCapacityUnits"] = throughput.write_units
        elif limits is not None:
            gauges["OnDemandMaxReadRequestUnits"] = limits.max_read_units
            gauges["OnDemandMaxWriteRequestUnits"] = limits.max_write_units
        for metric, units in gauges.items():
            if units is not None and units > 0:
                value = float(units)
                yield Datum(*where, metric, dimensions, "Count", Statistics(1, value, value, value))


def _dimensions(flow: Flow, index: str | None) -> Dimensions:
    by_table = ("TableName", flow.table.name)
    return (by_table,) if index is None else (by_table, ("GlobalSecondaryIndexName", index))


def _some(
    account: str, region: str, metric: str, dimensions: Dimensions, unit: str, figure: Figure | Lane
) -> Iterator[Datum]:
    values = figure.drain()
    if values.count:
        yield Datum(account, region, metric, dimensions, unit, values)


def prometheus_text(flows: Flows) -> str:
    """Consumed units and throttled requests of every table and index, since the start."""
    consumed: list[str] = []
    throttled: list[str] = []
    for flow in flows:
        table = flow.table
        for index, lane in flow.lanes():
            labels = (
                f'account="{table.account}",region="{table.region}",table="{table.name}",'
                f'index="{index or ""}",access="{lane.access}"'
            )
            if lane.count:
                consumed.append(f"jedlik_consumed_capacity_units_total{{{labels}}} {lane.total:g}")
            throttled += (
                f'jedlik_throttled_total{{{labels},reason="{reason}"}} {figure.count}'
                for reason, figure in sorted(lane.throttles.items())
            )
    return "".join(
        f"{line}\n"
        for line in (
            "# HELP jedlik_consumed_capacity_units_total Capacity units that requests have taken.",
            "# TYPE jedlik_consumed_capacity_units_total counter",
            *consumed,
            "# HELP jedlik_throttled_total Reads and writes refused (or, with --throttling "
            "report, told) for want of capacity.",
            "# TYPE jedlik_throttled_total counter",
            *throttled,
        )
    )


class Observer:
    """What the gateway tells of requests that are over: latencies, throttles, errors.

    `ctx.tables` is the table that the operation looked up, a list of them, or None.
    """

    __slots__ = ("_flows", "_last")

    def __init__(self, flows: Flows) -> None:
        self._flows = flows
        self._last: dict[str, tuple[Table, Figure]] = {}

    def served(self, ctx: Context, operation: Operation, took_s: float) -> None:
        """A request was answered with success."""
        tables = ctx.tables
        if tables is None:
            return
        last = self._last.get(operation.name)
        if last is not None and last[0] is tables:
            last[1].add(took_s)
        elif isinstance(tables, Table):
            figure = self._flows.of(tables).operation(operation.name).latency_s
            self._last[operation.name] = tables, figure
            figure.add(took_s)
        else:
            for table in tables:
                self._flows.of(table).operation(operation.name).latency_s.add(took_s)

    def counter(self, ctx: Context, operation: Operation) -> Callable[[float], None] | None:
        """What `served` does, for requests about the same table."""
        table = ctx.tables
        if not isinstance(table, Table):
            return None
        return self._flows.of(table).operation(operation.name).latency_s.add

    def failed(self, ctx: Context, operation: Operation, error: Exception) -> None:
        """A request was refused, or failed.

        Failed conditions and throttles are no UserErrors (developer guide, "DynamoDB metrics").
        """
        if operation.service != "dynamodb":
            return
        refusal = error if isinstance(error, ApiError) else translate(error)
        status = 500 if refusal is None else refusal.status
        code = "" if refusal is None else refusal.code
        tables = ctx.tables or ()
        for table in (tables,) if isinstance(tables, Table) else tables:
            figures = self._flows.of(table).operation(operation.name)
            if status >= 500:
                figures.system_errors.add(1.0)
            elif code in THROTTLED or _is_throttled_transaction(refusal):
                figures.throttled.add(1.0)
        if status < 500 and code not in THROTTLED and code not in NO_USER_ERRORS:
            self._flows.user_error(ctx.account, ctx.region)


def _is_throttled_transaction(refusal: ApiError | None) -> bool:
    reasons = refusal.fields.get("CancellationReasons", ()) if refusal is not None else ()
    return any(reason["Code"] in THROTTLED_REASONS for reason in reasons)
