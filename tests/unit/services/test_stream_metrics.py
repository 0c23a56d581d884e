"""What readers of tables' streams are counted as, for CloudWatch."""

from __future__ import annotations

from typing import Any

from jedlik.api import load_registry
from jedlik.api.context import Context
from jedlik.services import dynamodb, dynamodbstreams
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.counts import Counts
from jedlik.tables.database import Database

OPERATIONS = load_registry([dynamodb, dynamodbstreams])


async def test_records_and_bytes_are_counted_by_stream() -> None:
    db = Database(MemoryEngine())
    await db.open()

    async def ask(service: str, name: str, **request: Any) -> Any:
        operation = OPERATIONS.operation(service, name)
        assert operation is not None
        operation.check(request)
        now = db.clock.now_ms() / 1000
        return await operation(Context(db, "000000000000", "us-east-1", None, "id", now), request)

    made = await ask(
        "dynamodb",
        "CreateTable",
        TableName="ttt",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    arn = made["TableDescription"]["LatestStreamArn"]
    await ask("dynamodb", "PutItem", TableName="ttt", Item={"pk": {"S": "abc"}})
    described = await ask("dynamodbstreams", "DescribeStream", StreamArn=arn)
    for shard in described["StreamDescription"]["Shards"]:
        where = {"StreamArn": arn, "ShardId": shard["ShardId"]}
        found = await ask(
            "dynamodbstreams", "GetShardIterator", **where, ShardIteratorType="TRIM_HORIZON"
        )
        await ask("dynamodbstreams", "GetRecords", ShardIterator=found["ShardIterator"])
    calls = len(described["StreamDescription"]["Shards"])
    counted = {what.metric: (what, values) for what, values in Counts.of(db).drained()}
    what, values = counted["ReturnedRecordsCount"]
    assert what.namespace == "AWS/DynamoDB"
    assert what.dimensions == (
        ("Operation", "GetRecords"),
        ("StreamLabel", arn.rpartition("/")[2]),
        ("TableName", "ttt"),
    )
    assert (values.times, values.total, values.most) == (calls, 1, 1)
    assert counted["ReturnedBytes"][1].total == 5
