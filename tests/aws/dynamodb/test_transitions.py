"""The states tables pass through, with a server that makes them last: `--transition-ms`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.server import Server

LASTS_MS = 800
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


def test_backups_of_a_table_in_the_making(client, table_name):
    client.create_table(TableName=table_name, **KEYS)
    on = {"PointInTimeRecoveryEnabled": True}
    switch = {"TableName": table_name, "PointInTimeRecoverySpecification": on}
    assert error_of(client.update_continuous_backups, **switch) == (
        "ContinuousBackupsUnavailableException",
        f"Backups are being enabled for the table: {table_name}. Please retry later",
    )
    shown = client.describe_continuous_backups(TableName=table_name)
    assert shown["ContinuousBackupsDescription"]["ContinuousBackupsStatus"] == "DISABLED"
    create = {"TableName": table_name, "BackupName": "early"}
    assert error_of(client.create_backup, **create)[0] == "TableInUseException"
    wait_until_active(client, table_name)
    shown = client.update_continuous_backups(**switch)["ContinuousBackupsDescription"]
    assert shown["ContinuousBackupsStatus"] == "ENABLED"


def test_a_restore_into_a_table_that_comes_or_goes(client, table_name):
    client.create_table(TableName=table_name, **KEYS)
    wait_until_active(client, table_name)
    on = {"PointInTimeRecoveryEnabled": True}
    client.update_continuous_backups(TableName=table_name, PointInTimeRecoverySpecification=on)
    target = f"{table_name}-target"
    restore = {
        "SourceTableName": table_name,
        "TargetTableName": target,
        "UseLatestRestorableTime": True,
    }
    in_use = ("TableInUseException", f"Table is being created or deleted: {target}")
    client.create_table(TableName=target, **KEYS)
    assert error_of(client.restore_table_to_point_in_time, **restore) == in_use
    wait_until_active(client, target)
    assert error_of(client.restore_table_to_point_in_time, **restore) == (
        "TableAlreadyExistsException",
        f"Table already exists: {target}",
    )
    client.delete_table(TableName=target)
    assert error_of(client.restore_table_to_point_in_time, **restore) == in_use


def test_a_restart_leaves_no_table_stuck(make_client, target, table_name, tmp_path):
    if target != "jedlik":
        pytest.skip("the setting is Jedlik's")
    server = Server("--data", str(tmp_path), "--transition-ms", "300")
    with server:
        client = make_client("dynamodb", endpoint_url=server.endpoint)
        client.create_table(TableName=table_name, **KEYS)
    with Server("--data", str(tmp_path)) as again:
        wait_until_active(make_client("dynamodb", endpoint_url=again.endpoint), table_name)
