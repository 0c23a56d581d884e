"""RestoreTableToPointInTime: any instant since recovery was on, of tables now gone, too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws.dynamodb.restores import items, put, restored

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]


@pytest.fixture
def recoverable(ask: Ask, make_table: Any) -> str:
    table: str = make_table(keys="pk:S sk:N")
    on = {"PointInTimeRecoveryEnabled": True}
    ask("UpdateContinuousBackups", TableName=table, PointInTimeRecoverySpecification=on)
    return table


@pytest.fixture
def then_table(ask: Ask, recoverable: str) -> Iterator[str]:
    name = f"{recoverable}-then"
    yield name
    restored(ask, name)
    ask("DeleteTable", TableName=name)


def now() -> datetime:
    """The time, after which some passes."""
    found = datetime.now(UTC)
    time.sleep(0.01)
    return found


@pytest.mark.parametrize("deleted", [False, True])
def test_a_table_as_it_was(ask: Ask, recoverable: str, then_table: str, deleted: bool) -> None:
    put(ask, recoverable, 1, v={"S": "old"})
    put(ask, recoverable, 2)
    time.sleep(0.01)
    then = now()
    before = items(ask, recoverable)
    put(ask, recoverable, 1, v={"S": "new"})
    put(ask, recoverable, 3)
    ask("DeleteItem", TableName=recoverable, Key={"pk": {"S": "a"}, "sk": {"N": "2"}})
    if deleted:
        ask("DeleteTable", TableName=recoverable)
    answer = ask(
        "RestoreTableToPointInTime",
        SourceTableName=recoverable,
        TargetTableName=then_table,
        RestoreDateTime=then,
    )["TableDescription"]
    assert answer["RestoreSummary"]["SourceTableArn"].endswith(f"table/{recoverable}")
    assert "SourceBackupArn" not in answer["RestoreSummary"]
    restored(ask, then_table)
    assert items(ask, then_table) == before


def test_overrides(ask: Ask, recoverable: str, then_table: str) -> None:
    """Billing, maximums and encryption of the new table, whatever the old one's are."""
    put(ask, recoverable, 1)
    shown = ask(
        "RestoreTableToPointInTime",
        SourceTableName=recoverable,
        TargetTableName=then_table,
        UseLatestRestorableTime=True,
        BillingModeOverride="PAY_PER_REQUEST",
        OnDemandThroughputOverride={"MaxReadRequestUnits": 50, "MaxWriteRequestUnits": 40},
        SSESpecificationOverride={"Enabled": True, "SSEType": "KMS"},
    )["TableDescription"]
    assert shown["SSEDescription"]["SSEType"] == "KMS"
    ready = restored(ask, then_table)
    assert ready["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert ready["OnDemandThroughput"] == {"MaxReadRequestUnits": 50, "MaxWriteRequestUnits": 40}
    assert ready["SSEDescription"]["Status"] == "ENABLED"
    assert "SSEDescription" not in ask("DescribeTable", TableName=recoverable)["Table"]
    assert items(ask, then_table) == items(ask, recoverable)


def test_warm_throughput_of_an_index_is_not_to_be_had(
    ask: Ask, invalid: Any, indexed_table: str
) -> None:
    """The API reference says that including it makes the request fail."""
    on = {"PointInTimeRecoveryEnabled": True}
    ask("UpdateContinuousBackups", TableName=indexed_table, PointInTimeRecoverySpecification=on)
    index = {
        "IndexName": "by_g_all",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "WarmThroughput": {"ReadUnitsPerSecond": 13_000},
    }
    text = invalid(
        "RestoreTableToPointInTime",
        SourceTableName=indexed_table,
        TargetTableName="never-made",
        UseLatestRestorableTime=True,
        GlobalSecondaryIndexOverride=[index],
    )
    assert "WarmThroughput is not supported in GlobalSecondaryIndexOverride" in text


def test_the_latest_time_is_now(ask: Ask, recoverable: str, then_table: str) -> None:
    put(ask, recoverable, 1)
    ask(
        "RestoreTableToPointInTime",
        SourceTableArn=ask("DescribeTable", TableName=recoverable)["Table"]["TableArn"],
        TargetTableName=then_table,
        UseLatestRestorableTime=True,
    )
    restored(ask, then_table)
    assert items(ask, then_table) == items(ask, recoverable) != []
    shown = ask("DescribeContinuousBackups", TableName=recoverable)
    window = shown["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    latest = window["LatestRestorableDateTime"]
    assert window["EarliestRestorableDateTime"] < latest
    assert abs(latest - datetime.now(UTC)) < timedelta(minutes=1)


def test_other_times_are_refused(
    ask: Ask, refusal: Refusal, invalid: Any, recoverable: str, make_table: Any
) -> None:
    def refused(**more: Any) -> tuple[str, str]:
        return refusal("RestoreTableToPointInTime", TargetTableName="never-made", **more)

    for far in (timedelta(hours=-1), timedelta(hours=1)):
        when = datetime.now(UTC) + far
        assert refused(SourceTableName=recoverable, RestoreDateTime=when)[0] == (
            "InvalidRestoreTimeException"
        )
    plain = make_table()
    assert refused(SourceTableName=plain, UseLatestRestorableTime=True) == (
        "PointInTimeRecoveryUnavailableException",
        f"Point in time recovery is not enabled for table '{plain}'",
    )
    assert refused(SourceTableName="nowhere", UseLatestRestorableTime=True) == (
        "TableNotFoundException",
        "Table not found: nowhere",
    )
    for more in ({}, {"RestoreDateTime": datetime.now(UTC), "UseLatestRestorableTime": True}):
        assert "RestoreDateTime" in invalid(
            "RestoreTableToPointInTime",
            SourceTableName=recoverable,
            TargetTableName="never-made",
            **more,
        )
