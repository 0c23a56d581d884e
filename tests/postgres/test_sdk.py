"""The SDK's tests of the main operations, once more on a server whose store is PostgreSQL.

They run in a process of their own with JEDLIK_TEST_ENDPOINT, the switch that they have anyway.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import wait_active
from tests.support.postgres import Cluster
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


def make_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    wait_active(dynamodb, "table")


def test_what_was_written_is_there_after_a_kill(cluster: Cluster, tmp_path: Path) -> None:
    with Server(*store_arguments(cluster, tmp_path, schema="killed")) as server:
        dynamodb = server.client()
        make_table(dynamodb)
        for at in range(50):
            dynamodb.put_item(TableName="table", Item={"pk": {"S": str(at)}})
        server.kill()
        server.restart()
        assert server.client().scan(TableName="table")["Count"] == 50
        description = server.client().describe_table(TableName="table")["Table"]
        assert description["ItemCount"] == 50


@pytest.fixture(scope="module", params=["plain", "citus"])
def two(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[Any, Any]]:
    """Clients of two servers over one store, which has a table."""
    folder = tmp_path_factory.mktemp("two")
    arguments = store_arguments(
        cluster, folder, schema=f"two_{request.param}", dialect=request.param
    )
    with Server(*arguments) as one, Server(*arguments) as other:
        make_table(one.client())
        yield one.client(), other.client()


def test_two_servers_show_each_others_items(two: tuple[Any, Any]) -> None:
    """What one acknowledged the other reads."""
    for at in range(20):
        writer, reader = two[at % 2], two[1 - at % 2]
        item = {"pk": {"S": "p"}, "at": {"N": str(at)}}
        writer.put_item(TableName="table", Item=item)
        found = reader.get_item(TableName="table", Key={"pk": {"S": "p"}}, ConsistentRead=True)
        assert found["Item"] == item


@pytest.mark.parametrize("absent", [False, True])
def test_transactions_that_check_what_the_other_writes_do_not_both_succeed(
    two: tuple[Any, Any], absent: bool
) -> None:
    """Write skew by way of two servers: each writes its own item provided that the other's is
    as it was; there, or not."""
    condition = "attribute_not_exists(pk)" if absent else "attribute_not_exists(taken)"

    def take(dynamodb: Any, mine: str, others: str) -> bool:
        taken = {"pk": {"S": mine}, "taken": {"BOOL": True}}
        check = {
            "TableName": "table",
            "Key": {"pk": {"S": others}},
            "ConditionExpression": condition,
        }
        try:
            dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": "table", "Item": taken}},
                    {"ConditionCheck": check},
                ]
            )
        except dynamodb.exceptions.TransactionCanceledException as cancelled:
            codes = {reason["Code"] for reason in cancelled.response["CancellationReasons"]}
            assert codes <= {"None", "ConditionalCheckFailed", "TransactionConflict"}
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        for at in range(15):
            left, right = f"left{absent}{at}", f"right{absent}{at}"
            if not absent:
                for name in (left, right):
                    two[0].put_item(TableName="table", Item={"pk": {"S": name}})
            both = [
                pool.submit(take, two[0], left, right),
                pool.submit(take, two[1], right, left),
            ]
            assert [each.result() for each in both].count(True) <= 1
