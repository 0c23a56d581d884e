"""AWS's Kinesis Client Library for Java, unchanged: two workers in processes of their own, one of
them killed, shards split and rolled over meanwhile. Only where there are a JDK and Maven on PATH.

Each worker runs three applications at once, for a JVM takes long to start: polling, in KCL 3's own
way of sharing work, which the first leaves in order before it dies; enhanced fan-out, in KCL 2's
(both over HTTP/2, in CBOR); and a table's stream, by the DynamoDB Streams adapter.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.aws.kinesis.conftest import settled
from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY, wait_active
from tests.support import runtimes
from tests.support.server import Server

SOURCES = Path(__file__).parent / "java_kinesis"
OPTIONS = ("-Xmx160m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
WAIT_S_MAX = 150
STOP_S_MAX = 90
SHARD_S = 12
TICK_S = 0.2
KEYS = [f"key{i}" for i in range(8)]
STREAM, TABLE = "orders", "orders"
MODES = ["polling", "fanout", "table"]


class Line(NamedTuple):
    """What a worker told: when, in which application, and what about which shard."""

    at_us: int
    worker: str
    mode: str
    what: str
    shard: str = ""
    number: str = ""
    key: str = ""
    value: str = ""


class Worker:
    """A JVM, and all that it told."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name = name
        self.lines: list[Line] = []
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                env={
                    **os.environ,
                    "AWS_REGION": REGION,
                    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
                    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
                },
                text=True,
            )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            at_us, *rest = text.split()
            self.lines.append(Line(int(at_us), self.name, *rest))

    def told(self, mode: str, *what: str) -> list[Line]:
        return [line for line in list(self.lines) if line.mode == mode and line.what in what]

    def leave(self, mode: str) -> None:
        """Let it give its leases of one application to others."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{mode}\n")
        self.process.stdin.flush()

    def stop(self) -> int:
        """Let it end what it is about, and give back its leases."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            return self.process.wait(STOP_S_MAX)
        finally:
            self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()


@dataclass
class Writer(threading.Thread):
    """Writes the numbers 0, 1, … to each key of the stream and of the table, until it is told."""

    kinesis: Any
    dynamodb: Any
    written: int = 0
    ends: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        while not self.ends.wait(TICK_S):
            value = str(self.written)
            answer = self.kinesis.put_records(
                StreamName=STREAM,
                Records=[{"PartitionKey": key, "Data": value.encode()} for key in KEYS],
            )
            assert answer["FailedRecordCount"] == 0
            for key in KEYS:
                item = {"pk": {"S": key}, "n": {"N": value}}
                self.dynamodb.put_item(TableName=TABLE, Item=item)
            self.written += 1

    def stop(self) -> None:
        self.ends.set()
        self.join()


@dataclass
class Story:
    """What happened. lines: of both workers, by time. killed_us: when the first was."""

    lines: dict[str, list[Line]]
    written: int
    killed_us: int
    leases: dict[str, list[dict[str, Any]]]
    owned: dict[str, int]
    split: dict[str, list[str]]
    metrics: dict[str, int]


@pytest.fixture(scope="module")
def story(target: str, make_client: Any, tmp_path_factory: pytest.TempPathFactory) -> Story:
    if target != "jedlik":
        pytest.skip("the age of a table's shards is a setting of Jedlik")
    try:
        jars = runtimes.java_libraries(SOURCES)
    except runtimes.Missing as missing:
        pytest.skip(f"needs {missing}")
    folder = tmp_path_factory.mktemp("workers")
    path = f"{folder}:{jars}/*"
    subprocess.run(
        ["javac", "-proc:none", "-cp", path, "-d", str(folder), str(SOURCES / "Worker.java")],
        check=True,
    )
    with Server("--stream-shard-s", str(SHARD_S)) as server:
        workers: list[Worker] = []
        writers: list[Writer] = []

        def start(name: str, *applications: str) -> Worker:
            command = ["java", *OPTIONS, "-cp", path, "Worker", server.endpoint, name]
            workers.append(Worker(name, [*command, *applications], folder / f"{name}.log"))
            return workers[-1]

        def client(service: str) -> Any:
            return make_client(service, endpoint_url=server.endpoint)

        try:
            return _told(start, writers, client)
        finally:
            for writer in writers:
                writer.stop()
            for worker in workers:
                worker.kill()
                print(f"--- {worker.name}\n{worker.log.read_text()[-20_000:]}")


def _told(
    start: Callable[..., Worker], writers: list[Writer], client: Callable[[str], Any]
) -> Story:
    kinesis, dynamodb = client("kinesis"), client("dynamodb")
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    settled(kinesis, STREAM)
    made = dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    wait_active(dynamodb, TABLE)
    table_stream = made["TableDescription"]["LatestStreamArn"]
    applications = (f"polling={STREAM}", f"fanout={STREAM}", f"table={table_stream}")
    writer = Writer(client("kinesis"), client("dynamodb"))
    writers.append(writer)
    writer.start()

    first = start("first", *applications)
    for mode in MODES:
        _wait(lambda m=mode: first.told(m, "record"), f"records of {mode}", first)
    second = start("second", *applications)
    for mode in MODES:
        _wait(lambda m=mode: second.told(m, "ready"), f"the second worker of {mode}", first, second)
    # Each takes its share, in the way of KCL 2 surely: one of two shards.
    _wait(lambda: second.told("fanout", "record"), "a share for the second", first, second)
    first.leave("polling")
    _wait(lambda: first.told("polling", "left"), "the first to leave polling", first, second)
    left_us = first.told("polling", "left")[0].at_us
    for shard in ("shardId-000000000000", "shardId-000000000001"):
        _wait(
            lambda s=shard: any(
                each.at_us > left_us and each.shard == s
                for each in second.told("polling", "record")
            ),
            f"polling of {shard} after the first left",
            first,
            second,
        )
    killed_us = time.time_ns() // 1000
    first.kill()
    for mode in MODES:
        _wait(lambda m=mode: second.told(m, "record"), f"{mode} after the first's death", second)

    split: dict[str, list[str]] = {}
    parent = "shardId-000000000000"
    kinesis.split_shard(
        StreamName=STREAM, ShardToSplit=parent, NewStartingHashKey=str(_middle(kinesis, parent))
    )
    settled(kinesis, STREAM)
    shards = kinesis.list_shards(StreamName=STREAM)["Shards"]
    split[parent] = [each["ShardId"] for each in shards if each.get("ParentShardId") == parent]
    for mode in ("polling", "fanout"):
        for child in split[parent]:
            _wait(
                lambda m=mode, c=child: c in {each.shard for each in second.told(m, "record")},
                f"{mode} of {child}",
                second,
            )
    writer.stop()
    workers = (first, second)
    for mode in MODES:
        _wait(lambda m=mode: _is_complete(workers, m, writer.written), f"all of {mode}", second)
    owned = {}
    for mode in MODES:
        found = dynamodb.query(
            TableName=f"kcl-{mode}",
            IndexName="LeaseOwnerToLeaseKeyIndex",
            KeyConditionExpression="leaseOwner = :o",
            ExpressionAttributeValues={":o": {"S": "second"}},
        ) if mode == "polling" else {"Count": 0}  # fmt: skip
        owned[mode] = found["Count"]
    cloudwatch = client("cloudwatch")
    metrics = {
        mode: len(cloudwatch.list_metrics(Namespace=f"kcl-{mode}")["Metrics"]) for mode in MODES
    }
    assert second.stop() == 0, second.log.read_text()[-5000:]
    lines = {
        mode: sorted(line for worker in workers for line in worker.lines if line.mode == mode)
        for mode in MODES
    }
    leases = {mode: dynamodb.scan(TableName=f"kcl-{mode}")["Items"] for mode in MODES}
    return Story(lines, writer.written, killed_us, leases, owned, split, metrics)


def _wait(condition: Callable[[], Any], what: str, *workers: Worker) -> None:
    deadline = time.monotonic() + WAIT_S_MAX
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        for worker in workers:
            assert worker.process.poll() is None, worker.log.read_text()[-5000:]
        time.sleep(0.1)


def _middle(kinesis: Any, shard: str) -> int:
    (found,) = (
        each
        for each in kinesis.list_shards(StreamName=STREAM)["Shards"]
        if each["ShardId"] == shard
    )
    keys = found["HashKeyRange"]
    return (int(keys["StartingHashKey"]) + int(keys["EndingHashKey"])) // 2


def _is_complete(workers: tuple[Worker, ...], mode: str, written: int) -> bool:
    told = {(each.key, each.value) for worker in workers for each in worker.told(mode, "record")}
    return len(told) == written * len(KEYS)


def records(story: Story, mode: str) -> Iterator[Line]:
    return (line for line in story.lines[mode] if line.what == "record")


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_every_record_is_processed_in_the_order_of_its_key(story: Story, mode: str) -> None:
    first_seen: dict[str, dict[int, None]] = defaultdict(dict)
    for line in records(story, mode):
        first_seen[line.key].setdefault(int(line.value))
    assert set(first_seen) == set(KEYS)
    for key, values in first_seen.items():
        assert list(values) == list(range(story.written)), key


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_the_second_worker_goes_on_where_the_first_stopped(story: Story, mode: str) -> None:
    worker = {
        name: [each for each in records(story, mode) if each.worker == name]
        for name in ("first", "second")
    }
    # It began at the checkpoints, not at the beginning.
    assert min(int(each.value) for each in worker["second"]) > 0
    assert max(each.at_us for each in worker["second"]) > story.killed_us
    if mode != "table":  # whose shards may have been others by then
        assert {each.shard for each in worker["first"]} & {each.shard for each in worker["second"]}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["polling", "fanout"])
def test_children_begin_when_their_parent_has_ended(story: Story, mode: str) -> None:
    for parent, children in story.split.items():
        assert len(children) == 2
        ended = [e.at_us for e in story.lines[mode] if e.what == "ended" and e.shard == parent]
        assert ended
        for child in children:
            began = [e.at_us for e in story.lines[mode] if e.what == "began" and e.shard == child]
            assert began
            assert min(began) > min(ended)


@pytest.mark.slow
def test_shards_of_a_table_roll_over_meanwhile(story: Story) -> None:
    ended = {line.shard for line in story.lines["table"] if line.what == "ended"}
    began = {line.shard for line in story.lines["table"] if line.what == "began"}
    assert len(ended) >= 4
    assert len(began) > 4  # so that there were children, too


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["polling", "fanout"])
def test_checkpoints_are_the_last_numbers(story: Story, mode: str) -> None:
    last: dict[str, str] = {}
    for line in records(story, mode):
        last[line.shard] = max(last.get(line.shard, ""), line.number)
    found = {each["leaseKey"]["S"]: each["checkpoint"]["S"] for each in story.leases[mode]}
    for parent, children in story.split.items():
        assert found.get(parent, "SHARD_END") == "SHARD_END"
        for child in children:
            assert found[child] == last[child]


@pytest.mark.slow
def test_the_index_of_leases_and_the_metrics_are_there(story: Story) -> None:
    assert story.owned["polling"] >= 3  # its owner's, by the index that KCL 3 adds
    assert all(story.metrics.values()), story.metrics
