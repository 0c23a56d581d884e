"""Imports with keys that come again and again, in processes that come and go."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from jedlik.services.dynamodb import importing, limits
from jedlik.services.dynamodb.seen_keys import SeenKeys
from jedlik.services.dynamodb.transfers import Transfers
from jedlik.services.s3 import Objects
from jedlik.storage.blobs import FileBlobs
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.tables.keys import Key
from jedlik.tables.model import Index, KeyAttribute, KeySchema, Table
from jedlik.tables.read import scan
from jedlik.tables.stored import Stored
from jedlik.workers.transfers import Transfers as Worker

PK, SK, G = KeyAttribute("pk", "S"), KeyAttribute("sk", "N"), KeyAttribute("g", "S")
KEYS = KeySchema((PK,), (SK,))
INDEXES = (
    Index("by_g", "global", KeySchema((G,)), "ALL"),
    Index("local", "local", KeySchema((PK,), (G,)), "ALL"),
)
BUCKET = "outside"


@pytest.mark.parametrize("restarts", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(3))
async def test_the_last_record_of_a_key_is_its_item_and_each_item_counts_once(
    tmp_path: Path, seed: int, restarts: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    monkeypatch.setattr(importing, "PIECES", 1)
    engine, blobs = MemoryEngine(), FileBlobs(tmp_path, durable=False)
    db = Database(engine)
    db.blobs = blobs
    await db.open()
    table = await db.create_table(
        Table(
            "1",
            "r",
            "tab",
            KEYS,
            {"pk": "S", "sk": "N", "g": "S"},
            indexes=INDEXES,
            status="CREATING",
        )
    )
    objects = Objects(db, account="1", region="r")
    assert await objects.make_bucket(BUCKET)
    wanted: dict[tuple[str, str], Any] = {}
    for name in ("a", "b"):
        lines = []
        for _ in range(700):
            pk, sk = f"p{random.randrange(9)}", str(random.randrange(60))
            item = {"pk": {"S": pk}, "sk": {"N": sk}, "v": {"N": str(random.randrange(1000))}}
            if random.random() < 0.5:
                item["g"] = {"S": f"g{random.randrange(5)}"}
            wanted[pk, sk] = item
            lines.append(json.dumps({"Item": item}))
        await objects.put(BUCKET, name, "\n".join(lines).encode(), content_type="text/plain")
    store = Transfers(db, "import", "1", "r")
    request = {"S3BucketSource": {"S3Bucket": BUCKET}, "InputFormat": "DYNAMODB_JSON"}
    new = store.begun(table, request, db.clock.now_ms())
    await store.add(new)

    worker = Worker(db)
    for _ in range(1000):
        await worker.step(db.clock.now_ms())
        if (shown := await store.get(new.id)) is not None and shown.done:
            break
        if random.random() < restarts:
            db = Database(engine)
            db.blobs = blobs
            store, worker = Transfers(db, "import", "1", "r"), Worker(db)

    assert shown is not None and (shown.status, shown.imported) == ("COMPLETED", 1400)
    assert await _items(db, table.space) == wanted
    shown_table = await db.catalog.get("1", "r", "tab")
    assert (await engine.stats(table.space)).rows == len(wanted)
    for index in shown_table.indexes:
        count = sum("g" in item for item in wanted.values())
        assert (await engine.stats(index.space)).rows == count


async def _items(db: Database, space: int) -> dict[tuple[str, str], Any]:
    found = [Stored(0, entry.value).item for entry in (await scan(db.engine, space)).entries]
    return {(item["pk"]["S"], item["sk"]["N"]): item for item in found}


async def test_what_was_seen_is_never_taken_for_new_and_little_of_the_rest_for_seen() -> None:
    random, seen = Random(1), SeenKeys()
    keys = {(random.randbytes(16), random.randbytes(3)) for _ in range(30_000)}
    again = sum(seen.add(Key(*key)) for key in keys)
    assert again < 30
    assert all(seen.add(Key(*key)) for key in keys)


@pytest.mark.parametrize(
    ("objects", "size", "code", "text"),
    [
        (2, 1000, None, None),
        (3, 1000, "LimitExceeded", "An import takes up to 2 Amazon S3 objects"),
        (1, 2001, "LimitExceeded", "Imports under way take up to 0 TB of source objects together"),
        (2, 1001, "LimitExceeded", "Imports under way take up to 0 TB of source objects together"),
    ],
)
async def test_an_import_of_too_much_fails_before_it_reads(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    objects: int,
    size: int,
    code: str | None,
    text: str | None,
) -> None:
    """Another one is under way that takes 1000 bytes of the 3000."""
    monkeypatch.setattr(limits, "IMPORT_OBJECTS_MAX", 2)
    monkeypatch.setattr(limits, "IMPORT_BYTES_MAX", 3000)
    db = Database(MemoryEngine())
    db.blobs = FileBlobs(tmp_path, durable=False)
    db.flows.set_mode("on")
    await db.open()
    store = Transfers(db, "import", "1", "r")
    request = {"S3BucketSource": {"S3Bucket": BUCKET}, "InputFormat": "DYNAMODB_JSON"}
    begun = []
    for name in ("other", "own"):
        made = Table("1", "r", name, KEYS, {"pk": "S", "sk": "N"}, status="CREATING")
        begun.append(store.begun(await db.create_table(made), request, 0))
    await store.add(begun[0], size_bytes=1000)
    await store.add(begun[1])
    s3 = Objects(db, account="1", region="r")
    assert await s3.make_bucket(BUCKET)
    for number in range(objects):
        await s3.put(BUCKET, str(number), b" " * size)
    await importing.Importer(db, begun[1]).advance(begun[1])
    shown = await store.get(begun[1].id)
    assert shown is not None and (shown.failure_code, shown.failure_message) == (code, text)
    if code is None:
        assert (await store.running())[shown.id].bytes == objects * size
