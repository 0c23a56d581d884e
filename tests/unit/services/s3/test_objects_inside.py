"""Objects for our own services, and the worker that clears up, on an engine in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jedlik.services.s3 import Objects, S3Error
from jedlik.services.s3.lifecycle import DAY_MS
from jedlik.services.s3.records import Garbage, Part, Upload, encode, upload_name, uploads
from jedlik.services.s3.store import Store
from jedlik.storage.blobs import FileBlobs
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.tables.internal import Change
from jedlik.workers.object_upkeep import ObjectUpkeep


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(MemoryEngine())
    await database.open()
    database.blobs = FileBlobs(tmp_path / "objects", durable=False)
    yield database
    await database.blobs.close()


@pytest.fixture
async def objects(db: Database) -> Objects:
    found = Objects(db, account="000000000000", region="us-east-1")
    assert await found.make_bucket("inside")
    return found


def files(tmp_path: Path) -> list[Path]:
    return [file for file in (tmp_path / "objects").rglob("*") if file.is_file()]


async def settle(db: Database, now_ms: int = 0) -> None:
    upkeep = ObjectUpkeep(db)
    while await upkeep.step(now_ms or db.clock.now_ms()):
        pass


async def test_written_in_pieces_read_in_pieces(objects: Objects, tmp_path: Path) -> None:
    piece = bytes(range(256)) * 100
    async with objects.writer("inside", "a/k", content_type="x/y", metadata={"m": "1"}) as out:
        for _ in range(50):
            await out.write(piece)
    info = await objects.head("inside", "a/k")
    assert (info.size, info.headers["content-type"]) == (50 * len(piece), "x/y")
    assert info.etag == out.info.etag  # type: ignore[union-attr]
    assert await objects.get("inside", "a/k") == piece * 50
    middle = [part async for part in objects.read("inside", "a/k", start=300, end=302)]
    assert b"".join(middle) == (piece * 50)[300:302]
    await objects.put("inside", "b", b"small")
    assert [info.key async for info in objects.list("inside")] == ["a/k", "b"]
    assert [info.key async for info in objects.list("inside", prefix="a/")] == ["a/k"]
    assert len(files(tmp_path)) == 2
    await objects.delete("inside", "a/k")
    assert not await objects.exists("inside", "a/k")
    assert len(files(tmp_path)) == 1


async def test_a_writer_that_fails_leaves_nothing(objects: Objects, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        async with objects.writer("inside", "k") as out:
            await out.write(b"x" * 1_000_000)
            raise RuntimeError
    assert not await objects.exists("inside", "k")
    assert files(tmp_path) == []


async def test_a_bucket_of_another_account(db: Database, objects: Objects) -> None:
    other = Objects(db, account="111111111111", region="us-east-1")
    with pytest.raises(S3Error, match="AccessDenied"):
        await other.put("inside", "k", b"")
    with pytest.raises(S3Error, match="NoSuchBucket"):
        await objects.put("nowhere", "k", b"")


async def test_a_reader_keeps_what_is_deleted_meanwhile(objects: Objects, tmp_path: Path) -> None:
    await objects.put("inside", "k", b"x" * 2_000_000)
    reader = objects.read("inside", "k")
    size = len(await anext(reader))
    await objects.delete("inside", "k")
    async for piece in reader:
        size += len(piece)
    assert size == 2_000_000
    await objects._run(lambda: None)  # the threads have had their turn
    for _ in range(100):
        if not files(tmp_path):
            break
        await objects._run(lambda: None)
    assert files(tmp_path) == []


async def test_files_without_rows_go(db: Database, objects: Objects, tmp_path: Path) -> None:
    await objects.put("inside", "k", b"kept")
    assert db.blobs is not None
    orphan = db.blobs.writer()
    orphan.write(b"lost")
    orphan.finish()
    half = db.blobs.writer()
    half.write(b"half")
    await db.blobs.close()
    # Another process, some time later.
    db.blobs = FileBlobs(tmp_path / "objects", durable=False)
    db.blobs._began_at += 10
    await settle(db)
    db.blobs.writer().abort()  # makes the folder ready, and so empties `incoming`
    assert len(files(tmp_path)) == 1
    assert await objects.get("inside", "k") == b"kept"


async def test_parts_of_an_upload_that_is_over_go(
    db: Database, objects: Objects, tmp_path: Path
) -> None:
    store = Store(db)
    bucket = await store.bucket("inside")
    upload = Upload(id="u1", key="k", started_ms=0)
    await store.table.write(Change(uploads(bucket), upload_name("k", "u1"), encode(upload)))
    for number in range(1, 4):
        writer = store.blobs.writer()
        writer.write(b"part")
        writer.finish()
        part = Part(number=number, etag="", size=4, modified_ms=0, blob=writer.id)
        await store.put_part(bucket, upload, part)
    parts = await store.parts("u1")
    await store.put_layout("u1", parts[:2])
    await store.table.write(store.garbage(Garbage(parts="u1")))
    await settle(db)
    assert sorted(file.name for file in files(tmp_path)) == sorted(p.blob for p in parts[:2])
    await store.table.write(store.garbage(Garbage(layout="u1")))
    await settle(db)
    assert files(tmp_path) == []


async def test_rules_expire_objects_and_uploads(db: Database, objects: Objects) -> None:
    store = Store(db)
    for key in ("old/a", "old/b", "new/a"):
        await objects.put("inside", key, b"")
    bucket = await store.bucket("inside")
    now = db.clock.now_ms()
    started = Upload(id="u1", key="k", started_ms=now)
    await store.table.write(Change(uploads(bucket), upload_name("k", "u1"), encode(started)))
    rules = [
        {"Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 2}},
        {"Status": "Disabled", "Expiration": {"Days": 1}},
        {"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}},
    ]
    await store.configure(bucket, "lifecycle", {"Rules": rules})
    await settle(db, now + DAY_MS)
    assert len([each async for each in objects.list("inside")]) == 3
    await settle(db, now + 3 * DAY_MS)
    assert [each.key async for each in objects.list("inside")] == ["new/a"]
    assert await store.upload(await store.bucket("inside"), "k", "u1") is not None
    await settle(db, now + 4 * DAY_MS)
    assert await store.upload(await store.bucket("inside"), "k", "u1") is None


async def test_objects_are_encrypted_as_asked_or_as_the_buckets_default_is(
    db: Database, objects: Objects
) -> None:
    store = Store(db)
    bucket = await store.bucket("inside")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/mine"}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    await objects.put("inside", "before", b"data")
    await store.configure(bucket, "encryption", rules)
    async with objects.writer("inside", "default") as out:
        await out.write(b"data")
    await objects.put("inside", "asked", b"data", encryption={"ServerSideEncryption": "AES256"})
    bucket = await store.bucket("inside")
    found = [await store.current(bucket, key) for key in ("before", "default", "asked")]
    assert [each.encryption for each in found if each] == ["AES256", "aws:kms", "AES256"]
    before, default_one, asked = found
    assert before and default_one and asked
    assert default_one.kms_key == "arn:aws:kms:us-east-1:000000000000:alias/mine"
    assert before.etag == asked.etag == out.md5.hex()
    assert default_one.etag != before.etag, "it tells nothing of the bytes"
