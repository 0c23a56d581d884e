"""What imports and bulk puts tell of records that are no items, though the process dies before or
after any commit: each is told once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from jedlik.services.dynamodb import coding, importing
from jedlik.services.dynamodb.transfers import LOG_GROUP, Transfer, Transfers
from jedlik.services.logs.store import Logs
from jedlik.services.s3 import Objects
from jedlik.storage.blobs import FileBlobs
from jedlik.storage.memory import MemoryEngine
from jedlik.storage.waist import Batch, Conflict
from jedlik.tables.database import Database
from jedlik.tables.model import KeyAttribute, KeySchema, Table
from jedlik.workers.transfers import Transfers as Worker

KEYS = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "N"),))
BUCKET = "outside"


class Killed(BaseException):
    """The process is no more."""


class DyingEngine(MemoryEngine):
    """Dies now and then, before a commit or right after it."""

    random: Random | None = None
    dead = False

    async def commit(self, batch: Batch) -> Conflict | None:
        if self.dead:
            raise Killed
        fate = self.random.random() if self.random is not None else 1.0
        if fate < 0.03:
            self.dead = True
            raise Killed
        done = await super().commit(batch)
        if fate < 0.06:
            self.dead = True
            raise Killed
        return done


class World:
    def __init__(self, folder: Path) -> None:
        self.engine = DyingEngine()
        self.blobs = FileBlobs(folder, durable=False)
        self.start()

    def start(self) -> None:
        self.db = Database(self.engine)
        self.db.blobs = self.blobs
        self.worker = Worker(self.db)

    async def objects(self, *contents: bytes) -> Objects:
        found = Objects(self.db, account="1", region="r")
        assert await found.make_bucket(BUCKET)
        for number, content in enumerate(contents):
            await found.put(BUCKET, f"in/{number}", content)
        return found

    async def ended(self, store: Transfers, new: Transfer, random: Random | None) -> Transfer:
        """Work until it is done; `random` decides when the process dies."""
        deaths = 0
        self.engine.random = random
        for _ in range(5000):
            try:
                await self.worker.step(self.db.clock.now_ms())
            except Killed:
                deaths += 1
                self.engine.dead = False
                self.start()
            shown = await Transfers(self.db, new.kind, "1", "r").get(new.id)
            assert shown is not None
            if shown.done:
                self.engine.random = None
                assert deaths or random is None
                return shown
        raise AssertionError("it does not end")


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "RECORDS", 9)
    monkeypatch.setattr(importing, "PIECES", 3)


def records(random: Random, count: int, first: int = 0) -> tuple[bytes, list[int], list[int]]:
    """An object's lines, and the places of those that are no items and of those not wanted."""
    lines, bad, unwanted = [], [], []
    for number in range(count):
        fate = random.random()
        line: dict[str, Any] = {"Item": {"pk": {"S": "a"}, "sk": {"N": str(first + number)}}}
        if fate < 0.2:
            bad.append(number)
            del line["Item"]["sk"]
        elif fate < 0.4:
            unwanted.append(number)
            line["ConditionExpression"] = "attribute_exists(never)"
        elif fate < 0.7:
            line["ConditionExpression"] = "attribute_not_exists(pk)"
        lines.append(json.dumps(line))
    return "\n".join(lines).encode(), bad, unwanted


@pytest.mark.parametrize("seed", range(6))
async def test_an_import_tells_each_error_once(tmp_path: Path, seed: int) -> None:
    world, random = World(tmp_path), Random(seed)
    await world.db.open()
    table = await world.db.create_table(
        Table("1", "r", "tab", KEYS, {"pk": "S", "sk": "N"}, status="CREATING")
    )
    contents, bad = [], Counter[tuple[str, int]]()
    for name in range(3):
        content, wrong, _ = records(random, 60)
        contents.append(content)
        bad.update((f"in/{name}", each) for each in wrong)
    await world.objects(*contents)
    store = Transfers(world.db, "import", "1", "r")
    request = {"S3BucketSource": {"S3Bucket": BUCKET}, "InputFormat": "DYNAMODB_JSON"}
    new = store.begun(table, request, 0)
    await store.add(new)
    shown = await world.ended(store, new, random if seed else None)

    assert (shown.processed, shown.errors) == (180, bad.total())
    logs = Logs(world.db, "1", "r")
    stream = await logs.stream(await logs.group(LOG_GROUP), importing.error_stream(new))
    told = [json.loads(event.message) for _, event in await logs.events(stream, limit=1000)]
    places = (each["itemS3Pointer"] for each in told)
    assert Counter((place["key"], place["itemIndex"]) for place in places) == bad


@pytest.mark.parametrize("seed", range(6))
async def test_a_bulk_put_tells_each_error_once(tmp_path: Path, seed: int) -> None:
    world, random = World(tmp_path), Random(seed)
    await world.db.open()
    table = await world.db.create_table(Table("1", "r", "tab", KEYS, {"pk": "S", "sk": "N"}))
    contents, bad, refused = [], Counter[tuple[str, int]](), Counter[str]()
    for name in range(3):
        content, wrong, unwanted = records(random, 60, first=1000 * name)
        contents.append(content)
        bad.update((f"in/{name}", each) for each in wrong)
        refused.update(str(1000 * name + each) for each in unwanted)
    objects = await world.objects(*contents)
    store = Transfers(world.db, "bulk", "1", "r")
    request = {
        "InputS3Configuration": {
            "S3Bucket": BUCKET, "S3KeyPrefix": "in/", "InputFormat": "DYNAMODB_JSON",
        },
        "OutputS3Configuration": {
            "S3Bucket": BUCKET, "S3KeyPrefix": "out",
            "OutputType": ["ERROR", "CONDITION_CHECK_FAILURE"],
        },
    }  # fmt: skip
    new = store.begun(table, request, 0)
    await store.add(new)
    shown = await world.ended(store, new, random if seed else None)

    assert (shown.processed, shown.errors) == (180, bad.total())
    assert shown.imported == 180 - bad.total() - refused.total()
    objects = Objects(world.db, account="1", region="r")
    told: dict[str, list[Any]] = {"ERROR": [], "CONDITION_CHECK_FAILURE": []}
    async for info in objects.list(BUCKET, prefix="out/"):
        lines = (await objects.get(BUCKET, info.key)).splitlines()
        told[info.key.split("/")[2]] += map(json.loads, lines)
    places = (each["itemS3Pointer"] for each in told["ERROR"])
    assert Counter((place["key"], place["itemIndex"]) for place in places) == bad
    found = Counter(each["Item"]["sk"]["N"] for each in told["CONDITION_CHECK_FAILURE"])
    assert found == refused


async def test_what_a_dead_step_told_and_the_next_does_not_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The piece that is done again may be a smaller one."""
    world = World(tmp_path)
    await world.db.open()
    table = await world.db.create_table(Table("1", "r", "tab", KEYS, {"pk": "S", "sk": "N"}))
    good = json.dumps({"Item": {"pk": {"S": "a"}, "sk": {"N": "1"}}})
    objects = await world.objects("\n".join([*[good] * 8, "none"]).encode())
    store = Transfers(world.db, "bulk", "1", "r")
    source = {"S3Bucket": BUCKET, "S3KeyPrefix": "in/", "InputFormat": "DYNAMODB_JSON"}
    output = {"S3Bucket": BUCKET, "S3KeyPrefix": "out", "OutputType": ["ERROR"]}
    request = {"InputS3Configuration": source, "OutputS3Configuration": output}
    new = store.begun(table, request, 0)
    await store.add(new)
    await world.worker.step(0)
    assert (begun := await store.get(new.id)) is not None and begun.stage == "read"
    world.start()
    first = f"out/{new.id}/ERROR/{0:012d}-{0:012d}.json"
    await objects.put(BUCKET, first, b"of a step that was not stored\n")
    monkeypatch.setattr(coding, "RECORDS", 4)
    await world.ended(store, new, None)
    names = [info.key async for info in objects.list(BUCKET, prefix="out/")]
    assert names == [f"out/{new.id}/ERROR/{8:012d}-{0:012d}.json"]


async def test_objects_that_are_broken_from_the_start_are_told_of_each(tmp_path: Path) -> None:
    """Nothing of them is processed, so the place does not move."""
    world = World(tmp_path)
    await world.db.open()
    table = await world.db.create_table(Table("1", "r", "tab", KEYS, {"pk": "S", "sk": "N"}))
    objects = await world.objects(b"no gzip", b"neither")
    store = Transfers(world.db, "bulk", "1", "r")
    source = {
        "S3Bucket": BUCKET, "S3KeyPrefix": "in/",
        "InputFormat": "DYNAMODB_JSON", "InputCompressionType": "GZIP",
    }  # fmt: skip
    output = {"S3Bucket": BUCKET, "S3KeyPrefix": "out", "OutputType": ["ERROR"]}
    request = {"InputS3Configuration": source, "OutputS3Configuration": output}
    new = store.begun(table, request, 0)
    await store.add(new)
    shown = await world.ended(store, new, None)
    assert (shown.processed, shown.errors) == (0, 2)
    told = [
        await objects.get(BUCKET, info.key) async for info in objects.list(BUCKET, prefix="out/")
    ]
    assert [json.loads(each)["itemS3Pointer"]["key"] for each in told] == ["in/0", "in/1"]
