"""Capacity behind a cache, in every kind of node: what a cache answers is free, what it has not got
is metered and throttled like everybody's requests, and the counts are told everywhere."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from amazondax import AmazonDaxClient
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY
from tests.support.server import Server

BIG = "x" * 400_000
SOON_S = 60.0
KEYS = {
    "region_name": REGION,
    "aws_access_key_id": ACCESS_KEY,
    "aws_secret_access_key": SECRET_KEY,
}
EXCEEDED = "ProvisionedThroughputExceededException"


@pytest.fixture(params=["in the server", "in a process"])
def server(request: pytest.FixtureRequest, target: str) -> Iterator[Server]:
    if target != "jedlik":
        pytest.skip("only Jedlik serves DAX here")
    more = ["--dax-processes"] if request.param == "in a process" else []
    with Server("--dax-nodes", "1", *more) as server:
        yield server


def refusal(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    code: str = caught.value.response["Error"]["Code"]
    return code


def figure(server: Server, name: str) -> float:
    """The sum of a metric's values."""
    with urllib.request.urlopen(f"{server.endpoint}/_jedlik/metrics") as page:
        lines = page.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + "{"))


def soon(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_misses_take_capacity_and_wait_for_it(server: Server) -> None:
    dynamodb = boto3.client("dynamodb", endpoint_url=server.endpoint, **KEYS)
    control = boto3.client("dax", endpoint_url=server.endpoint, **KEYS)

    def described() -> dict[str, Any]:
        (cluster,) = control.describe_clusters(ClusterNames=["jedlik"])["Clusters"]
        return cluster  # type: ignore[no-any-return]

    soon(lambda: described()["ActiveNodes"] == 1)
    url = described()["ClusterDiscoveryEndpoint"]["URL"]
    dynamodb.create_table(
        TableName="items",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 4},
    )

    def item(pk: str) -> dict[str, Any]:
        return {"pk": {"S": pk}, "v": {"S": BIG}}

    def key(pk: str) -> dict[str, Any]:
        return {"TableName": "items", "Key": {"pk": {"S": pk}}}

    session = botocore.session.get_session()
    session.set_credentials(ACCESS_KEY, SECRET_KEY)
    config = Config(retries={"max_attempts": 0})
    with AmazonDaxClient(session, region_name=REGION, endpoints=[url], config=config) as dax:
        # 4 units a second and a burst of 1,200: the fourth is more than there is.
        for pk in "abcd":
            dax.put_item(TableName="items", Item=item(pk))
        assert refusal(dax.put_item, TableName="items", Item={"pk": {"S": "e"}}) == EXCEEDED
        assert figure(server, "jedlik_consumed_capacity_units_total") == 4 * 391

        # Written through: a hit. One half of 98 units for what nobody has read.
        told = {**key("a"), "ReturnConsumedCapacity": "TOTAL"}
        assert dax.get_item(**told)["ConsumedCapacity"]["CapacityUnits"] == 0
        assert dax.get_item(**key("nobody")).get("Item") is None
        assert figure(server, "jedlik_consumed_capacity_units_total") == 4 * 391 + 0.5
        # 1 unit a second and a burst of 300, of which two pages of 1 MB make a debt.
        for _ in range(2):
            page = dax.query(
                TableName="items",
                KeyConditionExpression="pk = :a",
                ExpressionAttributeValues={":a": {"S": "a"}},
                ConsistentRead=True,
            )
            assert page["Count"] == 1
        assert figure(server, "jedlik_consumed_capacity_units_total") == 4 * 391 + 0.5 + 2 * 98
        dax.scan(TableName="items", ConsistentRead=True)
        assert refusal(dax.get_item, **key("f")) == EXCEEDED
        assert refusal(dax.get_item, **key("a"), ConsistentRead=True) == EXCEEDED
        assert refusal(dax.scan, TableName="items") == EXCEEDED
        asked = [{"TableName": "items", "Key": {"pk": {"S": "a"}}}]
        refused = refusal(dax.transact_get_items, TransactItems=[{"Get": one} for one in asked])
        assert refused == "TransactionCanceledException"
        assert (
            refusal(dax.batch_get_item, RequestItems={"items": {"Keys": [{"pk": {"S": "f"}}]}})
            == EXCEEDED
        )
        # What is remembered is answered all the same.
        assert dax.get_item(**key("b"))["Item"] == item("b")
        found = dax.batch_get_item(
            RequestItems={"items": {"Keys": [{"pk": {"S": pk}} for pk in ("f", "c")]}}
        )
        assert found["Responses"] == {"items": [item("c")]}
        assert found["UnprocessedKeys"]["items"]["Keys"] == [{"pk": {"S": "f"}}]
    assert figure(server, "jedlik_throttled_total") >= 6
    soon(lambda: figure(server, "jedlik_dax_throttled_request_count_total") >= 5)
    soon(lambda: figure(server, "jedlik_dax_item_cache_hits_total") == 3)
    assert figure(server, "jedlik_dax_item_cache_misses_total") == 1
    command = [sys.executable, "-m", "jedlik", "status", "--endpoint", server.endpoint]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "hits 75.0% of items" in shown
