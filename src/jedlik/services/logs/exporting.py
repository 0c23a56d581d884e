"""export: the events of a task to S3, gzipped lines of time and message, as AWS lays them out:

    prefix/aws-logs-write-test
    prefix/id of the task/name of the stream/000000.gz, 000001.gz, …

An object is there when all of it is. What a crash has cut off is done again from the beginning,
over what is there.
"""

from __future__ import annotations

import asyncio
import time
import zlib

import msgspec

from jedlik.api.errors import ApiError
from jedlik.services.logs.export_tasks import Status, Task, Tasks
from jedlik.services.logs.store import Event, Logs, Stream, event_name
from jedlik.services.s3 import Objects
from jedlik.tables.database import Database

PAGE_EVENTS = 500
OBJECT_BYTES = 64 << 20
"""Of lines in one object; the next events go to the next one. Ours."""
TEST_KEY, TEST_TEXT = "aws-logs-write-test", b"Permission Check Successful"


class Cancelled(Exception):
    """Somebody has cancelled the task."""


async def check_bucket(db: Database, task: Task) -> None:
    """Write what AWS writes first. Raises S3Error."""
    objects = Objects(db, account=task.account, region=task.region)
    await objects.put(task.bucket, f"{task.prefix}/{TEST_KEY}", TEST_TEXT)


async def export(db: Database, task: Task) -> None:
    """Do a task to its end, however it ends. Raises Contended."""
    tasks = Tasks(db, task.account, task.region)
    found = await tasks.change(
        task.id,
        lambda now: (
            msgspec.structs.replace(now, status="RUNNING") if now.status == "PENDING" else now
        ),
    )
    status: Status = "COMPLETED"
    message = "Completed successfully"
    try:
        if found.status == "PENDING_CANCEL":
            raise Cancelled
        await _export(db, tasks, task)
    except Cancelled:
        status, message = "CANCELLED", "Cancelled by user"  # unverified
    except ApiError as fault:  # of the bucket, or of a group that is gone
        status, message = "FAILED", fault.message or fault.code
    ended_ms = db.clock.now_ms()
    await tasks.change(
        task.id,
        lambda now: msgspec.structs.replace(
            now,
            status="CANCELLED" if now.status == "PENDING_CANCEL" else status,
            message=message,
            ended_ms=ended_ms,
        ),
    )


async def _export(db: Database, tasks: Tasks, task: Task) -> None:
    logs = Logs(db, task.account, task.region)
    group = await logs.group(task.group)
    for stream in await logs.streams(group, task.streams):
        if stream.first_ms is None or stream.last_ms is None:
            continue
        if stream.first_ms <= task.to_ms and stream.last_ms >= task.from_ms:
            await _export_stream(db, tasks, task, logs, stream)


async def _export_stream(
    db: Database, tasks: Tasks, task: Task, logs: Logs, stream: Stream
) -> None:
    objects = Objects(db, account=task.account, region=task.region)
    folder = f"{task.prefix}/{task.id}/{stream.name.replace('/', '-')}"
    low, high = event_name(task.from_ms, 0), event_name(task.to_ms + 1, 0)
    number = 0
    page = await logs.events(stream, low=low, high=high, limit=PAGE_EVENTS)
    while page:
        key = f"{folder}/{number:06d}.gz"
        packer = zlib.compressobj(wbits=31)
        size = 0
        async with objects.writer(task.bucket, key, content_type="application/x-gzip") as out:
            while page and size < OBJECT_BYTES:
                lines = b"".join(
                    [_line(each.at_ms, each.message) for each in await _whole(logs, stream, page)]
                )
                size += len(lines)
                await out.write(await asyncio.to_thread(packer.compress, lines))
                await db.pace.turn()
                if (await tasks.get(task.id)).status == "PENDING_CANCEL":
                    raise Cancelled
                low = page[-1][0] + "~"
                page = await logs.events(stream, low=low, high=high, limit=PAGE_EVENTS)
            await out.write(packer.flush())
        number += 1


async def _whole(logs: Logs, stream: Stream, page: list[tuple[str, Event]]) -> list[Event]:
    return [await logs.whole(stream, name, event) for name, event in page]


def _line(at_ms: int, message: str) -> bytes:
    seconds, rest = divmod(at_ms, 1000)
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{at}.{rest:03d}Z {message}\n".encode()
