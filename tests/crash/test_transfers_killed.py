"""kill -9 in the middle of imports, exports, backups and restores, several times: they go on, end,
and hold what they should; nothing that is half written can be seen meanwhile."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server

ITEMS = 8_000
KILLS = 2
WAIT_S_MAX = 120
BUCKET = "killed"
TABLE = "killed-table"
Item = dict[str, dict[str, str]]


def client(server: Server, service: str) -> Any:
    return server.client(service, retries={"total_max_attempts": 3})


def item(n: int) -> Item:
    return {"pk": {"S": f"key-{n}"}, "v": {"S": f"{n}-" * 30}, "n": {"N": str(n)}}


@pytest.mark.slow
def test_imports_exports_backups_and_restores_go_on_after_kills(tmp_path: Path) -> None:
    server = Server("--data", str(tmp_path / "data"), "--dax-nodes", "0", "--throttling", "off")
    try:
        server.start()
        model = {f"key-{n}": item(n) for n in range(ITEMS)}
        _imported(server, list(model.values()))
        assert _scan(server) == model
        _exported(server, model)
        after = _scan(server)
        assert len(after) < len(model), "it was changed while it was exported"
        at = time.time()
        _backed_up(server, after)
        assert _scan(server, "from-backup") == after
        _restored(server, "from-time", at)
        assert _scan(server, "from-time") == after
    finally:
        server.kill()
        server.log.unlink(missing_ok=True)


def _imported(server: Server, items: list[Item]) -> None:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket=BUCKET)
    for part in range(3):
        lines = "".join(json.dumps({"Item": each}) + "\n" for each in items[part::3])
        s3.put_object(Bucket=BUCKET, Key=f"in/{part}.gz", Body=gzip.compress(lines.encode(), 1))
    arn = client(server, "dynamodb").import_table(
        S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": "in/"},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters={
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        },
    )["ImportTableDescription"]["ImportArn"]

    def shown() -> dict[str, Any]:
        found: dict[str, Any] = client(server, "dynamodb").describe_import(ImportArn=arn)
        return found["ImportTableDescription"]

    for done in _killed(server, lambda: shown()["ImportStatus"]):
        state = client(server, "dynamodb").describe_table(TableName=TABLE)["Table"]["TableStatus"]
        if done or shown()["ImportStatus"] == "IN_PROGRESS":
            assert state == ("ACTIVE" if done else "CREATING")
    end = shown()
    assert end["ImportStatus"] == "COMPLETED", end
    assert end["ImportedItemCount"] == end["ProcessedItemCount"] == len(items)
    assert end["ErrorCount"] == 0


def _exported(server: Server, model: dict[str, Item]) -> None:
    dynamodb = client(server, "dynamodb")
    dynamodb.update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    table = dynamodb.describe_table(TableName=TABLE)["Table"]["TableArn"]
    arn = dynamodb.export_table_to_point_in_time(TableArn=table, S3Bucket=BUCKET, S3Prefix="out")[
        "ExportDescription"
    ]["ExportArn"]
    # What happens from now on is not in it, also a put that changes nothing.
    for n in range(0, 200, 2):
        dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": f"key-{n}"}})
        dynamodb.put_item(TableName=TABLE, Item=item(n + 1))

    def shown() -> dict[str, Any]:
        found: dict[str, Any] = client(server, "dynamodb").describe_export(ExportArn=arn)
        return found["ExportDescription"]

    for done in _killed(server, lambda: shown()["ExportStatus"]):
        names = _objects_whole(server)
        assert any(name.endswith("manifest-summary.json") for name in names) >= done
    end = shown()
    assert end["ExportStatus"] == "COMPLETED" and end["ItemCount"] == len(model), end
    names = _objects_whole(server)
    s3 = client(server, "s3")
    data = [
        gzip.decompress(s3.get_object(Bucket=BUCKET, Key=name)["Body"].read())
        for name in names
        if "/data/" in name
    ]
    lines = [json.loads(line)["Item"] for each in data for line in each.splitlines()]
    assert {each["pk"]["S"]: each for each in lines} == model and len(lines) == len(model)
    (first,) = [name for name in names if name.endswith("manifest-summary.json")]
    summary = json.loads(s3.get_object(Bucket=BUCKET, Key=first)["Body"].read())
    assert summary["itemCount"] == len(model)


def _backed_up(server: Server, model: dict[str, Item]) -> None:
    """A backup, and a table from it. What changes meanwhile is not in them."""
    dynamodb = client(server, "dynamodb")
    arn = dynamodb.create_backup(TableName=TABLE, BackupName="killed")["BackupDetails"]["BackupArn"]
    for n in range(300, 400, 2):
        dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": f"key-{n}"}})
        dynamodb.put_item(TableName=TABLE, Item=item(n + 1))

    def shown() -> dict[str, Any]:
        found: dict[str, Any] = client(server, "dynamodb").describe_backup(BackupArn=arn)
        return found["BackupDescription"]

    for _ in _killed(server, lambda: shown()["BackupDetails"]["BackupStatus"], "CREATING"):
        pass
    assert shown()["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert shown()["SourceTableDetails"]["ItemCount"] == len(model)
    client(server, "dynamodb").restore_table_from_backup(
        TargetTableName="from-backup", BackupArn=arn
    )
    _ready(server, "from-backup", len(model))


def _restored(server: Server, target: str, at: float) -> None:
    client(server, "dynamodb").restore_table_to_point_in_time(
        SourceTableName=TABLE, TargetTableName=target, RestoreDateTime=at
    )
    _ready(server, target, ITEMS - 100)


def _ready(server: Server, table: str, items: int) -> None:
    """Kill the server until the table is ACTIVE, and has so many items."""

    def shown() -> dict[str, Any]:
        found: dict[str, Any] = client(server, "dynamodb").describe_table(TableName=table)
        return found["Table"]

    for _ in _killed(server, lambda: shown()["TableStatus"], "CREATING"):
        pass
    assert (shown()["TableStatus"], shown()["ItemCount"]) == ("ACTIVE", items)


def _killed(
    server: Server, status: Callable[[], str], going_on: str = "IN_PROGRESS"
) -> Iterator[bool]:
    """Kill and restart the server while the work is going on; after each time, and at the end,
    whether it is done."""
    for kill in range(KILLS):
        deadline = time.monotonic() + 0.2 * kill
        while time.monotonic() < deadline and status() == going_on:
            time.sleep(0.02)
        if status() != going_on:
            assert kill, "it was done before the first kill"
            break
        server.kill()
        server.restart()
        if status() == going_on:
            yield False
    else:
        deadline = time.monotonic() + WAIT_S_MAX
        while status() == going_on:
            assert time.monotonic() < deadline, server.output()
            time.sleep(0.05)
    yield True


def _objects_whole(server: Server) -> list[str]:
    """The names of all objects of the export; every data file is complete."""
    s3 = client(server, "s3")
    names = [
        each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix="out/").get("Contents", [])
    ]
    for name in names:
        if name.endswith(".gz"):
            inflater = zlib.decompressobj(31)
            inflater.decompress(s3.get_object(Bucket=BUCKET, Key=name)["Body"].read())
            assert inflater.eof, f"{name} breaks off"
    return names


def _scan(server: Server, table: str = TABLE) -> dict[str, Item]:
    found: dict[str, Item] = {}
    pages = client(server, "dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=table, ConsistentRead=True):
        for each in page["Items"]:
            assert each["pk"]["S"] not in found
            found[each["pk"]["S"]] = each
    return found
