"""How much may go on at once: requests that nothing works on, with small limits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from jedlik.api import ApiError
from jedlik.identity import root_principal
from jedlik.services.dynamodb import limits
from jedlik.services.dynamodb.transfers import Transfers
from jedlik.tables.backups import Backup
from tests.unit.access.house import ACCOUNT, OTHER_ACCOUNT, REGION, ROOT, House

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
TOO_MANY_INDEXED = (
    "LimitExceededException",
    "Subscriber limit exceeded: You have exceeded the maximum number of indexed tables that can be "
    "created simultaneously",
)


@pytest.fixture
async def house() -> House:
    house = await House().open()
    house.db.flows.set_mode("on")
    return house


async def refused(house: House, operation: str, **request: Any) -> tuple[str, str]:
    with pytest.raises(ApiError) as error:
        await house.call(ROOT, operation, request)
    return error.value.code, str(error.value.message)


async def make(house: House, name: str, *, status: str = "ACTIVE", **more: Any) -> str:
    """A table, left in a state that nothing ends; its ARN."""
    await house.call(ROOT, "CreateTable", {"TableName": name, **KEYS, **more})
    table = await house.db.catalog.get(ACCOUNT, REGION, name)
    await house.db.replace_table(table, replace(table, status=status))
    return table.arn


async def recoverable(house: House, name: str) -> str:
    arn = await make(house, name)
    request = {
        "TableName": name,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    await house.call(ROOT, "UpdateContinuousBackups", request)
    return arn


async def test_table_operations_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TABLE_OPERATIONS_MAX", 3)
    await make(house, "ready")
    for number, status in enumerate(("CREATING", "UPDATING", "DELETING")):
        await make(house, f"busy{number}", status=status)
    told = (
        "LimitExceededException",
        "Subscriber limit exceeded: Only 3 tables can be created, updated, or deleted "
        "simultaneously",
    )
    ttl = {"Enabled": True, "AttributeName": "t"}
    on = {"DeletionProtectionEnabled": True}
    assert await refused(house, "CreateTable", TableName="one-more", **KEYS) == told
    assert await refused(house, "UpdateTable", TableName="ready", **on) == told
    assert await refused(house, "DeleteTable", TableName="ready") == told
    want = {"TableName": "ready", "TimeToLiveSpecification": ttl}
    assert await refused(house, "UpdateTimeToLive", **want) == told
    # What is wrong with a request itself is told first.
    assert (await refused(house, "DeleteTable", TableName="none"))[0] == "ResourceNotFoundException"
    assert (await refused(house, "DeleteTable", TableName="busy1"))[0] == "ResourceInUseException"
    other = root_principal(OTHER_ACCOUNT)
    await house.call(other, "CreateTable", {"TableName": "mine", **KEYS})

    table = await house.db.catalog.get(ACCOUNT, REGION, "busy1")
    await house.db.replace_table(table, replace(table, status="ACTIVE"))
    await house.call(ROOT, "UpdateTimeToLive", want)
    await house.call(ROOT, "DeleteTable", {"TableName": "ready"})


async def test_no_limits_without_throttling(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TABLE_OPERATIONS_MAX", 1)
    monkeypatch.setattr(limits, "IMPORTS_MAX", 0)
    await make(house, "busy", status="UPDATING")
    for mode in ("off", "report"):
        house.db.flows.set_mode(mode)
        await house.call(ROOT, "CreateTable", {"TableName": f"table-{mode}", **KEYS})
        await house.call(ROOT, "ImportTable", importing(f"import-{mode}"))


async def test_tables_with_indexes_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "INDEXED_CREATIONS_MAX", 2)
    indexed = {"GlobalSecondaryIndexes": [INDEX]}
    for number in range(2):
        await make(house, f"busy{number}", status="CREATING", **indexed)
    assert await refused(house, "CreateTable", TableName="abc", **KEYS, **indexed) == (
        TOO_MANY_INDEXED
    )
    await house.call(ROOT, "CreateTable", {"TableName": "plain", **KEYS})
    table = await house.db.catalog.get(ACCOUNT, REGION, "busy0")
    await house.db.replace_table(table, replace(table, status="ACTIVE"))
    await house.call(ROOT, "CreateTable", {"TableName": "abc", **KEYS, **indexed})


async def test_restores_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RESTORES_MAX", 2)
    await recoverable(house, "source")
    asked = {"BackupName": "kept", "TableName": "source"}
    arn = (await house.call(ROOT, "CreateBackup", asked))["BackupDetails"]["BackupArn"]
    backup = await house.db.backups.get(ACCOUNT, REGION, arn.rpartition("/")[2])
    assert backup is not None

    def available(old: Backup) -> Backup:
        return replace(old, status="AVAILABLE", size_bytes=30 << 40)

    await house.db.backups.update(backup, available)
    past = {"SourceTableName": "source", "UseLatestRestorableTime": True}
    await house.call(ROOT, "RestoreTableFromBackup", {"BackupArn": arn, "TargetTableName": "aaa"})
    too_large = "Subscriber limit exceeded: Concurrent restores from backups may total up to 50 TB"
    assert await refused(house, "RestoreTableFromBackup", BackupArn=arn, TargetTableName="bbb") == (
        "LimitExceededException",
        too_large,
    )
    await house.call(ROOT, "RestoreTableToPointInTime", {**past, "TargetTableName": "bbb"})
    told = (
        "LimitExceededException",
        "Subscriber limit exceeded: Up to 2 concurrent restores are allowed per account",
    )
    assert await refused(house, "RestoreTableToPointInTime", **past, TargetTableName="ccc") == told
    assert (
        await refused(house, "RestoreTableFromBackup", BackupArn=arn, TargetTableName="ccc")
    ) == told


def importing(name: str, **more: Any) -> dict[str, Any]:
    return {
        "S3BucketSource": {"S3Bucket": "outside"},
        "InputFormat": "DYNAMODB_JSON",
        "TableCreationParameters": {"TableName": name, **KEYS},
        **more,
    }


async def outcomes(house: House, operation: str, *requests: dict[str, Any]) -> list[Any]:
    """What each is answered, all asked at once: an error's code, or the answer."""
    calls = [house.call(ROOT, operation, request) for request in requests]
    found = await asyncio.gather(*calls, return_exceptions=True)
    return [each.code if isinstance(each, ApiError) else each for each in found]


async def test_imports_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked at the same moment, too: exactly so many begin, and no table of the others is left."""
    monkeypatch.setattr(limits, "IMPORTS_MAX", 5)
    found = await outcomes(house, "ImportTable", *(importing(f"table{n}") for n in range(12)))
    assert found.count("LimitExceededException") == 7
    assert len(await house.db.catalog.names(ACCOUNT, REGION, after=None, limit=100)) == 5
    assert await refused(house, "ImportTable", **importing("later")) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Up to 5 simultaneous import table operations are allowed per "
        "account",
    )
    store = Transfers(house.db, "import", ACCOUNT, REGION)
    first, *_ = await store.all()
    await store.store(first, replace(first, status="COMPLETED", end_ms=1))
    await house.call(ROOT, "ImportTable", importing("later"))
    assert len(await store.running()) == 5


async def test_exports_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EXPORTS_MAX", 4)
    arn = await recoverable(house, "source")
    want = {"TableArn": arn, "S3Bucket": "outside"}
    same = {**want, "ClientToken": "mine"}
    requests = [same, same, *(want for _ in range(8))]
    found = await outcomes(house, "ExportTableToPointInTime", *requests)
    arns = {each["ExportDescription"]["ExportArn"] for each in found if isinstance(each, dict)}
    assert len(arns) == 4
    assert {each for each in found if isinstance(each, str)} == {"LimitExceededException"}
    told = (
        "LimitExceededException",
        "Subscriber limit exceeded: Up to 4 concurrent export tasks, or up to a total of 100 TB "
        "from all in-flight table exports, are allowed per account",
    )
    assert await refused(house, "ExportTableToPointInTime", **want) == told


async def test_exports_of_large_tables_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = await recoverable(house, "source")
    for number in range(4):
        item = {"pk": {"S": str(number)}, "v": {"S": "x" * 1000}}
        await house.call(ROOT, "PutItem", {"TableName": "source", "Item": item})
    monkeypatch.setattr(limits, "EXPORT_BYTES_MAX", 9000)
    want = {"TableArn": arn, "S3Bucket": "outside"}
    found = await outcomes(house, "ExportTableToPointInTime", want, want, want)
    assert found.count("LimitExceededException") == 1, "three times four thousand is too much"
