"""What DAX nodes count comes to CloudWatch by the minute: what was added, by cluster and node."""

from __future__ import annotations

import pytest

from jedlik.services.dax.clusters import Cluster, Node
from jedlik.services.firehose.metrics import Counts as FirehoseCounts
from jedlik.services.firehose.records import DeliveryStream
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.aggregates import Aggregate
from jedlik.tables.counts import Counts
from jedlik.tables.database import Database
from jedlik.tables.measurements import Dimensions, Measurements, Metric
from jedlik.workers.metric_publisher import MetricPublisher

MINUTE_MS = 60_000
BEGIN_MS = 1_800_000_000_000
OF_CLUSTER = (("ClusterId", "fast"),)
OF_NODE = (("ClusterId", "fast"), ("NodeId", "fast-a"))


async def read(db: Database, name: str, dimensions: Dimensions, minute: int) -> Aggregate | None:
    store = Measurements(db, "000000000000", "us-east-1")
    begin_s = BEGIN_MS / 1000 + minute * 60
    slots = await store.slots(Metric("AWS/DAX", name, dimensions), begin_s, begin_s + 60)
    return slots[0].aggregate if slots else None


async def test_counters_are_told_as_what_a_minute_added() -> None:
    db = Database(MemoryEngine())
    await db.open()
    cluster = Cluster("000000000000", "us-east-1", "fast")
    nodes = [Node(cluster, number, f"fast-{name}", "a") for number, name in enumerate("ab")]
    cluster.nodes.extend(nodes)
    publisher = MetricPublisher(db, [cluster])
    await publisher.step(BEGIN_MS)
    for node in nodes:
        node.metrics.item_hits += 3
        node.metrics.cached_bytes = 1000
        for _ in range(3):
            node.metrics.count("GetItem", 0.000_5)
    await publisher.step(BEGIN_MS + MINUTE_MS)
    nodes[0].metrics.item_hits += 4
    await publisher.step(BEGIN_MS + MINUTE_MS + 1000)  # the minute is not over
    await publisher.step(BEGIN_MS + 2 * MINUTE_MS)
    first = await read(db, "ItemCacheHits", OF_NODE, 0)
    both = await read(db, "ItemCacheHits", OF_CLUSTER, 0)
    second = await read(db, "ItemCacheHits", OF_CLUSTER, 1)
    assert first is not None and both is not None and second is not None
    assert (first.sum, both.sum, both.count, second.sum) == (3.0, 6.0, 2.0, 4.0)
    size = await read(db, "EstimatedDbSize", OF_NODE, 1)
    assert size is not None and size.sum == 1000.0
    assert await read(db, "ItemCacheMisses", OF_CLUSTER, 0) is None
    requests = await read(db, "GetItemRequestCount", OF_CLUSTER, 0)
    assert requests is not None and requests.sum == 6.0
    latency = await read(db, "SuccessfulRequestLatency", (*OF_NODE, ("Operation", "GetItem")), 0)
    assert latency is not None
    assert (latency.count, latency.sum) == (3.0, pytest.approx(1.5))
    assert latency.distribution is not None


async def test_what_a_minute_has_so_far_is_flushed_in_the_end() -> None:
    db = Database(MemoryEngine())
    await db.open()
    cluster = Cluster("000000000000", "us-east-1", "fast")
    cluster.nodes.append(Node(cluster, 1, "fast-a", "a"))
    publisher = MetricPublisher(db, [cluster])
    cluster.nodes[0].metrics.item_misses += 1
    await publisher.flush()
    store = Measurements(db, "000000000000", "us-east-1")
    found, _ = await store.registered("AWS/DAX", "ItemCacheMisses")
    assert [each.metric.dimensions for each in found] == [OF_CLUSTER, OF_NODE] or [
        each.metric.dimensions for each in found
    ] == [OF_NODE, OF_CLUSTER]


async def test_what_delivery_streams_count_is_told_by_stream() -> None:
    db = Database(MemoryEngine())
    await db.open()
    publisher = MetricPublisher(db)
    await publisher.step(BEGIN_MS)
    stream = DeliveryStream("000000000000", "us-east-1", "s", 0, "DirectPut", 0, {})
    counts = FirehoseCounts(db)
    counts.add(stream, "IncomingBytes", 10, "Bytes")
    counts.add(stream, "IncomingBytes", 32, "Bytes")
    await publisher.step(BEGIN_MS + MINUTE_MS)
    store = Measurements(db, "000000000000", "us-east-1")
    metric = Metric("AWS/Firehose", "IncomingBytes", (("DeliveryStreamName", "s"),))
    (slot,) = await store.slots(metric, BEGIN_MS / 1000, BEGIN_MS / 1000 + 60)
    found = slot.aggregate
    assert (slot.unit, found.count, found.sum, found.low, found.high) == ("Bytes", 2, 42, 10, 32)
    assert list(Counts.of(db).drained()) == []
