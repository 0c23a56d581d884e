"""What the tests of backups and restores share."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

Ask = Callable[..., dict[str, Any]]
WAIT_S_MAX = 60


def put(ask: Ask, table: str, number: int, **more: Any) -> None:
    ask("PutItem", TableName=table, Item={"pk": {"S": "a"}, "sk": {"N": str(number)}, **more})


def items(ask: Ask, table: str, **more: Any) -> list[dict[str, Any]]:
    found = ask("Scan", TableName=table, **more)["Items"]
    return sorted(found, key=lambda item: float(item["sk"]["N"]))


def available(ask: Ask, arn: str) -> dict[str, Any]:
    """The description of a backup once it is there."""

    def there() -> dict[str, Any] | None:
        shown = ask("DescribeBackup", BackupArn=arn)["BackupDescription"]
        return shown if shown["BackupDetails"]["BackupStatus"] == "AVAILABLE" else None

    return wait_until(there)


def restored(ask: Ask, table: str) -> dict[str, Any]:
    """The description of a restored table once it is there."""

    def there() -> dict[str, Any] | None:
        shown = ask("DescribeTable", TableName=table)["Table"]
        return shown if shown["TableStatus"] == "ACTIVE" else None

    return wait_until(there)


def wait_until(there: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_S_MAX
    while (found := there()) is None:
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)
    return found
