"""`jedlik migrate` as its user sees it: tables, streams, backups and objects before and after."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from botocore.exceptions import ClientError

from tests.conftest import wait_active
from tests.support.postgres import Cluster
from tests.support.server import Server

WAIT_S_MAX = 60
ITEMS = 150


def migrate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jedlik", "migrate", *arguments],
        capture_output=True,
        text=True,
        timeout=WAIT_S_MAX,
        check=False,
    )


def moved(*arguments: str) -> str:
    done = migrate(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "moved and compared" in done.stdout
    return done.stdout


def make_table(dynamodb: Any) -> str:
    """A table with everything that leaves something behind; its stream's ARN."""
    made = dynamodb.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "group", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-group",
                "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]
    wait_active(dynamodb, "table")
    dynamodb.update_time_to_live(
        TableName="table", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    dynamodb.update_continuous_backups(
        TableName="table",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    return str(made["LatestStreamArn"])


def put(dynamodb: Any, at: int, group: str) -> None:
    item = {"pk": {"S": str(at)}, "group": {"S": group}, "until": {"N": str(1 << 40)}}
    dynamodb.put_item(TableName="table", Item=item)


def contents(dynamodb: Any, table: str = "table") -> dict[str, str]:
    items = dynamodb.scan(TableName=table, ConsistentRead=True)["Items"]
    return {item["pk"]["S"]: item["group"]["S"] for item in items}


def read_on(streams: Any, iterators: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """What the iterators still give, as (key, group), and where they then are."""
    found, following = [], []
    for iterator in iterators:
        while True:
            page = streams.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                image = record["dynamodb"].get("NewImage", {"group": {"S": "deleted"}})
                found.append((record["dynamodb"]["Keys"]["pk"]["S"], image["group"]["S"]))
            after = page.get("NextShardIterator")
            if not after or not page["Records"]:
                following += [after] if after else []
                break
            iterator = after
    return found, following


def begin_reading(streams: Any, arn: str) -> list[str]:
    shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    return [
        streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        for shard in shards
        if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    ]


def restored(dynamodb: Any, name: str, at: float) -> dict[str, str]:
    dynamodb.restore_table_to_point_in_time(
        SourceTableName="table", TargetTableName=name, RestoreDateTime=at
    )
    wait_active(dynamodb, name)
    return contents(dynamodb, name)


def until_the_next_second() -> float:
    """An instant that a request can name, after everything until now and before what follows."""
    named = int(time.time()) + 1
    while time.time() < named + 0.05:
        time.sleep(0.05)
    return named


def test_a_store_that_moves_out_and_in_again(cluster: Cluster, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    url = cluster.url("house")
    with Server("--data", str(first)) as server:
        dynamodb = server.client()
        arn = make_table(dynamodb)
        for at in range(ITEMS):
            put(dynamodb, at, "old")
        early = contents(dynamodb)
        instant = until_the_next_second()
        for at in range(0, ITEMS, 2):
            put(dynamodb, at, "new")
        dynamodb.delete_item(TableName="table", Key={"pk": {"S": "1"}})
        late = contents(dynamodb)
        backup = dynamodb.create_backup(TableName="table", BackupName="kept")["BackupDetails"]
        iterators = begin_reading(server.client("dynamodbstreams"), arn)
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="key", Body=b"x" * 300_000)
        refused = migrate("--from", str(first), "--to", url)
        assert refused.returncode == 1
        assert f"in use by process {server.pid}" in refused.stderr

    said = moved("--from", str(first), "--to", url)
    assert cluster.password not in said
    with Server("--store", url, "--data", str(first)) as server:
        with pytest.raises(ClientError, match="objects need --blobs"):
            server.client("s3").put_object(Bucket="bucket", Key="more", Body=b"x")
    objects = ("--blobs", str(first / "objects"))
    with Server("--store", url, "--data", str(first), *objects) as server:
        dynamodb = server.client()
        assert contents(dynamodb) == late
        put(dynamodb, ITEMS, "there")
        records, iterators = read_on(server.client("dynamodbstreams"), iterators)
        assert len(records) == ITEMS + ITEMS // 2 + 2
        assert records.count((str(ITEMS), "there")) == 1
        assert restored(dynamodb, "early", instant) == early
        refused = migrate("--from", url, "--to", str(second), "--from-data", str(first))
        assert refused.returncode == 1
        assert "in use" in refused.stderr
        body = server.client("s3").get_object(Bucket="bucket", Key="key")["Body"].read()
        assert body == b"x" * 300_000

    moved("--from", url, "--to", str(second), "--from-data", str(first))
    assert (second / "credentials").read_bytes() == (first / "credentials").read_bytes()
    assert (second / "credentials").stat().st_mode & 0o777 == 0o600
    with Server("--data", str(second)) as server:
        dynamodb = server.client()
        assert contents(dynamodb) == late | {str(ITEMS): "there"}
        assert contents(dynamodb, "early") == early
        indexed = dynamodb.query(
            TableName="table",
            IndexName="by-group",
            KeyConditionExpression="#g = :g",
            ExpressionAttributeNames={"#g": "group"},
            ExpressionAttributeValues={":g": {"S": "new"}},
            Select="COUNT",
        )
        assert indexed["Count"] == ITEMS // 2
        put(dynamodb, ITEMS + 1, "back")
        records, _ = read_on(server.client("dynamodbstreams"), iterators)
        assert records == [(str(ITEMS + 1), "back")]
        assert restored(dynamodb, "again", instant) == early
        dynamodb.restore_table_from_backup(TargetTableName="kept", BackupArn=backup["BackupArn"])
        wait_active(dynamodb, "kept")
        assert contents(dynamodb, "kept") == late
        body = server.client("s3").get_object(Bucket="bucket", Key="key")["Body"].read()
        assert body == b"x" * 300_000
    assert migrate("--from", str(first), "--to", str(second)).returncode == 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_move_that_ends_in_the_middle_goes_on(
    cluster: Cluster, tmp_path: Path, how: signal.Signals
) -> None:
    """The test holds the table of the log, so that the move stands still when it comes to that."""
    folder, schema = str(tmp_path / "data"), f"half_{how.name.lower()}"
    url = cluster.url(schema)
    with Server("--data", folder) as server:
        dynamodb = server.client()
        make_table(dynamodb)
        for at in range(ITEMS):
            put(dynamodb, at, "old")
        before = contents(dynamodb)

    async def hold_and_end() -> str:
        holder = await asyncpg.connect(cluster.plain_url)
        await holder.execute(f"SET search_path = {schema}")
        # The schema as a move begins it; then nothing can be copied into the log.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", STOPPED_AT_THE_LOG, "migrate", "--from", folder, "--to", url,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            # Whoever starts the tests in the background may have had SIGINT ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        assert process.stdout is not None
        line = b""
        while b"at the log" not in line:
            line = await asyncio.wait_for(process.stdout.readline(), WAIT_S_MAX)
            assert line, "the move ended by itself"
        assert await holder.fetchval("SELECT count(*) FROM kv") > 0
        process.send_signal(how)
        rest = await asyncio.wait_for(process.stdout.read(), WAIT_S_MAX)
        await process.wait()
        await holder.close()
        return f"{process.returncode} {rest.decode()}"

    ended = asyncio.run(hold_and_end())
    assert ended.startswith("-9 " if how is signal.SIGKILL else "130 "), ended
    if how is signal.SIGINT:
        assert "the same command goes on" in ended
        assert "Traceback" not in ended
    refused = subprocess.run(
        [sys.executable, "-m", "jedlik", "start", "--port", "0", "--store", url, "--data", folder],
        capture_output=True, text=True, timeout=WAIT_S_MAX, check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "unfinished `jedlik migrate`" in refused.stderr
    deadline = time.monotonic() + WAIT_S_MAX
    while (again := migrate("--from", folder, "--to", url)).returncode:
        # A killed process's connection takes the server a moment to notice.
        assert "another `jedlik migrate`" in again.stderr, again.stderr
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert "going on where" in again.stderr
    with Server("--store", url, "--data", folder) as server:
        assert contents(server.client()) == before


STOPPED_AT_THE_LOG = """
import asyncio
from jedlik.storage.moving_postgres import PostgresTarget
async def put_log(self, *arguments):
    print("at the log", flush=True)
    await asyncio.sleep(600)
PostgresTarget.put_log = put_log
from jedlik.__main__ import main
main()
"""
"""The command, but that it waits for ever where it would write the first records of a log."""


def test_what_cannot_be_is_said(cluster: Cluster, tmp_path: Path) -> None:
    with Server("--data", str(tmp_path / "data")):
        pass
    (other := tmp_path / "other").mkdir()
    (other / "credentials").write_text("another's")
    for arguments, text in (
        (("--from", str(tmp_path / "none"), "--to", str(tmp_path / "new")), "there is no folder"),
        (("--from", cluster.url("none"), "--to", str(tmp_path / "new")), "--from-data names"),
        (
            (
                "--from", cluster.url("none"), "--to", str(tmp_path / "new"),
                "--from-data", str(tmp_path),
            ),
            "there is no store in",
        ),
        (("--from", str(tmp_path / "data"), "--to", str(other)), "is another file"),
        (
            ("--from", str(tmp_path / "data"), "--to", "postgresql://nobody@127.0.0.1:1/x"),
            "no server answers",
        ),
    ):  # fmt: skip
        done = migrate(*arguments)
        assert done.returncode in (1, 2)
        assert text in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "none").exists()
