"""Export tasks end, whatever becomes of them, on an engine in memory."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jedlik.services.logs import exporting
from jedlik.services.logs.export_tasks import Task, Tasks
from jedlik.services.logs.store import Logs
from jedlik.services.s3 import Objects
from jedlik.storage.blobs import FileBlobs
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.workers.log_exports import LogExports

ACCOUNT, REGION = "000000000000", "us-east-1"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(MemoryEngine())
    await database.open()
    database.blobs = FileBlobs(tmp_path / "objects", durable=False)
    yield database
    await database.blobs.close()


async def added(db: Database, bucket: str, **more: Any) -> Task:
    """A task over all events of "g", whose stream "s" has a thousand."""
    logs = Logs(db, ACCOUNT, REGION)
    await logs.ensure("g", "s")
    await logs.put("g", "s", [(1000 + n, f"m{n}") for n in range(1000)])
    task = Task(
        id=f"task-{bucket}", account=ACCOUNT, region=REGION, group="g", streams="", from_ms=0,
        to_ms=db.clock.now_ms(), bucket=bucket, prefix="p", created_ms=db.clock.now_ms(), **more,
    )  # fmt: skip
    await Tasks(db, ACCOUNT, REGION).add(task)
    return task


async def test_many_events_are_several_objects(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "OBJECT_BYTES", 100)
    monkeypatch.setattr(exporting, "PAGE_EVENTS", 300)
    objects = Objects(db, account=ACCOUNT, region=REGION)
    assert await objects.make_bucket("logs")
    task = await added(db, "logs")
    assert not await LogExports(db).step(0)
    assert (await Tasks(db, ACCOUNT, REGION).get(task.id)).status == "COMPLETED"
    keys = [each.key async for each in objects.list("logs")]
    assert keys == [f"p/{task.id}/s/{number:06d}.gz" for number in range(4)]
    lines = [
        line
        for key in keys
        for line in gzip.decompress(await objects.get("logs", key)).split(b"\n")
    ]
    assert [line.split()[1] for line in lines if line] == [b"m%d" % n for n in range(1000)]


async def test_a_bucket_that_went_fails_the_task(db: Database) -> None:
    task = await added(db, "none")
    worker = LogExports(db)
    assert not await worker.step(0)
    found = await Tasks(db, ACCOUNT, REGION).get(task.id)
    assert found.status == "FAILED" and "bucket" in found.message and found.ended_ms
    assert not await worker.step(0)


async def test_a_group_that_went_fails_the_task(db: Database) -> None:
    task = await added(db, "none")
    await Logs(db, ACCOUNT, REGION).delete_group("g")
    assert not await LogExports(db).step(0)
    assert (await Tasks(db, ACCOUNT, REGION).get(task.id)).status == "FAILED"


async def test_a_cancelled_task_ends(db: Database) -> None:
    task = await added(db, "none")
    tasks = Tasks(db, ACCOUNT, REGION)
    await tasks.change(task.id, lambda now: msgspec.structs.replace(now, status="PENDING_CANCEL"))
    assert not await LogExports(db).step(0)
    assert (await tasks.get(task.id)).status == "CANCELLED"
