"""How an export is done: an image of the table's past, then its files, then the manifests.

    [prefix/]AWSDynamoDB/<id>/_started
    [prefix/]AWSDynamoDB/<id>/data/<name>.json.gz      (incremental: [prefix/]AWSDynamoDB/data/…)
    [prefix/]AWSDynamoDB/<id>/manifest-files.json      a line for each data file
    [prefix/]AWSDynamoDB/<id>/manifest-summary.json    and .md5 of both

A step writes one data file; its line and the place in the image are stored in one write, so after
a restart the file that was under way is written again, under the same name.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections import deque
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec
import orjson

from jedlik.api.errors import ApiError
from jedlik.services.dynamodb import transfers
from jedlik.services.dynamodb.coding import Encoded, Encoding, Form, coders_of
from jedlik.services.dynamodb.export_filters import MEMBER, span_of
from jedlik.services.dynamodb.transfer_objects import objects_of
from jedlik.services.dynamodb.transfers import (
    Transfer,
    data_folder,
    folder,
    incremental,
    manifest_key,
    view_type,
)
from jedlik.services.s3 import ObjectWriter
from jedlik.storage.waist import Page
from jedlik.tables import recovery
from jedlik.tables.backups import Backup
from jedlik.tables.database import Database
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import Table

FILE_BYTES = 64 << 20
"""Of items in one data file, as they are stored."""
PAGE_ITEMS = 100
PAGE_BYTES = 64 << 10
"""A page is a piece of work for who is alone: `tables/pace.py`."""
LARGE_ITEMS = 2000
AHEAD = 4
"""Pages that are read before what was encoded of those before is waited for."""
FULL_VERSION, INCREMENTAL_VERSION = "2020-06-30", "2023-08-01"
"""Versions of the manifests' format."""


async def advance(db: Database, export: Transfer) -> bool:
    """Do a bounded amount of an export; whether there is more to do right away."""
    try:
        if export.stage == "begin":
            return await _begin(db, export)
        if export.stage == "image":
            return await _look_for_image(db, export)
        if export.stage == "files":
            return await _write_file(db, export)
        return await _finish(db, export)
    except ApiError as refusal:  # what S3 has to say
        await fail(db, export, *transfers.failure_of(refusal))
        return False


async def _begin(db: Database, export: Transfer) -> bool:
    await _put(db, export, folder(export) + "_started", b"")
    past = await _past(db, export)
    table = past.table if isinstance(past, Backup) else past
    if past is None or table is None or table.recovery is None or not table.recovery.enabled:
        await fail(
            db,
            export,
            "PointInTimeRecoveryUnavailable",
            f"Point in time recovery is not enabled for table '{export.table}'",
        )
        return False
    await recovery.begin_image(
        db,
        job_of(export),
        past,
        version_max=export.version_max,
        version_min=export.version_min if incremental(export) else None,
        span=span_of(export.request.get(MEMBER, {}), table.keys),
    )
    await _store(db, export, stage="image")
    return True


async def _past(db: Database, export: Transfer) -> Table | Backup | None:
    """The table, or what was kept of it when it was deleted meanwhile."""
    try:
        table = await db.catalog.get(export.account, export.region, export.table)
    except TableNotFound:
        table = None
    if table is not None and table.id == export.table_id:
        return table
    async for backup in db.backups.all():
        if backup.kind == "SYSTEM" and backup.table.id == export.table_id:
            return backup
    return None


async def _look_for_image(db: Database, export: Transfer) -> bool:
    job = await db.backups.job(job_of(export))
    if job is None:
        await fail(db, export, "InternalError", "The table's past is not there any more")
        return False
    if job.phase != "ready":
        return False  # `transfer_work` is set when it is
    await _store(db, export, stage="files")
    return True


async def _write_file(db: Database, export: Transfer) -> bool:
    """One data file; an export of an empty table has one, too, with nothing in it."""
    job = await db.backups.job(job_of(export))
    if job is None:
        await fail(db, export, "InternalError", "The table's past is not there any more")
        return False
    form = Form(
        ion=export.request.get("ExportFormat") == "ION",
        view=view_type(export) if incremental(export) else "",
        key_names=tuple(job.source.keys.names) if job.source is not None else (),
        filter=export.request.get(MEMBER, {}),
    )
    key = data_folder(export) + _file_name(export)
    page = await _page(db, job.space, export.after)
    stats = await db.engine.stats(job.space)  # of an incremental export's image nobody keeps any
    large = page.more and (incremental(export) or stats.rows >= LARGE_ITEMS)
    coders = coders_of(db, large=large)
    async with await _writer(db, export, key, content_type="application/octet-stream") as out:
        encoding = await coders.encoding(form)
        try:
            count, size, after, more = await _encode(db, export, job.space, page, encoding, out)
            await out.write(await encoding.finish())
        finally:
            encoding.close()
    assert out.info is not None
    line = {
        "itemCount": count,
        "md5Checksum": base64.b64encode(out.md5).decode(),
        "etag": out.info.etag,
        "dataFileS3Key": key,
    }
    also = [transfers.file_change(export.id, export.files, orjson.dumps(line))]
    new = msgspec.structs.replace(
        export,
        stage="files" if more else "finish",
        after=after,
        files=export.files + 1,
        imported=export.imported + count,
        size_bytes=export.size_bytes + size,
    )
    await transfers.of(db, export).store(export, new, also)
    return True


async def _encode(
    db: Database, export: Transfer, space: int, page: Page, encoding: Encoding, out: ObjectWriter
) -> tuple[int, int, bytes, bool]:
    """A file's items into `out`: their count and size, the place reached, whether there are more.

    Pages are read while those before are encoded.
    """
    count = size = read = 0
    after = export.after
    written = transfers.written(db)
    coming: deque[asyncio.Task[Encoded]] = deque()
    try:
        while True:
            values = [entry.value for entry in page.entries]
            read += sum(map(len, values))
            coming.append(asyncio.ensure_future(encoding.add(values)))
            if page.entries:
                after = page.entries[-1].token + page.entries[-1].sort
            last = not page.more or read >= FILE_BYTES
            while coming and (last or len(coming) > AHEAD):
                done = await coming[0]
                coming.popleft()
                await out.write(done.data)
                count, size = count + done.items, size + done.size
                written[export.id] = export.imported + count
            if last:
                return count, size, after, page.more
            await db.pace.turn()
            page = await _page(db, space, after)
    finally:
        for task in coming:
            if not task.cancel() and not task.cancelled():
                task.exception()  # another one was raised before


async def _page(db: Database, space: int, after: bytes) -> Page:
    start = (after[:16], after[16:], b"") if after else None
    return await db.engine.scan(
        space, b"", None, after=start, item_limit=db.pace.items(PAGE_ITEMS), byte_limit=PAGE_BYTES
    )


async def _finish(db: Database, export: Transfer) -> bool:
    """The manifests, the summary last: who finds that one finds everything."""
    digest = hashlib.md5(usedforsecurity=False)
    files_key = folder(export) + "manifest-files.json"
    async with await _writer(db, export, files_key, content_type="application/json") as out:
        for row in await transfers.of(db, export).files(export.id):
            digest.update(row.document + b"\n")
            await out.write(row.document + b"\n")
    files_checksum = base64.b64encode(digest.digest())
    await _put(db, export, folder(export) + "manifest-files.md5", files_checksum)
    end_ms = db.clock.now_ms()
    summary = orjson.dumps(_summary(export, files_key, end_ms))
    checksum = hashlib.md5(summary, usedforsecurity=False).digest()
    await _put(db, export, folder(export) + "manifest-summary.md5", base64.b64encode(checksum))
    await _put(db, export, manifest_key(export), summary, content_type="application/json")
    await recovery.drop_image(db, job_of(export))
    transfers.written(db).pop(export.id, None)
    await _store(db, export, stage="done", status="COMPLETED", end_ms=end_ms)
    return False


def _summary(export: Transfer, files_key: str, end_ms: int) -> dict[str, Any]:
    request = export.request
    shown: dict[str, Any] = {
        "version": INCREMENTAL_VERSION if incremental(export) else FULL_VERSION,
        "exportArn": export.arn,
        "startTime": _time(export.start_ms),
        "endTime": _time(end_ms),
        "tableArn": export.table_arn,
        "tableId": export.table_id,
        "exportTime": _time(export.at_ms),
        "s3Bucket": request["S3Bucket"],
        "s3Prefix": request.get("S3Prefix"),
        "s3SseAlgorithm": request.get("S3SseAlgorithm", "AES256"),
        "s3SseKmsKeyId": request.get("S3SseKmsKeyId"),
        "manifestFilesS3Key": files_key,
        "billedSizeBytes": export.size_bytes,
        "itemCount": export.imported,
        "outputFormat": request.get("ExportFormat", "DYNAMODB_JSON"),
    }
    if incremental(export):
        del shown["exportTime"]
        shown |= {
            "exportFromTime": _time(export.from_ms),
            "exportToTime": _time(export.at_ms),
            "outputView": view_type(export),
        }
    shown["exportType"] = request.get("ExportType", "FULL_EXPORT")
    return shown


async def fail(db: Database, export: Transfer, code: str, message: str) -> None:
    """End an export that cannot be done."""
    transfers.written(db).pop(export.id, None)
    await recovery.drop_image(db, job_of(export))
    await _store(
        db,
        export,
        stage="done",
        status="FAILED",
        end_ms=db.clock.now_ms(),
        failure_code=code,
        failure_message=message,
    )


def job_of(export: Transfer) -> str:
    """The job that takes its image."""
    return recovery.EXPORTS + export.id


def _file_name(export: Transfer) -> str:
    name = blake2b(f"{export.id}|{export.files}".encode(), digest_size=16).digest()
    ending = "ion" if export.request.get("ExportFormat") == "ION" else "json"
    return f"{base64.b32encode(name).decode().rstrip('=').lower()}.{ending}.gz"


async def _store(db: Database, old: Transfer, **changes: Any) -> None:
    await transfers.of(db, old).store(old, msgspec.structs.replace(old, **changes))


async def _writer(db: Database, export: Transfer, key: str, **described: Any) -> ObjectWriter:
    """An object in the making, if the caller may put it. Raises S3Error."""
    asked = {"S3SseAlgorithm": "AES256", **export.request}
    objects = objects_of(db, export, export.request)
    return await objects.writer(key, encryption=transfers.encryption_of(asked), **described)


async def _put(db: Database, export: Transfer, key: str, data: bytes, **described: Any) -> None:
    async with await _writer(db, export, key, **described) as out:
        await out.write(data)


def _time(ms: int) -> str:
    text = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
