"""What Kinesis streams count for CloudWatch: by stream, and by shard where that is asked for."""

from __future__ import annotations

from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import pytest

from jedlik.api import ApiError, load_registry
from jedlik.api.context import Context
from jedlik.services import kinesis
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.counts import Counts, Values
from jedlik.tables.database import Database
from jedlik.workers.kinesis import KinesisStreams

OPERATIONS = load_registry([kinesis])
NOW_S = 1_800_000_000.0
SETTINGS = SimpleNamespace(throttling="on")


@pytest.fixture
async def db() -> Database:
    db = Database(MemoryEngine())
    await db.open()
    await ask(db, "CreateStream", StreamName="s", ShardCount=1)
    await KinesisStreams(db).step(int(NOW_S * 1000))
    return db


async def ask(db: Database, name: str, *, at_s: float = NOW_S, **request: Any) -> dict[str, Any]:
    operation = OPERATIONS.operation("kinesis", name)
    assert operation is not None
    operation.check(request)
    settings: Any = SETTINGS
    answer = await operation(
        Context(db, "000000000000", "us-east-1", None, "id", at_s, settings=settings), request
    )
    assert isinstance(answer, dict)
    return answer


def record(size: int) -> dict[str, str]:
    return {"PartitionKey": "k", "Data": b64encode(bytes(size)).decode()}


def counted(db: Database) -> dict[tuple[str, ...], Values]:
    """By metric and the dimensions' values; without latencies."""
    found = {}
    for what, values in Counts.of(db).drained():
        assert what.namespace == "AWS/Kinesis"
        if "Latency" not in what.metric:
            found[what.metric, *(value for _, value in what.dimensions)] = values
        else:
            assert what.unit == "Milliseconds"
    return found


def once(value: float) -> Values:
    return Values(1, value, value, value)


async def test_puts_and_reads_are_counted_by_stream(db: Database) -> None:
    await ask(db, "PutRecord", StreamName="s", **record(9))
    assert counted(db) == {
        ("PutRecord.Success", "s"): once(1),
        ("PutRecord.Bytes", "s"): once(10),
        ("IncomingRecords", "s"): once(1),
        ("IncomingBytes", "s"): once(10),
        ("WriteProvisionedThroughputExceeded", "s"): once(0),
    }
    await ask(db, "PutRecords", StreamName="s", Records=[record(9), record(19), record(29)])
    found = counted(db)
    assert found["IncomingRecords", "s"] == once(3) and found["IncomingBytes", "s"] == once(60)
    assert found["PutRecords.Success", "s"] == once(1)
    assert found["PutRecords.TotalRecords", "s"] == once(3)
    assert found["PutRecords.SuccessfulRecords", "s"] == once(3)
    assert found["PutRecords.ThrottledRecords", "s"] == once(0)
    wanted = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    place = (await ask(db, "GetShardIterator", StreamName="s", **wanted))["ShardIterator"]
    answer = await ask(db, "GetRecords", ShardIterator=place, Limit=3, at_s=NOW_S + 5)
    assert len(answer["Records"]) == 3
    assert counted(db) == {
        ("GetRecords.Success", "s"): once(1),
        ("GetRecords.Records", "s"): once(3),
        ("GetRecords.Bytes", "s"): once(40),
        ("GetRecords.IteratorAgeMilliseconds", "s"): once(5000),
        ("ReadProvisionedThroughputExceeded", "s"): once(0),
    }
    await ask(db, "GetRecords", ShardIterator=answer["NextShardIterator"], at_s=NOW_S + 5)
    assert counted(db)["GetRecords.IteratorAgeMilliseconds", "s"] == once(0)


async def test_what_is_refused_is_counted(db: Database) -> None:
    await ask(db, "PutRecords", StreamName="s", Records=[record(700_000), record(700_000)])
    found = counted(db)
    assert found["PutRecords.Success", "s"] == once(1)
    assert found["PutRecords.ThrottledRecords", "s"] == once(1)
    assert found["WriteProvisionedThroughputExceeded", "s"] == once(1)
    assert found["IncomingRecords", "s"] == once(1)
    with pytest.raises(ApiError):
        await ask(db, "PutRecord", StreamName="s", **record(700_000))
    assert counted(db) == {
        ("PutRecord.Success", "s"): once(0),
        ("WriteProvisionedThroughputExceeded", "s"): once(1),
    }
    wanted = {"ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"}
    place = (await ask(db, "GetShardIterator", StreamName="s", **wanted))["ShardIterator"]
    for _ in range(5):
        await ask(db, "GetRecords", ShardIterator=place)
    with pytest.raises(ApiError):
        await ask(db, "GetRecords", ShardIterator=place)
    found = counted(db)
    assert found["ReadProvisionedThroughputExceeded", "s"] == Values(6, 1, 0, 1)
    assert found["GetRecords.Success", "s"] == Values(6, 5, 0, 1)


async def test_shards_are_told_of_where_that_is_asked_for(db: Database) -> None:
    await ask(db, "EnableEnhancedMonitoring", StreamName="s", ShardLevelMetrics=["IncomingBytes"])
    await ask(db, "PutRecord", StreamName="s", **record(9))
    found = counted(db)
    assert found["IncomingBytes", "shardId-000000000000", "s"] == once(10)
    assert ("IncomingRecords", "shardId-000000000000", "s") not in found
