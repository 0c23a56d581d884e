"""CreateBackup, DescribeBackup, ListBackups, DeleteBackup, RestoreTableFromBackup."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.aws.dynamodb.restores import available, items, put, restored

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]


@pytest.fixture
def drop(ask: Ask) -> Any:
    """drop(name): the table is deleted after the test."""
    names: list[str] = []
    yield names.append
    for name in names:
        restored(ask, name)
        ask("DeleteTable", TableName=name)


def test_a_backup_is_restored_with_its_indexes_and_not_with_what_came_later(
    ask: Ask, indexed_table: str, drop: Callable[[str], None]
) -> None:
    for number in range(5):
        put(ask, indexed_table, number, g={"S": "x"}, gs={"N": "1"}, l={"S": "y"}, kept={"S": "k"})
    before = items(ask, indexed_table)
    made = ask("CreateBackup", TableName=indexed_table, BackupName="b.1")["BackupDetails"]
    put(ask, indexed_table, 7)
    assert made["BackupArn"].startswith("arn:aws:dynamodb:") and made["BackupName"] == "b.1"
    assert made["BackupStatus"] == "CREATING" and made["BackupType"] == "USER"
    shown = available(ask, made["BackupArn"])
    described = ask("DescribeTable", TableName=indexed_table)["Table"]
    source, features = shown["SourceTableDetails"], shown["SourceTableFeatureDetails"]
    assert source["ItemCount"] == 5 and source["TableArn"] == described["TableArn"]
    assert (
        source["TableId"] == described["TableId"] and source["KeySchema"] == described["KeySchema"]
    )
    assert {each["IndexName"] for each in features["GlobalSecondaryIndexes"]} == {
        "by_g",
        "by_g_all",
        "by_g_some",
    }
    assert [each["IndexName"] for each in features["LocalSecondaryIndexes"]] == ["by_l"]

    target = f"{indexed_table}-copy"
    drop(target)
    answer = ask("RestoreTableFromBackup", TargetTableName=target, BackupArn=made["BackupArn"])
    assert answer["TableDescription"]["TableStatus"] == "CREATING"
    summary = answer["TableDescription"]["RestoreSummary"]
    assert summary["SourceBackupArn"] == made["BackupArn"] and summary["RestoreInProgress"]
    copy = restored(ask, target)
    assert not copy["RestoreSummary"]["RestoreInProgress"]
    assert items(ask, target) == before
    assert len(items(ask, target, IndexName="by_g_all")) == 5
    assert copy["AttributeDefinitions"] == described["AttributeDefinitions"]
    assert copy["TableId"] != described["TableId"]


def test_overrides(ask: Ask, invalid: Any, indexed_table: str, drop: Callable[[str], None]) -> None:
    put(ask, indexed_table, 1, g={"S": "x"}, gs={"N": "1"})
    arn = ask("CreateBackup", TableName=indexed_table, BackupName="over")["BackupDetails"][
        "BackupArn"
    ]
    available(ask, arn)
    target = f"{indexed_table}-less"
    with_other = {
        "IndexName": "other",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    assert "other" in invalid(
        "RestoreTableFromBackup",
        TargetTableName=target,
        BackupArn=arn,
        GlobalSecondaryIndexOverride=[with_other],
    )
    drop(target)
    ask(
        "RestoreTableFromBackup",
        TargetTableName=target,
        BackupArn=arn,
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride={"ReadCapacityUnits": 3, "WriteCapacityUnits": 2},
        GlobalSecondaryIndexOverride=[],
        LocalSecondaryIndexOverride=[],
    )
    shown = restored(ask, target)
    assert "GlobalSecondaryIndexes" not in shown and "LocalSecondaryIndexes" not in shown
    assert shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 3
    assert {each["AttributeName"] for each in shown["AttributeDefinitions"]} == {"pk", "sk"}


@pytest.fixture(scope="module")
def a_backup(dynamodb: Any) -> str:
    """Of an on-demand table with the global index `by_g` (everything) and the local one `by_l`."""
    name = f"overridden-{uuid.uuid4().hex[:12]}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk", "g", "l")
        ],
        GlobalSecondaryIndexes=[BY_G],
        LocalSecondaryIndexes=[BY_L],
    )
    made = dynamodb.create_backup(TableName=name, BackupName="over")["BackupDetails"]
    arn: str = made["BackupArn"]
    return arn


BY_G: dict[str, Any] = {
    "IndexName": "by_g",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
    "OnDemandThroughput": {"MaxReadRequestUnits": 50, "MaxWriteRequestUnits": 60},
}
BY_L: dict[str, Any] = {
    "IndexName": "by_l",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "l", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
ONE_UNIT = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
INVALID = "One or more parameter values were invalid: "


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        ({"GlobalSecondaryIndexOverride": [BY_G, BY_G]}, "Duplicate index name: by_g"),
        (
            {
                "GlobalSecondaryIndexOverride": [
                    {**BY_G, "Projection": {"ProjectionType": "KEYS_ONLY"}}
                ]
            },
            "The index by_g is not one of the source table's",
        ),
        (
            {
                "LocalSecondaryIndexOverride": [
                    {**BY_L, "Projection": {"ProjectionType": "ALL"}},
                ]
            },
            "The index by_l is not one of the source table's",
        ),
        (
            {"GlobalSecondaryIndexOverride": [{**BY_G, "ProvisionedThroughput": ONE_UNIT}]},
            "ProvisionedThroughput should not be specified for index: by_g when BillingMode is "
            "PAY_PER_REQUEST",
        ),
        (
            {
                "BillingModeOverride": "PROVISIONED",
                "ProvisionedThroughputOverride": ONE_UNIT,
                "GlobalSecondaryIndexOverride": [{**BY_G, "ProvisionedThroughput": ONE_UNIT}],
            },
            "OnDemandThroughput cannot be specified when BillingMode is PROVISIONED",
        ),
    ],
)
def test_overrides_that_do_not_fit_the_source(
    ask: Ask, invalid: Any, a_backup: str, overrides: dict[str, Any], text: str
) -> None:
    available(ask, a_backup)
    refused = invalid(
        "RestoreTableFromBackup", TargetTableName="never-made", BackupArn=a_backup, **overrides
    )
    assert refused == INVALID + text


def test_a_restore_is_held_to_the_quotas_of_tables(
    ask: Ask, refusal: Refusal, a_backup: str
) -> None:
    available(ask, a_backup)
    much = {"ReadCapacityUnits": 40_001, "WriteCapacityUnits": 1}
    code, text = refusal(
        "RestoreTableFromBackup",
        TargetTableName="never-made",
        BackupArn=a_backup,
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=much,
        GlobalSecondaryIndexOverride=[],
    )
    assert code == "LimitExceededException" and "40000 ReadCapacityUnits" in text


def test_capacity_of_indexes_is_overridden(
    ask: Ask, a_backup: str, new_name: Callable[[], str], drop: Callable[[str], None]
) -> None:
    available(ask, a_backup)
    on_demand, provisioned = new_name(), new_name()
    drop(on_demand)
    drop(provisioned)
    limits = {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6}
    ask(
        "RestoreTableFromBackup",
        TargetTableName=on_demand,
        BackupArn=a_backup,
        GlobalSecondaryIndexOverride=[{**BY_G, "OnDemandThroughput": limits}],
    )
    [index] = restored(ask, on_demand)["GlobalSecondaryIndexes"]
    assert index["OnDemandThroughput"] == limits
    kept = {name: BY_G[name] for name in ("IndexName", "KeySchema", "Projection")}
    ask(
        "RestoreTableFromBackup",
        TargetTableName=provisioned,
        BackupArn=a_backup,
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=ONE_UNIT,
        GlobalSecondaryIndexOverride=[
            {**kept, "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}}
        ],
    )
    [index] = restored(ask, provisioned)["GlobalSecondaryIndexes"]
    units = index["ProvisionedThroughput"]
    assert (units["ReadCapacityUnits"], units["WriteCapacityUnits"]) == (2, 3)
    assert "OnDemandThroughput" not in index


def test_a_restore_takes_no_capacity(
    ask: Ask, make_table: Any, drop: Callable[[str], None]
) -> None:
    source = make_table("pk:S sk:N")
    for number in range(60):  # 480 units, more than the target's burst capacity
        put(ask, source, number, v={"S": "v" * 8000})
    arn = ask("CreateBackup", TableName=source, BackupName="much")["BackupDetails"]["BackupArn"]
    assert available(ask, arn)["SourceTableDetails"]["ItemCount"] == 60
    target = f"{source}-slow"
    drop(target)
    ask(
        "RestoreTableFromBackup",
        TargetTableName=target,
        BackupArn=arn,
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    assert restored(ask, target)["ItemCount"] == 60


def test_they_are_listed_in_order_by_pages_kinds_and_times(ask: Ask, make_table: Any) -> None:
    table = make_table()
    arns = []
    for number in range(3):
        made = ask("CreateBackup", TableName=table, BackupName=f"list-{number}")["BackupDetails"]
        available(ask, made["BackupArn"])
        arns.append(made["BackupArn"])
    listed: list[str] = []
    page: dict[str, Any] = {}
    while True:
        start = {"ExclusiveStartBackupArn": page["LastEvaluatedBackupArn"]} if page else {}
        page = ask("ListBackups", TableName=table, Limit=2, **start)
        listed += [each["BackupArn"] for each in page["BackupSummaries"]]
        if "LastEvaluatedBackupArn" not in page:
            break
    assert listed == arns
    assert ask("ListBackups", TableName=table, BackupType="SYSTEM")["BackupSummaries"] == []
    second = ask("DescribeBackup", BackupArn=arns[1])["BackupDescription"]["BackupDetails"]
    since = second["BackupCreationDateTime"]
    later = ask("ListBackups", TableName=table, TimeRangeLowerBound=since)["BackupSummaries"]
    earlier = ask("ListBackups", TableName=table, TimeRangeUpperBound=since)["BackupSummaries"]
    assert [each["BackupArn"] for each in later] == arns[1:]
    assert [each["BackupArn"] for each in earlier] == arns[:1]
    gone = ask("DeleteBackup", BackupArn=arns[0])["BackupDescription"]["BackupDetails"]
    assert gone["BackupStatus"] == "DELETED"
    assert len(ask("ListBackups", TableName=table)["BackupSummaries"]) == 2


def test_what_is_not_there_is_refused(ask: Ask, refusal: Refusal, make_table: Any) -> None:
    table = make_table()
    code, text = refusal("CreateBackup", TableName="nowhere", BackupName="abc")
    assert (code, text) == ("TableNotFoundException", "Table not found: nowhere")
    arn = ask("CreateBackup", TableName=table, BackupName="abc")["BackupDetails"]["BackupArn"]
    available(ask, arn)
    assert refusal("RestoreTableFromBackup", TargetTableName=table, BackupArn=arn) == (
        "TableAlreadyExistsException",
        f"Table already exists: {table}",
    )
    missing = arn[:-8] + "00000000"
    for operation, more in (
        ("DescribeBackup", {}),
        ("DeleteBackup", {}),
        ("RestoreTableFromBackup", {"TargetTableName": "somewhere"}),
    ):
        code, text = refusal(operation, BackupArn=missing, **more)
        assert (code, text) == ("BackupNotFoundException", f"Backup not found: {missing}")


def test_a_table_deleted_with_recovery_on_leaves_a_backup(
    ask: Ask, refusal: Refusal, make_table: Any, drop: Callable[[str], None]
) -> None:
    table = make_table(keys="pk:S sk:N")
    on = {"PointInTimeRecoveryEnabled": True}
    ask("UpdateContinuousBackups", TableName=table, PointInTimeRecoverySpecification=on)
    put(ask, table, 1)
    ask("DeleteTable", TableName=table)
    listed = ask("ListBackups", TableName=table, BackupType="SYSTEM")["BackupSummaries"]
    assert [each["BackupName"] for each in listed] == [f"{table}$DeletedTableBackup"]
    arn = listed[0]["BackupArn"]
    days = (listed[0]["BackupExpiryDateTime"] - listed[0]["BackupCreationDateTime"]).days
    assert days == 35
    assert refusal("DeleteBackup", BackupArn=arn)[0] == "ValidationException"
    target = f"{table}-back"
    drop(target)
    ask("RestoreTableFromBackup", TargetTableName=target, BackupArn=arn)
    restored(ask, target)
    assert len(items(ask, target)) == 1
