"""Several Jedlik processes on one store: what one changes the others obey at once, and the loss of
one loses nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.conftest import wait_active
from tests.support.postgres import Cluster
from tests.support.server import Server

PATIENCE_S = 90.0
LEADER = "does the background work"


def eventually(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"never: {what}")


@pytest.fixture(scope="module")
def three(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    folder = tmp_path_factory.mktemp("three")
    url = cluster.url(schema="three", connections=8)
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                Server(
                    "--store", url, "--data", str(folder / f"data{at}"), "--dax-nodes", "0",
                    "--ttl-interval-ms", "200", "--stream-shard-s", "4",
                )
            )
            for at in range(3)
        ]  # fmt: skip


def make(dynamodb: Any, name: str, key: str = "pk", **more: Any) -> None:
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
    wait_active(dynamodb, name)


def add_index(dynamodb: Any, table: str) -> None:
    dynamodb.update_table(
        TableName=table,
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "colour", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-colour",
                    "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )


def is_active(dynamodb: Any, table: str) -> bool:
    found = dynamodb.describe_table(TableName=table)["Table"]
    return all(i["IndexStatus"] == "ACTIVE" for i in found["GlobalSecondaryIndexes"])


def records_of(streams: Any, arn: str) -> list[dict[str, Any]]:
    """Everything that is in a stream now, parents first."""
    shards: list[Any] = []
    further: dict[str, str] = {}
    while True:
        page = streams.describe_stream(StreamArn=arn, **further)["StreamDescription"]
        shards += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            break
        further = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}
    found = []
    for shard in shards:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator:
            answer = streams.get_records(ShardIterator=iterator)
            found += answer["Records"]
            if not answer["Records"]:
                break
            iterator = answer.get("NextShardIterator")
    return found


def test_a_new_index_sees_the_others_next_write(three: list[Server]) -> None:
    """The item is written by a process that has known the table without the index for long."""
    one, other, third = (each.client() for each in three)
    for at in range(5):
        table = f"indexed{at}"
        make(one, table)
        for each in (other, third):
            each.put_item(TableName=table, Item={"pk": {"S": "old"}, "colour": {"S": "red"}})
        add_index(one, table)
        other.put_item(TableName=table, Item={"pk": {"S": "new"}, "colour": {"S": "red"}})
        eventually(lambda: is_active(third, table), "the index is ACTIVE")  # noqa: B023
        found = third.query(
            TableName=table,
            IndexName="by-colour",
            KeyConditionExpression="colour = :red",
            ExpressionAttributeValues={":red": {"S": "red"}},
        )
        assert {item["pk"]["S"] for item in found["Items"]} == {"old", "new"}


def test_a_stream_has_the_others_next_write(three: list[Server]) -> None:
    one, other, third = (each.client() for each in three)
    make(one, "streamed")
    other.put_item(TableName="streamed", Item={"pk": {"S": "before"}})
    arn = one.update_table(
        TableName="streamed",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    for at, each in enumerate((other, third, other)):
        each.put_item(TableName="streamed", Item={"pk": {"S": "after"}, "at": {"N": str(at)}})
    found = records_of(three[2].client("dynamodbstreams"), arn)
    images = [each["dynamodb"]["NewImage"] for each in found]
    assert [image["at"]["N"] for image in images] == ["0", "1", "2"]


def test_a_table_made_anew_is_what_the_others_see(three: list[Server]) -> None:
    one, other, _ = (each.client() for each in three)
    for key in ("first", "second"):
        make(one, "again", key)
        other.put_item(TableName="again", Item={key: {"S": "x"}})
        assert other.get_item(TableName="again", Key={key: {"S": "x"}})["Item"] == {key: {"S": "x"}}
        if key == "second":
            with pytest.raises(ClientError, match="ValidationException"):
                other.put_item(TableName="again", Item={"first": {"S": "x"}})
            assert other.scan(TableName="again")["Count"] == 1
        one.delete_table(TableName="again")
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            other.get_item(TableName="again", Key={key: {"S": "x"}})
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            other.put_item(TableName="again", Item={key: {"S": "y"}})


def test_an_iterator_of_one_process_is_good_in_another(three: list[Server]) -> None:
    one, other, _ = (each.client() for each in three)
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    make(one, "iterated", StreamSpecification=stream)
    arn = one.describe_table(TableName="iterated")["Table"]["LatestStreamArn"]
    other.put_item(TableName="iterated", Item={"pk": {"S": "x"}})
    here, there = three[0].client("dynamodbstreams"), three[1].client("dynamodbstreams")
    shards = here.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    count = 0
    for shard in shards:
        iterator = here.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        count += len(there.get_records(ShardIterator=iterator)["Records"])
    assert count == 1


class Writer(threading.Thread):
    """Counts an item of its own up, by way of whichever process answers."""

    def __init__(self, servers: list[Server], number: int, table: str) -> None:
        super().__init__(daemon=True)
        self.name_of_item = f"writer{number}"
        self.acknowledged: list[int] = []
        self.ended = threading.Event()
        self._clients = [each.client() for each in servers]
        self._at = number % len(servers)
        self._table = table

    def run(self) -> None:
        count = 0
        while not self.ended.is_set():
            count += 1
            try:
                self._clients[self._at].put_item(
                    TableName=self._table,
                    Item={
                        "pk": {"S": self.name_of_item},
                        "at": {"N": str(count)},
                        "colour": {"S": "blue"},
                    },
                )
            except (BotoCoreError, ClientError):
                self._at = (self._at + 1) % len(self._clients)
                continue
            self.acknowledged.append(count)


class Follower(threading.Thread):
    """Reads a stream as consumers do, parents before children, while its shards roll over."""

    def __init__(self, server: Server, table: str) -> None:
        super().__init__(daemon=True)
        self.numbers: list[str] = []
        self.fault: BaseException | None = None
        self.ended = threading.Event()
        self._streams = server.client("dynamodbstreams")
        self._arn = server.client().describe_table(TableName=table)["Table"]["LatestStreamArn"]

    def run(self) -> None:
        try:
            self._follow()
        except BaseException as fault:
            self.fault = fault

    def _follow(self) -> None:
        reading: dict[str, str] = {}
        done: set[str] = set()
        seen: dict[str, int] = {}
        while not self.ended.is_set():
            for shard in self._shards():
                name, parent = shard["ShardId"], shard.get("ParentShardId")
                if name in done or (parent is not None and parent not in done):
                    continue
                if name not in reading:
                    reading[name] = self._streams.get_shard_iterator(
                        StreamArn=self._arn, ShardId=name, ShardIteratorType="TRIM_HORIZON"
                    )["ShardIterator"]
                answer = self._streams.get_records(ShardIterator=reading[name])
                for record in answer["Records"]:
                    # The log's own number: it would be told again in a child of the shard.
                    number = record["dynamodb"]["SequenceNumber"]
                    self.numbers.append(number[:-9] + "." + number[-3:])
                    image = record["dynamodb"].get("NewImage", {})
                    if "at" in image:
                        item, at = image["pk"]["S"], int(image["at"]["N"])
                        assert seen.get(item, 0) < at, "out of order, or twice"
                        seen[item] = at
                if "NextShardIterator" in answer:
                    reading[name] = answer["NextShardIterator"]
                else:
                    done.add(name)

    def _shards(self) -> list[Any]:
        found: list[Any] = []
        further: dict[str, str] = {}
        while True:
            page = self._streams.describe_stream(StreamArn=self._arn, **further)
            found += page["StreamDescription"]["Shards"]
            last = page["StreamDescription"].get("LastEvaluatedShardId")
            if last is None:
                return found
            further = {"ExclusiveStartShardId": last}


def test_a_process_is_killed_under_load(three: list[Server]) -> None:
    """The one that does the background work. The others lose nothing, and one of them takes the
    work over: an index is filled and items expire."""
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    make(three[0].client(), "loaded", StreamSpecification=stream)
    leaders = [each for each in three if LEADER in each.output()]
    assert len(leaders) == 1
    (leader,) = leaders
    survivors = [each for each in three if each is not leader]
    one, other = (each.client() for each in survivors)
    one.update_time_to_live(
        TableName="loaded", TimeToLiveSpecification={"Enabled": True, "AttributeName": "end"}
    )
    writers = [Writer(three, number, "loaded") for number in range(6)]
    for each in writers:
        each.start()
    eventually(lambda: all(len(each.acknowledged) > 20 for each in writers), "some writes")
    follower = Follower(survivors[0], "loaded")
    follower.start()
    leader.kill()
    before = [len(each.acknowledged) for each in writers]
    past = {"N": str(int(time.time()) - 60)}
    one.put_item(TableName="loaded", Item={"pk": {"S": "expired"}, "end": past})
    add_index(one, "loaded")
    eventually(lambda: is_active(other, "loaded"), "the index is filled by another")
    expired = {"TableName": "loaded", "Key": {"pk": {"S": "expired"}}, "ConsistentRead": True}
    eventually(lambda: "Item" not in other.get_item(**expired), "an item expires")
    eventually(
        lambda: all(len(w.acknowledged) > n + 20 for w, n in zip(writers, before, strict=True)),
        "writes go on",
    )
    for each in (*writers, follower):
        each.ended.set()
    for each in (*writers, follower):
        each.join(PATIENCE_S)
        assert not each.is_alive()
    assert follower.fault is None
    assert follower.numbers
    assert len(set(follower.numbers)) == len(follower.numbers)
    assert any(LEADER in each.output() for each in survivors)

    arn = one.describe_table(TableName="loaded")["Table"]["LatestStreamArn"]
    streams = survivors[1].client("dynamodbstreams")

    def all_are_streamed() -> bool:
        """Each item's changes once and in order, at any time; shards roll over meanwhile."""
        seen: dict[str, list[int]] = {}
        for record in records_of(streams, arn):
            image = record["dynamodb"].get("NewImage")
            if image is not None and "at" in image:
                seen.setdefault(image["pk"]["S"], []).append(int(image["at"]["N"]))
        assert all(counts == sorted(set(counts)) for counts in seen.values())
        return all(set(w.acknowledged) <= set(seen.get(w.name_of_item, ())) for w in writers)

    eventually(all_are_streamed, "all that was acknowledged is in the stream")
    items = {item["pk"]["S"]: item for item in other.scan(TableName="loaded")["Items"]}
    indexed = one.query(
        TableName="loaded",
        IndexName="by-colour",
        KeyConditionExpression="colour = :blue",
        ExpressionAttributeValues={":blue": {"S": "blue"}},
    )["Items"]
    assert {item["pk"]["S"]: item for item in indexed} == items
    for each in writers:
        assert int(items[each.name_of_item]["at"]["N"]) >= each.acknowledged[-1]
    leader.restart()


def children(pid: int) -> set[int]:
    return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_workers_share_the_port_and_are_started_again(cluster: Cluster, tmp_path: Path) -> None:
    url = cluster.url(schema="workers", connections=4)
    arguments = ("--store", url, "--data", str(tmp_path / "data"), "--workers", "2")
    root = {"JEDLIK_ACCESS_KEY_ID": "AKIDROOTROOTROOT", "JEDLIK_SECRET_ACCESS_KEY": "s" * 40}
    with Server(*arguments, "--auth", "required", environment=root) as server:
        eventually(lambda: len(children(server.pid)) == 2, "two workers")
        first = min(children(server.pid))
        health = f"{server.endpoint}/_jedlik/health"
        eventually(lambda: {_worker(health) for _ in range(10)} == {0, 1}, "both answer")
        _sessions_are_good_everywhere(server, root)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: first not in children(server.pid), "its death is noticed")
        eventually(lambda: len(children(server.pid)) == 2, "another is started")
        eventually(lambda: {_worker(health) for _ in range(10)} == {0, 1}, "both answer again")
        left = children(server.pid)
        assert server.stop() == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in left)
        assert cluster.password not in server.output()


def _sessions_are_good_everywhere(server: Server, root: dict[str, str]) -> None:
    """Each connection may get another worker; what one has signed the others accept."""
    keys = root["JEDLIK_ACCESS_KEY_ID"], root["JEDLIK_SECRET_ACCESS_KEY"]
    issued = server.client("sts", keys=keys).get_session_token()["Credentials"]
    session = issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]
    for _ in range(8):
        assert server.client(keys=session).list_tables()["TableNames"] == []


def _worker(url: str) -> int:
    import json
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(json.load(answer)["worker"])
    except OSError:
        return -1
