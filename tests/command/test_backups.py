"""`jedlik backup`, `restore` and `tail` against a running server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.command.test_clients import Jedlik, items_of, jedlik

__all__ = ["jedlik"]

WAIT_S_MAX = 60


def test_a_backup_and_its_restore(jedlik: Jedlik, make_table: Any, dynamodb: Any) -> None:
    table = make_table()
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "v": {"S": "x"}})
    made = jedlik("backup", table, "--name", "by-hand")
    assert made.returncode == 0, made.stderr
    arn = made.stdout.strip()
    assert "1 items" in made.stderr and "by-hand" in made.stderr
    copy = f"{table}-copy"
    restored = jedlik("restore", arn, copy)
    assert restored.returncode == 0, restored.stderr
    try:
        assert items_of(jedlik, copy) == [{"pk": {"S": "a"}, "v": {"S": "x"}}]
        again = jedlik("restore", arn, copy)
        assert again.returncode != 0 and "TableAlreadyExistsException" in again.stderr
    finally:
        dynamodb.delete_table(TableName=copy)
        dynamodb.delete_backup(BackupArn=arn)


def test_an_earlier_time(jedlik: Jedlik, make_table: Any, dynamodb: Any) -> None:
    table = make_table()
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}})
    time.sleep(0.01)
    then = time.time()
    time.sleep(0.01)
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "b"}})
    copy = f"{table}-then"
    restored = jedlik("restore", table, copy, "--at", str(then))
    assert restored.returncode == 0, restored.stderr
    try:
        assert items_of(jedlik, copy) == [{"pk": {"S": "a"}}]
    finally:
        dynamodb.delete_table(TableName=copy)
    for wrong, text in (("yesterday", "--at"), ("2020-01-01T00:00:00Z", "InvalidRestoreTime")):
        refused = jedlik("restore", table, "never-made", "--at", wrong)
        assert refused.returncode != 0 and text in refused.stderr


def test_tail_writes_a_line_for_each_change_until_it_is_interrupted(
    jedlik: Jedlik, endpoint: str, make_table: Callable[..., str], dynamodb: Any
) -> None:
    plain = jedlik("tail", make_table())
    assert plain.returncode != 0 and "has no stream" in plain.stderr
    table = make_table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}})
    following = subprocess.Popen(
        [sys.executable, "-m", "jedlik", "tail", table, "--all"],
        env={**os.environ, "JEDLIK_ENDPOINT": endpoint},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever starts the tests in the background may have had SIGINT ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert following.stdout is not None
        first = json.loads(following.stdout.readline())
        assert first["dynamodb"]["NewImage"] == {"pk": {"S": "a"}}
        dynamodb.delete_item(TableName=table, Key={"pk": {"S": "a"}})
        second = json.loads(following.stdout.readline())
        assert second["eventName"] == "REMOVE"
        following.send_signal(signal.SIGINT)
        _, said = following.communicate(timeout=WAIT_S_MAX)
        assert following.returncode == 130 and "Traceback" not in said
    finally:
        following.kill()
        following.communicate()
