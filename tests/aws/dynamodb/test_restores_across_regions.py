"""Restores into another region than the source's, of backups and of any instant."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.aws.dynamodb.restores import available, items, put, restored

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]
SSE = {"SSESpecificationOverride": {"Enabled": False}}


@pytest.fixture
def there(make_client: Callable[..., Any]) -> Ask:
    """ask(), in another region."""
    from botocore import xform_name

    client = make_client("dynamodb", region_name="eu-west-1")

    def call(operation: str, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        return answer

    return call


@pytest.fixture
def source(ask: Ask, make_table: Any) -> tuple[str, str]:
    """The name and ARN of a table with recovery on and an item."""
    table: str = make_table(keys="pk:S sk:N")
    on = {"PointInTimeRecoveryEnabled": True}
    ask("UpdateContinuousBackups", TableName=table, PointInTimeRecoverySpecification=on)
    put(ask, table, 1, v={"S": "old"})
    return table, ask("DescribeTable", TableName=table)["Table"]["TableArn"]


@pytest.fixture
def new_table(source: tuple[str, str], there: Ask) -> Iterator[str]:
    """The name of the new table; the source's, too, which is another region's."""
    yield source[0]
    restored(there, source[0])
    there("DeleteTable", TableName=source[0])


def refused(call: Ask, operation: str, **parameters: Any) -> tuple[str, str]:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as refusal:
        call(operation, **parameters)
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize("deleted", [False, True])
def test_an_instant(
    ask: Ask, there: Ask, source: tuple[str, str], new_table: str, deleted: bool
) -> None:
    table, arn = source
    time.sleep(0.01)
    then = time.time()
    time.sleep(0.01)
    put(ask, table, 1, v={"S": "new"})
    if deleted:
        ask("DeleteTable", TableName=table)
    want = {"SourceTableArn": arn, "TargetTableName": new_table, "RestoreDateTime": then}
    code, _ = refused(there, "RestoreTableToPointInTime", **want)
    assert code == "ValidationException", "how it is encrypted there has to be said"
    shown = there("RestoreTableToPointInTime", **want, **SSE)["TableDescription"]
    assert shown["TableArn"] == arn.replace("us-east-1", "eu-west-1")
    shown = restored(there, new_table)
    assert shown["RestoreSummary"]["SourceTableArn"] == arn
    assert not shown["RestoreSummary"]["RestoreInProgress"]
    assert [item["v"]["S"] for item in items(there, new_table)] == ["old"]
    if not deleted:
        assert [item["v"]["S"] for item in items(ask, table)] == ["new"]
        on = {"DeletionProtectionEnabled": True}
        ask("UpdateTable", TableName=table, **on)  # it is not held any more
        ask("UpdateTable", TableName=table, DeletionProtectionEnabled=False)


def test_a_backup(ask: Ask, there: Ask, source: tuple[str, str], new_table: str) -> None:
    table, _ = source
    backup = ask("CreateBackup", TableName=table, BackupName="abc")["BackupDetails"]["BackupArn"]
    available(ask, backup)
    put(ask, table, 1, v={"S": "new"})
    want = {"BackupArn": backup, "TargetTableName": new_table}
    assert refused(there, "RestoreTableFromBackup", **want)[0] == "ValidationException"
    there("RestoreTableFromBackup", **want, **SSE)
    shown = restored(there, new_table)
    assert shown["RestoreSummary"]["SourceBackupArn"] == backup
    assert [item["v"]["S"] for item in items(there, new_table)] == ["old"]
    # For all else a backup is in its own region.
    assert refused(there, "DescribeBackup", BackupArn=backup)[0] == "BackupNotFoundException"
    assert refused(there, "DeleteBackup", BackupArn=backup)[0] == "BackupNotFoundException"
    ask("DeleteBackup", BackupArn=backup)
