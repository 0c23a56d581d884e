"""Shards that roll over: parents, children, and a reader that follows them. Owns a server, whose
shards live for a second and whose clock is the machine's."""

from __future__ import annotations

import time

import pytest

from tests.support.follower import Follower, as_state, replay
from tests.support.server import Server

GENERATIONS = 3
WAIT_S_MAX = 60


@pytest.fixture(scope="module")
def server(target):
    if target != "jedlik":
        pytest.skip("the age of a shard is a setting of Jedlik")
    with Server("--stream-shard-s", "1") as server:
        yield server


def test_a_reader_that_follows_lineage_sees_every_change_once_and_in_order(server, make_client):
    dynamodb = make_client("dynamodb", endpoint_url=server.endpoint)
    streams = make_client("dynamodbstreams", endpoint_url=server.endpoint)
    made = dynamodb.create_table(
        TableName="rolled",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    arn = made["TableDescription"]["LatestStreamArn"]
    follower = Follower(streams, arn)
    state, events, written = {}, [], 0
    deadline = time.monotonic() + WAIT_S_MAX
    while lineage(follower.shards()) < GENERATIONS:
        assert time.monotonic() < deadline
        for _ in range(20):
            item = {"pk": {"S": str(written % 11)}, "v": {"N": str(written)}}
            dynamodb.put_item(TableName="rolled", Item=item)
            written += 1
        for record in follower.poll():
            replay(state, record)
            events.append(record["eventID"])
    for record in follower.poll():
        replay(state, record)
        events.append(record["eventID"])
    assert len(events) == len(set(events)) == written
    assert state == as_state(dynamodb.scan(TableName="rolled")["Items"], "pk")
    check_shards(follower.shards())
    check_filter(streams, arn, follower.shards())


def lineage(shards):
    """The length of the longest line from a shard back to its first ancestor."""
    parents = {shard["ShardId"]: shard.get("ParentShardId") for shard in shards}

    def depth(shard):
        return 0 if shard is None or shard not in parents else 1 + depth(parents[shard])

    return max(depth(shard) for shard in parents)


def check_shards(shards):
    by_id = {shard["ShardId"]: shard for shard in shards}
    for shard in shards:
        numbers = shard["SequenceNumberRange"]
        first = int(numbers["StartingSequenceNumber"])
        assert first <= int(numbers.get("EndingSequenceNumber", first))
        parent = by_id.get(shard.get("ParentShardId"))
        if parent is not None:
            assert int(parent["SequenceNumberRange"]["EndingSequenceNumber"]) < first


def check_filter(streams, arn, shards):
    children = [shard for shard in shards if "ParentShardId" in shard]
    for child in children:
        wanted = {"Type": "CHILD_SHARDS", "ShardId": child["ParentShardId"]}
        described = streams.describe_stream(StreamArn=arn, ShardFilter=wanted)
        assert [s["ShardId"] for s in described["StreamDescription"]["Shards"]] == [
            child["ShardId"]
        ]
