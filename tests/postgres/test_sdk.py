"""The SDK's tests of the main operations, once more on a server whose store is PostgreSQL.

They run in a process of their own with JEDLIK_TEST_ENDPOINT, the switch that they have anyway.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import Cluster, Missing
from tests.support.server import Server

ROOT = Path(__file__).resolve().parents[2]
CHOSEN = [
    f"tests/aws/dynamodb/test_{name}.py"
    for name in (
        "put_item",
        "update_item",
        "delete_item",
        "query",
        "scan",
        "batch_get_item",
        "batch_write_item",
        "transact_write_items",
        "transact_get_items",
        "update_table",
        "table_life",
        "time_to_live",
    )
] + ["tests/aws/dynamodbstreams"]
TESTS_MIN = 200


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    try:
        made = Cluster()
    except Missing as missing:
        pytest.skip(str(missing))
    with made:
        yield made


def store_arguments(cluster: Cluster, folder: Path, **parameters: Any) -> list[str]:
    return ["--store", cluster.url(**parameters), "--data", str(folder / "data")]


def test_the_operations_answer_on_postgresql_as_in_memory(cluster: Cluster, tmp_path: Path) -> None:
    with Server(*store_arguments(cluster, tmp_path)) as server:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CHOSEN],
            cwd=ROOT,
            env={**os.environ, "JEDLIK_TEST_ENDPOINT": server.endpoint},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout[-5000:] + server.output()[-2000:]
        passed = re.search(r"(\d+) passed", done.stdout)
        assert passed is not None
        assert int(passed[1]) > TESTS_MIN
        assert cluster.password not in server.output()


def test_what_was_written_is_there_after_a_kill(cluster: Cluster, tmp_path: Path) -> None:
    import boto3

    def client(server: Server) -> Any:
        return boto3.client(
            "dynamodb",
            endpoint_url=server.endpoint,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )

    with Server(*store_arguments(cluster, tmp_path, schema="killed")) as server:
        dynamodb = client(server)
        dynamodb.create_table(
            TableName="table",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.get_waiter("table_exists").wait(TableName="table")
        for at in range(50):
            dynamodb.put_item(TableName="table", Item={"pk": {"S": str(at)}})
        server.kill()
        server.restart()
        assert client(server).scan(TableName="table")["Count"] == 50
        description = client(server).describe_table(TableName="table")["Table"]
        assert description["ItemCount"] == 50


@pytest.mark.parametrize("dialect", ["plain", "citus"])
def test_two_servers_show_each_others_items(cluster: Cluster, tmp_path: Path, dialect: str) -> None:
    """One store, two processes: what one acknowledged the other reads."""
    import boto3

    arguments = store_arguments(cluster, tmp_path, schema=f"two_{dialect}", dialect=dialect)
    with Server(*arguments) as one, Server(*arguments) as other:
        first, second = (
            boto3.client(
                "dynamodb",
                endpoint_url=server.endpoint,
                region_name="us-east-1",
                aws_access_key_id="any",
                aws_secret_access_key="any",
            )
            for server in (one, other)
        )
        first.create_table(
            TableName="table",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        first.get_waiter("table_exists").wait(TableName="table")
        for at in range(20):
            writer, reader = (first, second) if at % 2 else (second, first)
            item = {"pk": {"S": "p"}, "at": {"N": str(at)}}
            writer.put_item(TableName="table", Item=item)
            found = reader.get_item(TableName="table", Key={"pk": {"S": "p"}}, ConsistentRead=True)
            assert found["Item"] == item
