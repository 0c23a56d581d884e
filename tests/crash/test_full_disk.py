"""A full disk under the real server: clear errors, reads go on, nothing acknowledged is lost, and
writes succeed again by themselves when there is room.

Once with a real small file system (where mounting is allowed), once with a bound on the size of
the server's files, which needs no rights and lets a file's write fail in its middle.
"""

from __future__ import annotations

import json
import resource
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.differential.suite import table
from tests.support.raw import Answer, Raw
from tests.support.server import Server

TABLE = "full"
ROOM_BYTES = 12 << 20
ITEM_BYTES = 200_000
REFUSALS = 5
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@dataclass
class Disk:
    """`folder` is for the data; `fill` takes the room away from a server, `free` gives it back."""

    folder: Path
    fill: Callable[[int], None]
    free: Callable[[int], None]


@pytest.fixture(params=["file system", "file size"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "file size":
        yield Disk(
            tmp_path / "data",
            lambda pid: _limit(pid, (ROOM_BYTES, resource.RLIM_INFINITY)),
            lambda pid: _limit(pid, UNLIMITED),
        )
        return
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={2 * ROOM_BYTES}", "tmpfs", str(mounted)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount command")
    if done.returncode:
        pytest.skip(f"may not mount: {done.stderr.strip()}")
    ballast = mounted / "ballast"
    try:
        yield Disk(
            mounted / "data",
            lambda pid: _write(ballast, ROOM_BYTES),
            lambda pid: ballast.unlink(),
        )
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


def test_a_full_disk_refuses_writes_and_loses_none(disk: Disk) -> None:
    with Server("--data", str(disk.folder), "--throttling", "off") as server:
        raw = Raw(server.endpoint)
        create_table(raw)
        disk.fill(server.pid)
        acknowledged = put_until_full(raw)
        assert "no space left" in server.output()
        assert_there(raw, acknowledged)
        acknowledged = put_until_unhealthy(server, raw, acknowledged)
        assert len(server.output()) < 100_000, "the log floods the disk that is full"

        disk.free(server.pid)
        for number in range(acknowledged, acknowledged + 5):
            assert put(raw, number).status == 200
        assert health(server) == ("healthy", True)
        assert_there(raw, acknowledged + 5)

        server.kill()
        server.restart()
        assert_there(Raw(server.endpoint), acknowledged + 5)


def test_a_server_that_dies_on_a_full_disk_comes_back(disk: Disk) -> None:
    """It can be read at once, and written when there is room."""
    with Server("--data", str(disk.folder), "--throttling", "off") as server:
        raw = Raw(server.endpoint)
        create_table(raw)
        disk.fill(server.pid)
        acknowledged = put_until_full(raw)
        server.kill()
        server.restart()
        raw = Raw(server.endpoint)
        assert_there(raw, acknowledged)
        disk.free(server.pid)
        assert put(raw, acknowledged).status == 200
        assert_there(raw, acknowledged + 1)


def create_table(raw: Raw) -> None:
    assert raw.call("CreateTable", table(TABLE, "pk:S")).status == 200


def put_until_full(raw: Raw) -> int:
    """How many items were acknowledged. A refused one may find room at its next attempt: what a
    failed commit had taken is given back."""
    acknowledged = refused = 0
    while refused < REFUSALS:
        answer = put(raw, acknowledged)
        if answer.status == 200:
            acknowledged, refused = acknowledged + 1, 0
            assert acknowledged * ITEM_BYTES < 3 * ROOM_BYTES, "the disk does not fill up"
        else:
            refused += 1
            assert (answer.status, answer.error) == (500, "InternalServerError")
    assert acknowledged > 5
    return acknowledged


def put_until_unhealthy(server: Server, raw: Raw, acknowledged: int) -> int:
    """How many items were acknowledged. A server is unhealthy from a refused write to the next that
    succeeds, and its own small ones may find room where an item does not."""
    for _ in range(100):
        if put(raw, acknowledged).status == 200:
            acknowledged += 1
        elif health(server) == ("unhealthy", False):
            return acknowledged
    raise AssertionError(f"{health(server)} though writes are refused")


def put(raw: Raw, number: int) -> Answer:
    item = {"pk": {"S": str(number)}, "filler": {"S": "x" * ITEM_BYTES}}
    return raw.call("PutItem", {"TableName": TABLE, "Item": item})


def assert_there(raw: Raw, count: int) -> None:
    """Exactly the first `count` items."""
    found: set[str] = set()
    request = {"TableName": TABLE, "ProjectionExpression": "pk"}
    while True:
        answer = raw.call("Scan", request)
        assert answer.status == 200, answer.body
        found |= {item["pk"]["S"] for item in answer.json["Items"]}
        if "LastEvaluatedKey" not in answer.json:
            break
        request["ExclusiveStartKey"] = answer.json["LastEvaluatedKey"]
    assert found == {str(number) for number in range(count)}


def health(server: Server) -> tuple[str, bool]:
    try:
        with urllib.request.urlopen(f"{server.endpoint}/_jedlik/health", timeout=60) as reply:
            body = json.load(reply)
    except urllib.error.HTTPError as error:
        body = json.load(error)
    return body["status"], body["store"]["writable"]


def _limit(pid: int, limits: tuple[int, int]) -> None:
    """Linux only; elsewhere there is no way to bound another process's files."""
    if not hasattr(resource, "prlimit"):
        pytest.skip("no prlimit here")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def _write(file: Path, size: int) -> None:
    file.write_bytes(b"\0" * size)
