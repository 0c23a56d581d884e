"""`jedlik backup`, `restore`, `export`, `import` and `tail`: what is shown on a terminal and what
on a pipe, Ctrl-C, and input that cannot be."""

from __future__ import annotations

import gzip
import os
import pty
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.command.test_clients import Jedlik, jedlik
from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY

__all__ = ["jedlik"]

WAIT_S_MAX = 60
ITEMS = 3
Terminal = Callable[..., "OnTerminal"]


class OnTerminal:
    """A command whose standard error, and nothing else, is a terminal."""

    def __init__(self, endpoint: str, *arguments: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JEDLIK_", "AWS_"))}
        keys = {
            "JEDLIK_ENDPOINT": endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
        }
        self._ours, theirs = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jedlik", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            env={**kept, **keys},
            # Whoever starts the tests in the background may have had SIGINT ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        os.close(theirs)

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + WAIT_S_MAX
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            if not self._read(0.1) and self.process.poll() is not None:
                raise AssertionError(f"it ended and said {self.shown!r}")

    def end(self) -> tuple[int, str, str]:
        """Exit code, what was written to standard output, and to the terminal."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + WAIT_S_MAX
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.shown
            self._read(0.1)
        while self._read(0.0):
            pass
        os.close(self._ours)
        return self.process.returncode, self.process.stdout.read(), self.shown

    def _read(self, wait_s: float) -> bool:
        if not select.select([self._ours], [], [], wait_s)[0]:
            return False
        try:
            data = os.read(self._ours, 4096)
        except OSError:  # nobody has the other end any more
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)


@pytest.fixture
def on_terminal(jedlik: Jedlik, endpoint: str) -> Iterator[Terminal]:
    begun: list[OnTerminal] = []

    def begin(*arguments: str) -> OnTerminal:
        begun.append(OnTerminal(endpoint, *arguments))
        return begun[-1]

    yield begin
    for each in begun:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait()


@pytest.fixture
def table(make_table: Any, dynamodb: Any) -> str:
    """A table with some items and point-in-time recovery."""
    name: str = make_table()
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    for n in range(ITEMS):
        dynamodb.put_item(TableName=name, Item={"pk": {"S": str(n)}})
    return name


@pytest.fixture
def bucket(make_client: Any) -> str:
    name = f"long-work-{uuid.uuid4().hex[:12]}"
    make_client("s3").create_bucket(Bucket=name)
    return name


def forget(dynamodb: Any, table: str) -> None:
    """Delete a table once it is ready, if it is there."""
    try:
        dynamodb.describe_table(TableName=table)
        dynamodb.get_waiter("table_exists").wait(
            TableName=table, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300}
        )
        dynamodb.delete_table(TableName=table)
    except dynamodb.exceptions.ResourceNotFoundException:
        pass


def test_each_shows_progress_on_a_terminal_and_none_on_a_pipe(
    jedlik: Jedlik, on_terminal: Terminal, table: str, bucket: str, dynamodb: Any
) -> None:
    def both(label: str, *arguments: str) -> str:
        """The standard output of the command on a pipe."""
        code, _, shown = on_terminal(*arguments[:-1], f"{arguments[-1]}-1").end()
        assert code == 0, shown
        assert label in shown
        done = jedlik(*arguments[:-1], f"{arguments[-1]}-2")
        assert done.returncode == 0, done.stderr
        assert label not in done.stderr and "\r" not in done.stderr + done.stdout
        return done.stdout

    made: list[str] = []
    try:
        backup = both("backing up", "backup", table, "--name", "progress").strip()
        assert backup.startswith("arn:") and "/backup/" in backup
        made += [f"{table}-b-1", f"{table}-b-2", f"{table}-p-1", f"{table}-p-2"]
        told = both("restoring", "restore", backup, f"{table}-b")
        assert f"{ITEMS} items" in told
        told = both("restoring", "restore", table, f"{table}-p")
        assert f"{ITEMS} items" in told
        data = both("exporting", "export", table, f"s3://{bucket}/out").strip()
        assert data.startswith(f"s3://{bucket}/out-2/AWSDynamoDB/")
        made += [f"{table}-i-1", f"{table}-i-2"]
        told = both("importing", "import", data, "--key", "pk:S", f"{table}-i")
        assert f"{ITEMS} items, 0 errors" in told
    finally:
        for name in made:
            forget(dynamodb, name)


def test_an_export_of_some_items(jedlik: Jedlik, table: str, bucket: str, make_client: Any) -> None:
    done = jedlik(
        *("export", table, f"s3://{bucket}/some", "--projection", "#key"),
        *("--key-condition", "#key = :key", "--filter", "attribute_not_exists(nothing)"),
        *("--names", '{"#key": "pk"}', "--values", '{":key": {"S": "1"}}'),
    )
    assert done.returncode == 0, done.stderr
    assert f"{table}: 1 items, " in done.stderr
    s3, prefix = make_client("s3"), done.stdout.strip().removeprefix(f"s3://{bucket}/")
    lines = []
    for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        body = s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
        lines += gzip.decompress(body).splitlines()
    assert lines == [b'{"Item":{"pk":{"S":"1"}}}']


def test_ctrl_c_leaves_quietly_and_says_what_goes_on(
    on_terminal: Terminal, new_name: Any, bucket: str, make_client: Any, dynamodb: Any
) -> None:
    # So much that each is still going on when the interruption comes.
    many = b"".join(
        b'{"Item":{"pk":{"S":"%d"},"v":{"S":"%0500d"}}}\n' % (n, n) for n in range(9000)
    )
    make_client("s3").put_object(Bucket=bucket, Key="in/many", Body=many)
    source, copy = new_name(), new_name()
    place, data = f"s3://{bucket}/out", f"s3://{bucket}/in"
    try:
        for what, doing, arguments in (
            ("import", "importing", (data, source, "--key", "pk:S", "--compression", "none")),
            ("backup", "backing", (source,)),
            ("restore", "restoring", (source, copy)),
            ("export", "exporting", (source, place)),
        ):
            going_on = on_terminal(what, *arguments)
            going_on.wait_for(doing)
            going_on.process.send_signal(signal.SIGINT)
            code, plain, shown = going_on.end()
            assert "Traceback" not in shown
            assert code == 130, f"{what}: {shown}"
            assert f"the {what} goes on: " in shown and not plain
            if what == "import":
                dynamodb.get_waiter("table_exists").wait(
                    TableName=source, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300}
                )
                dynamodb.update_continuous_backups(
                    TableName=source,
                    PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
                )
    finally:
        forget(dynamodb, copy)
        forget(dynamodb, source)


def test_input_that_cannot_be(jedlik: Jedlik, table: str, bucket: str, make_table: Any) -> None:
    for arguments, text in (
        (("backup", "no-such-table"), "there is no table no-such-table"),
        (("backup", table, "--name", "x"), "backupName"),
        (("restore", "no-such-table", "copy-of-it"), "TableNotFoundException"),
        (("restore", table, "x"), "targetTableName"),
        (("restore", "arn:aws:dynamodb:r:a:table/t/backup/01", "copy", "--at", "1"), "--at"),
        (("export", "no-such-table", f"s3://{bucket}"), "there is no table no-such-table"),
        (("export", table, "bucket/prefix"), "s3://bucket/prefix"),
        (("export", table, f"s3://{bucket}-not"), "S3NoSuchBucket"),
        (("export", table, f"s3://{bucket}", "--bucket-owner", "1" * 12), "S3AccessDenied"),
        (
            ("import", f"s3://{bucket}", "new", "--key", "pk:S", "--bucket-owner", "1" * 12),
            "S3AccessDenied",
        ),
        (("export", make_table(), f"s3://{bucket}"), "PointInTimeRecoveryUnavailableException"),
        (("export", table, f"s3://{bucket}", "--values", "{:v}"), "--values '{:v}'"),
        (("export", table, f"s3://{bucket}", "--filter", "a ="), "Invalid FilterExpression"),
        (("import", f"s3://{bucket}/none", f"{table}-no", "--key", "pk:S"), "S3NoSuchKey"),
        (("import", "nowhere", f"{table}-no", "--key", "pk:S"), "s3://bucket/prefix"),
        (("import", f"s3://{bucket}", f"{table}-no", "--key", "pk"), "--key 'pk'"),
        (("import", f"s3://{bucket}", table, "--key", "pk:S"), "ResourceInUseException"),
        (("tail", "no-such-table"), "there is no table no-such-table"),
    ):
        done = jedlik(*arguments)
        assert done.returncode not in (0, 130), arguments
        assert text in done.stderr, (arguments, done.stderr)
        assert "Traceback" not in done.stderr and not done.stdout.startswith("arn:")
