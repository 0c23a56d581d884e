"""As many tables in the making as AWS allows, on a server where they stay in the making."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.server import Server

KEYS: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
INDEX = {
    "IndexName": "other",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


@pytest.fixture(scope="module")
def slow(target: str) -> Iterator[Server]:
    """A server of its own, because the setting is the server's."""
    if target != "jedlik":
        pytest.skip("the setting is Jedlik's")
    with Server("--transition-ms", str(10**9)) as server:
        yield server


def test_250_tables_with_indexes_and_500_in_all(slow: Server, make_client: Any) -> None:
    from botocore.exceptions import ClientError

    client = make_client("dynamodb", endpoint_url=slow.endpoint)

    def make(number: int, **more: Any) -> None:
        client.create_table(TableName=f"table-{number:03d}", **KEYS, **more)

    def refused(number: int, **more: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as refusal:
            make(number, **more)
        error = refusal.value.response["Error"]
        return error["Code"], error["Message"]

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: make(n, GlobalSecondaryIndexes=[INDEX]), range(250)))
        assert refused(250, GlobalSecondaryIndexes=[INDEX]) == (
            "LimitExceededException",
            "Subscriber limit exceeded: You have exceeded the maximum number of indexed tables "
            "that can be created simultaneously",
        )
        list(threads.map(make, range(250, 500)))
    assert refused(500) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Only 500 tables can be created, updated, or deleted "
        "simultaneously",
    )
    elsewhere = make_client("dynamodb", endpoint_url=slow.endpoint, region_name="eu-west-1")
    elsewhere.create_table(TableName="table-500", **KEYS)
