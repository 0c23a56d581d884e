"""AWS's Python client for DAX (amazon-dax-client), unchanged: its answers are those of boto3."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
from amazondax import AmazonDaxClient

from tests.clients.conftest import DaxServer
from tests.clients.dax_cases import CASES, song
from tests.clients.dax_stories import comparable, make_tables, run_python, story, without_items
from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY

METHODS = {
    "GetItem": "get_item",
    "PutItem": "put_item",
    "UpdateItem": "update_item",
    "DeleteItem": "delete_item",
    "Query": "query",
    "Scan": "scan",
    "BatchGetItem": "batch_get_item",
    "BatchWriteItem": "batch_write_item",
    "TransactGetItems": "transact_get_items",
    "TransactWriteItems": "transact_write_items",
}


@pytest.fixture(scope="module", params=["dax", "daxs"])
def dax(request: pytest.FixtureRequest, dax_server: DaxServer) -> Iterator[Any]:
    os.environ["SSL_CERT_FILE"] = dax_server.authority
    session = botocore.session.get_session()
    session.set_credentials(ACCESS_KEY, SECRET_KEY)
    try:
        with AmazonDaxClient(
            session, region_name=REGION, endpoints=[dax_server.url(request.param)]
        ) as client:
            yield client
    finally:
        del os.environ["SSL_CERT_FILE"]


def caller(client: Any) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(client, METHODS[operation])(**request)
        return answer

    return call


@pytest.mark.parametrize("name", CASES)
def test_answers_are_those_of_the_dynamodb_endpoint(name: str, dax: Any, over_http: Any) -> None:
    reference, twins = make_tables(over_http, "http"), make_tables(over_http, "dax")
    # AWS's client does not decode the items of cancellation reasons.
    wanted = without_items(run_python(caller(over_http), story(name, reference)))
    got = run_python(caller(dax), story(name, twins))
    for (operation, asked), one, other in zip(story(name, twins), wanted, got, strict=True):
        told = comparable(other, twins)
        expected = comparable(one, reference)
        assert told == expected, f"{operation} {asked}"


def test_leftovers_of_a_batch(dax: Any, over_http: Any) -> None:
    """More than 16 MB are asked for: what did not fit comes back as keys, then as items."""
    names = make_tables(over_http, "leftovers")
    table, keys = names["music"], [song("big", year) for year in range(60)]
    for key in keys:
        dax.put_item(TableName=table, Item={**key, "v": {"S": "x" * 390_000}})
    got: list[int] = []
    rounds, wanted = 0, {table: {"Keys": keys, "ProjectionExpression": "artist, #y, v"}}
    wanted[table]["ExpressionAttributeNames"] = {"#y": "year"}  # type: ignore[assignment]
    while wanted:
        answer = dax.batch_get_item(RequestItems=wanted)
        got += [int(item["year"]["N"]) for item in answer["Responses"].get(table, [])]
        wanted = answer["UnprocessedKeys"]
        rounds += 1
    assert sorted(got) == list(range(60)) and rounds == 2
