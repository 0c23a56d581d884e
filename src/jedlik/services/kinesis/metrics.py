"""What streams count, for CloudWatch: the namespace AWS/Kinesis.

Names and meanings are the developer guide's ("Monitor the Amazon Kinesis Data Streams service with
Amazon CloudWatch"): metrics of a stream always, those of its shards where EnableEnhancedMonitoring
asked for them. Counted in memory; `workers/metric_publisher.py` publishes it once a minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.shards import shard_id
from jedlik.tables.counts import Counted, Counts
from jedlik.tables.database import Database

NAMESPACE = "AWS/Kinesis"
UNITS = {"Bytes": "Bytes", "IncomingBytes": "Bytes", "OutgoingBytes": "Bytes",
         "Latency": "Milliseconds", "IteratorAgeMilliseconds": "Milliseconds",
         "MillisBehindLatest": "Milliseconds"}  # fmt: skip
"""By the last part of a name; all others are counts."""


class Written(NamedTuple):
    """What one operation wrote to one shard. size: bytes of data and keys. refused: records that
    the shard did not take."""

    shard: int
    records: int
    size: int
    refused: int


def now_ms() -> float:
    """For latencies: a clock that only goes forward."""
    return time.perf_counter() * 1000


class Metrics:
    """What one stream counts in this process; cheap to make, it holds nothing."""

    __slots__ = ("_counts", "_stream")

    def __init__(self, db: Database, stream: Stream) -> None:
        self._counts = Counts.of(db)
        self._stream = stream

    def add(self, metric: str, value: float, *of: tuple[str, str]) -> None:
        """One sample of a metric of the stream, or of a part of it that has this dimension."""
        stream = self._stream
        dimensions = (*of, ("StreamName", stream.name))
        unit = UNITS.get(metric.rpartition(".")[2], "Count")
        counted = Counted(stream.account, stream.region, NAMESPACE, metric, dimensions, unit)
        self._counts.add(counted, value)

    def written(self, puts: Iterable[Written]) -> None:
        """One operation that put records: a sample for the stream, and one for each shard."""
        records = size = refused = 0
        for put in puts:
            records, size, refused = records + put.records, size + put.size, refused + put.refused
            if self._stream.monitored:
                self._of_shard("WriteProvisionedThroughputExceeded", put.refused, put.shard)
                if put.records:
                    self._of_shard("IncomingRecords", put.records, put.shard)
                    self._of_shard("IncomingBytes", put.size, put.shard)
        self.add("WriteProvisionedThroughputExceeded", refused)
        if records:
            self.add("IncomingRecords", records)
            self.add("IncomingBytes", size)

    def read_call(self, shard: int, *, throttled: bool) -> None:
        """A call of GetRecords, let in or not."""
        self.add("ReadProvisionedThroughputExceeded", int(throttled))
        self._of_shard("ReadProvisionedThroughputExceeded", int(throttled), shard)

    def was_read(self, shard: int, *, records: int, size: int, behind_ms: float) -> None:
        """What a call of GetRecords gave."""
        self.add("GetRecords.Records", records)
        self.add("GetRecords.Bytes", size)
        self.add("GetRecords.IteratorAgeMilliseconds", behind_ms)
        for metric, value in (
            ("OutgoingRecords", records),
            ("OutgoingBytes", size),
            ("IteratorAgeMilliseconds", behind_ms),
        ):
            self._of_shard(metric, value, shard)

    def event(self, consumer: str, *, records: int, size: int, behind_ms: float) -> None:
        """An event that a consumer with enhanced fan-out was sent."""
        for metric, value in (
            ("Success", 1.0),
            ("Records", records),
            ("Bytes", size),
            ("MillisBehindLatest", behind_ms),
        ):
            self.add(f"SubscribeToShardEvent.{metric}", value, ("ConsumerName", consumer))

    def _of_shard(self, metric: str, value: float, shard: int) -> None:
        if metric in self._stream.monitored:
            self.add(metric, value, ("ShardId", shard_id(shard)))
