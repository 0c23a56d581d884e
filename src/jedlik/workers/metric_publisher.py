"""Publishes what our own services measure to CloudWatch, once a minute.

    DynamoDB's meters, DAX's nodes, all others' tables/counts.py
                                    ─▶ samples of the minute ─▶ tables/measurements.py

Namespaces, names and dimensions are AWS's: AWS/DynamoDB by services/dynamodb/meters.py, AWS/DAX
here, AWS/Kinesis and AWS/Firehose by the `metrics.py` of their services, and those of metric
filters as their owners name them. A minute without anything to tell costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from jedlik.services.dax.clusters import Cluster, Node
from jedlik.services.dax.metric_pages import figures
from jedlik.services.dax.metrics import GAUGES, REQUEST_COUNTS
from jedlik.services.dynamodb import meters
from jedlik.tables.aggregates import Aggregate, Distribution, of_statistics
from jedlik.tables.counts import Counts
from jedlik.tables.database import Database
from jedlik.tables.internal import ACCOUNT
from jedlik.tables.measurements import Measurements, Metric, Sample, TooManySeries

DAX_NAMESPACE = "AWS/DAX"
LATENCY = "SuccessfulRequestLatency"
"""DAX's own metrics have no latency; ours has DynamoDB's name."""

Owner = tuple[str, str]
"""Account and region."""


class MetricPublisher:
    """clusters: the DAX clusters that run here. refresh: asks nodes in other processes for their
    counts."""

    def __init__(
        self,
        db: Database,
        clusters: Iterable[Cluster] = (),
        refresh: Callable[[], None] = lambda: None,
    ) -> None:
        self._db = db
        self._refresh = refresh
        self._clusters = clusters
        self._minute: int | None = None
        self._before: dict[tuple[str, str, str, str], dict[str, int]] = {}
        self._latencies: dict[tuple[str, str, str, str, str], tuple[float, list[int]]] = {}

    async def step(self, now_ms: int) -> bool:
        """Publish the minute that has ended, if one has. Never more to do right away."""
        minute = now_ms // 60_000
        if self._minute is None or minute < self._minute:
            self._minute = minute
        if minute > self._minute:
            self._minute = minute
            self._refresh()
            await self._publish((minute - 1) * 60, now_ms / 1000)
        return False

    async def flush(self) -> None:
        """Publish what there is of the minute that goes on. Called before the end."""
        now_ms = self._db.clock.now_ms()
        await self._publish(now_ms // 60_000 * 60, now_ms / 1000)

    async def _publish(self, at_s: int, now_s: float) -> None:
        found: dict[Owner, list[Sample]] = {}
        told = (*self._of_dynamodb(at_s), *self._of_dax(at_s), *self._of_counts(at_s))
        for owner, sample in told:
            found.setdefault(owner, []).append(sample)
        for (account, region), samples in found.items():
            try:
                await Measurements(self._db, account, region).add(samples, now_s)
            except TooManySeries:
                continue

    def _of_dynamodb(self, at_s: int) -> Iterator[tuple[Owner, Sample]]:
        for datum in meters.drained(self._db.flows):
            if datum.account == ACCOUNT:
                continue
            values = datum.values
            aggregate = of_statistics(
                count=float(values.count), sum=values.total, low=values.least, high=values.most
            )
            metric = Metric(meters.NAMESPACE, datum.metric, tuple(sorted(datum.dimensions)))
            yield (datum.account, datum.region), Sample(metric, at_s, aggregate, datum.unit)

    def _of_counts(self, at_s: int) -> Iterator[tuple[Owner, Sample]]:
        for counted, values in Counts.of(self._db).drained():
            aggregate = of_statistics(
                count=values.times, sum=values.total, low=values.least, high=values.most
            )
            metric = Metric(counted.namespace, counted.metric, counted.dimensions)
            yield (counted.account, counted.region), Sample(metric, at_s, aggregate, counted.unit)

    def _of_dax(self, at_s: int) -> Iterator[tuple[Owner, Sample]]:
        for cluster in self._clusters:
            owner = cluster.account, cluster.region
            for node in cluster.nodes:
                for name, aggregate, unit in self._of_node(cluster, node):
                    operation: tuple[tuple[str, str], ...] = ()
                    if name.startswith(f"{LATENCY} "):
                        name, _, called = name.partition(" ")
                        operation = (("Operation", called),)
                    for dimensions in (
                        (("ClusterId", cluster.name),),
                        (("ClusterId", cluster.name), ("NodeId", node.name)),
                    ):
                        metric = Metric(DAX_NAMESPACE, name, (*dimensions, *operation))
                        yield owner, Sample(metric, at_s, aggregate, unit)

    def _of_node(self, cluster: Cluster, node: Node) -> Iterator[tuple[str, Aggregate, str]]:
        """(metric, aggregate, unit); counters as what was added in the minute, if anything was."""
        place = cluster.account, cluster.region, cluster.name, node.name
        now = figures(node.metrics)
        before = self._before.get(place, {})
        self._before[place] = now
        gauges = set(GAUGES.values())
        for name, value in now.items():
            if name not in gauges:
                value -= before.get(name, 0)
                if value <= 0:
                    continue
            elif not value:
                continue
            unit = "Bytes" if name in ("EvictedSize", "EstimatedDbSize") else "Count"
            number = float(value)
            yield name, of_statistics(count=1.0, sum=number, low=number, high=number), unit
        for operation in REQUEST_COUNTS:
            counted = node.metrics.requests[operation]
            key = (*place, operation)
            sum_s, buckets = self._latencies.get(key, (0.0, [0] * len(counted.buckets)))
            self._latencies[key] = counted.sum_s, list(counted.buckets)
            added = [now - then for now, then in zip(counted.buckets, buckets, strict=True)]
            if sum(added) > 0 and min(added) >= 0:
                yield (
                    f"{LATENCY} {operation}",
                    latency(counted.sum_s - sum_s, added),
                    "Milliseconds",
                )


def latency(sum_s: float, buckets: list[int]) -> Aggregate:
    """The aggregate, in milliseconds, of requests that were counted in powers of two of a
    microsecond: values are their bucket's upper bound, the sum is exact."""
    values = {2**power / 1e3: float(count) for power, count in enumerate(buckets) if count}
    return Aggregate(
        sum(values.values()),
        sum_s * 1e3,
        min(values),
        max(values),
        Distribution(0, values),
    )
