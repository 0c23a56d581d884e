"""The states tables pass through, with a server that makes them last: `--transition-ms`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.server import Server

LASTS_MS = 400
KEYS = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture(scope="module")
def slow() -> Iterator[Server]:
    """A server of its own, because the setting is the server's."""
    with Server("--transition-ms", str(LASTS_MS)) as server:
        yield server


@pytest.fixture
def client(slow, make_client, target) -> Any:
    if target != "jedlik":
        pytest.skip("the setting is Jedlik's")
    return make_client("dynamodb", endpoint_url=slow.endpoint)


def error_of(call, **parameters) -> tuple[str, str]:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as refused:
        call(**parameters)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def wait_until_active(client, name):
    deadline = time.monotonic() + 60
    while client.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_creating_updating_deleting(client, table_name):
    client.create_table(TableName=table_name, **KEYS)
    assert client.describe_table(TableName=table_name)["Table"]["TableStatus"] == "CREATING"
    in_use = "Attempt to change a resource which is still in use: Table is being created: "
    assert error_of(client.delete_table, TableName=table_name) == (
        "ResourceInUseException",
        in_use + table_name,
    )
    assert error_of(client.get_item, TableName=table_name, Key={"pk": {"S": "a"}}) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    wait_until_active(client, table_name)

    client.put_item(TableName=table_name, Item={"pk": {"S": "a"}})
    client.update_table(TableName=table_name, DeletionProtectionEnabled=True)
    assert client.describe_table(TableName=table_name)["Table"]["TableStatus"] == "UPDATING"
    assert client.get_item(TableName=table_name, Key={"pk": {"S": "a"}})["Item"]
    change = {"TableName": table_name, "DeletionProtectionEnabled": False}
    assert error_of(client.update_table, **change) == (
        "ResourceInUseException",
        "Attempt to change a resource which is still in use: Table is being updated: " + table_name,
    )
    wait_until_active(client, table_name)
    client.update_table(**change)
    wait_until_active(client, table_name)

    client.delete_table(TableName=table_name)
    assert client.describe_table(TableName=table_name)["Table"]["TableStatus"] == "DELETING"
    assert error_of(client.delete_table, TableName=table_name)[0] == "ResourceInUseException"
    client.get_waiter("table_not_exists").wait(
        TableName=table_name, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )


def test_a_restart_leaves_no_table_stuck(make_client, target, table_name, tmp_path):
    if target != "jedlik":
        pytest.skip("the setting is Jedlik's")
    server = Server("--data", str(tmp_path), "--transition-ms", "300")
    with server:
        client = make_client("dynamodb", endpoint_url=server.endpoint)
        client.create_table(TableName=table_name, **KEYS)
    with Server("--data", str(tmp_path)) as again:
        wait_until_active(make_client("dynamodb", endpoint_url=again.endpoint), table_name)
