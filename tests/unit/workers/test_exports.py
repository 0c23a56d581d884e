"""Exports against a model: random histories, the clock in hand, writes and restarts in between."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.services.dynamodb import coding, exporting
from jedlik.services.dynamodb.export_table_to_point_in_time import export_table_to_point_in_time
from jedlik.services.dynamodb.importing import NEVER_MS
from jedlik.services.dynamodb.ion_text import ion_structs
from jedlik.services.dynamodb.transfers import (
    Transfer,
    Transfers,
    cut,
    data_folder,
    manifest_key,
    until,
)
from jedlik.services.s3 import Objects
from jedlik.storage.blobs import FileBlobs
from jedlik.storage.memory import MemoryEngine
from jedlik.tables import net_changes, recovery
from jedlik.tables.clock import VERSIONS_PER_MS, last_version_of
from jedlik.tables.database import Database
from jedlik.tables.errors import TableNotFound
from jedlik.tables.item_writes import DeleteWrite, PutWrite
from jedlik.tables.model import KeyAttribute, KeySchema, RecoverySettings, Table
from jedlik.tables.read import scan
from jedlik.tables.stored import Stored
from jedlik.tables.write import write_all, write_one
from jedlik.values import item_size
from jedlik.workers.backups import Backups
from jedlik.workers.transfers import Transfers as Worker

KEYS = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "N"),))
BUCKET = "outside"
State = dict[tuple[str, str], str]


class World:
    """A database whose time is set by hand, and what the table ought to hold."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.ms = 1_800_000_000_000
        self.random = Random(seed)
        self.engine = MemoryEngine()
        self.blobs = FileBlobs(folder / "objects", durable=False)
        self.state: State = {}
        self.start()

    def start(self) -> None:
        """A new process over what the last one left."""
        self.db = Database(self.engine, clock=self)
        self.db.blobs = self.blobs
        self.jobs = [Backups(self.db), Worker(self.db)]

    def now_ms(self) -> int:
        return self.ms

    async def make(self) -> None:
        await self.db.open()
        settings = RecoverySettings(enabled=True, since_ms=self.ms)
        await self.db.create_table(
            Table("1", "r", "tab", KEYS, {"pk": "S", "sk": "N"}, recovery=settings)
        )
        assert await Objects(self.db, account="1", region="r").make_bucket(BUCKET)

    async def write(self) -> None:
        """A random change, now and then a transaction; sometimes time passes."""
        table = await self.db.catalog.get("1", "r", "tab")
        writes: list[PutWrite | DeleteWrite] = []
        for _ in range(self.random.choice((1, 1, 3))):
            pk, sk = f"p{self.random.randrange(3)}", str(self.random.randrange(6))
            key: dict[str, Any] = {"pk": {"S": pk}, "sk": {"N": sk}}
            if any(write.key == table.key_of(key) for write in writes):
                continue
            if self.random.random() < 0.35:
                writes.append(DeleteWrite(table, table.key_of(key)))
                self.state.pop((pk, sk), None)
            else:
                value = str(self.random.randrange(1000))
                if self.random.random() < 0.3:
                    value = self.state.get((pk, sk), value)  # changes nothing, and is not logged
                item = {**key, "v": {"N": value}}
                writes.append(PutWrite(table, table.key_of(item), item, item_size(item)))
                self.state[pk, sk] = value
        if len(writes) == 1:
            await write_one(self.db, writes[0])
        else:
            await write_all(self.db, writes)
        self.ms += self.random.choice((0, 1, 5, 1000))

    async def work(self, *, writes: bool) -> None:
        """Until there is nothing to do; writes and restarts happen between two steps."""
        for _ in range(10_000):
            going_on = False
            for job in self.jobs:
                going_on |= await job.step(self.ms)
            if not going_on and not self.db.transfer_work.is_set():
                return
            if writes:
                await self.write()
            if self.random.random() < 0.2:
                self.start()
        raise AssertionError("it does not end")

    async def export(self, at_ms: int, from_ms: int | None = None, **request: Any) -> Transfer:
        table = await self.db.catalog.get("1", "r", "tab")
        if from_ms is not None:
            request["ExportType"] = "INCREMENTAL_EXPORT"
        store = Transfers(self.db, "export", "1", "r")
        new = store.begun(table, {"S3Bucket": BUCKET, **request}, self.ms)
        new = until(new, at_ms, from_ms or 0)
        await store.add(new)
        return new

    async def held(self, name: str) -> State:
        """What a table holds that is ready."""
        table = await self.db.catalog.get("1", "r", name)
        assert table.status == "ACTIVE"
        page = await scan(self.db.engine, table.space)
        items = [Stored(entry.version, entry.value).item for entry in page.entries]
        assert (await self.db.engine.stats(table.space)).rows == len(items)
        return {key_of(item): item["v"]["N"] for item in items}

    async def lines(self, export: Transfer) -> list[dict[str, Any]]:
        """What the data files say, found by the manifest."""
        done = await Transfers(self.db, "export", "1", "r").get(export.id)
        assert done is not None and done.status == "COMPLETED", done
        objects = Objects(self.db, account="1", region="r")
        summary = orjson.loads(await objects.get(BUCKET, manifest_key(export)))
        found: list[dict[str, Any]] = []
        for line in (await objects.get(BUCKET, summary["manifestFilesS3Key"])).splitlines():
            entry = orjson.loads(line)
            text = gzip.decompress(await objects.get(BUCKET, entry["dataFileS3Key"])).decode()
            if entry["dataFileS3Key"].endswith(".ion.gz"):
                for struct in ion_structs(text):
                    members = struct["Record"]["M"] if "Record" in struct else struct
                    found.append({name: value["M"] for name, value in members.items()})
            else:
                found += [json.loads(each) for each in text.splitlines()]
        assert len(found) == summary["itemCount"]
        return found


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several steps of each phase and several files, though there are few items."""
    monkeypatch.setattr(recovery, "PAGE_ITEMS", 5)
    monkeypatch.setattr(recovery, "UNDO_RECORDS", 7)
    monkeypatch.setattr(recovery, "UNORDERED_MS", 2000)
    monkeypatch.setattr(net_changes, "RECORDS", 6)
    monkeypatch.setattr(exporting, "PAGE_ITEMS", 3)
    monkeypatch.setattr(exporting, "FILE_BYTES", 60)
    monkeypatch.setattr(coding, "RECORDS", 4)


@pytest.fixture
async def make_world(tmp_path: Path) -> AsyncIterator[Any]:
    made: list[World] = []

    def make(seed: int) -> World:
        made.append(World(seed, tmp_path))
        return made[-1]

    yield make
    for world in made:
        await world.blobs.close()


def key_of(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["N"].rstrip(".")


@pytest.mark.parametrize("seed", range(8))
async def test_full_and_incremental_exports_equal_the_model(seed: int, make_world: Any) -> None:
    world = make_world(seed)
    await world.make()
    past: list[tuple[int, State]] = []
    while len(past) < 4:
        await world.write()
        if world.random.random() < 0.08:
            world.ms += 1
            past.append((world.ms, dict(world.state)))
    ion = {"ExportFormat": "ION"} if seed % 2 else {}
    for number, (at_ms, state) in enumerate(past):
        source = await world.db.catalog.get("1", "r", "tab")
        target = Table("1", "r", f"then{number}", KEYS, source.attribute_types)
        await recovery.begin_recovery(world.db, target, source, at_ms - 1)
        export = await world.export(at_ms, **ion)
        await world.work(writes=True)
        items = [line["Item"] for line in await world.lines(export)]
        assert {key_of(item): item["v"]["N"] for item in items} == state, f"at {at_ms}"
        assert len(items) == len(state)
        assert await world.held(f"then{number}") == state, f"restored to {at_ms}"
    deleted = seed % 3 == 0
    (before_ms, state), *later = past
    state = dict(state)
    for at_ms, expected in later:
        olds = dict(state)
        export = await world.export(at_ms, before_ms)
        if deleted and at_ms == later[-1][0]:
            table = await world.db.catalog.get("1", "r", "tab")
            await world.db.drop_table(table)
        await world.work(writes=not deleted)
        for line in await world.lines(export):
            key = key_of(line["Keys"])
            old = line.get("OldImage", {}).get("v", {}).get("N")
            assert old == olds.get(key), "the old image is what the last export left"
            if "NewImage" in line:
                state[key] = line["NewImage"]["v"]["N"]
            else:
                state.pop(key)
        assert state == expected, f"changes up to {at_ms}"
        before_ms = at_ms
    assert not await world.db.backups.jobs(), "no image is left behind"


def item_of(key: tuple[str, str], value: str) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"N": key[1]}, "v": {"N": value}}


def plain(image: dict[str, Any]) -> dict[str, Any]:
    """Without the point that Ion has in its numbers."""
    return {
        name: {kind: text.rstrip(".") for kind, text in value.items()}
        for name, value in image.items()
    }


def some_filter(random: Random) -> tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]:
    """A FilterSpecification, and what it says of an item."""
    values: dict[str, Any] = {}
    said: list[Callable[[dict[str, Any]], bool]] = []
    specification: dict[str, Any] = {"ExpressionAttributeValues": values}
    if random.random() < 0.7:
        pk, low, high = f"p{random.randrange(3)}", random.randrange(4), random.randrange(2, 6)
        values[":pk"] = {"S": pk}
        said.append(lambda item: item["pk"]["S"] == pk)
        low, high = min(low, high), max(low, high)
        text, test = random.choice(
            [
                ("", lambda sk: True),
                (" AND sk > :low", lambda sk: sk > low),
                (" AND sk >= :low", lambda sk: sk >= low),
                (" AND sk < :high", lambda sk: sk < high),
                (" AND sk <= :high", lambda sk: sk <= high),
                (" AND sk BETWEEN :low AND :high", lambda sk: low <= sk <= high),
                (" AND sk = :low", lambda sk: sk == low),
            ]
        )
        said.append(lambda item: test(int(item["sk"]["N"].rstrip("."))))
        specification["KeyConditionExpression"] = "pk = :pk" + text
        for name, number in ((":low", low), (":high", high)):
            if name in text:
                values[name] = {"N": str(number)}
    if not values or random.random() < 0.5:
        values[":least"] = {"N": "500"}
        specification["FilterExpression"] = "v >= :least"
        said.append(lambda item: int(item["v"]["N"].rstrip(".")) >= 500)
    if random.random() < 0.5:
        specification["ProjectionExpression"] = "pk, sk"
    return specification, lambda item: all(each(item) for each in said)


@pytest.mark.parametrize("seed", range(10))
async def test_filtered_exports_equal_what_is_left_of_the_model(seed: int, make_world: Any) -> None:
    world = make_world(seed)
    await world.make()
    past: list[tuple[int, State]] = []
    while len(past) < 2:
        await world.write()
        if world.random.random() < 0.05:
            world.ms += 1
            past.append((world.ms, dict(world.state)))
    (since_ms, olds), (at_ms, state) = past
    specification, holds = some_filter(world.random)
    ion = {"ExportFormat": "ION"} if seed % 2 else {}
    full = await world.export(at_ms, **ion, FilterSpecification=specification)
    changes = await world.export(at_ms, since_ms, **ion, FilterSpecification=specification)
    await world.work(writes=True)

    def shown(item: dict[str, Any]) -> dict[str, Any]:
        return {name: item[name] for name in shown_names}

    shown_names = ("pk", "sk") if "ProjectionExpression" in specification else ("pk", "sk", "v")
    items = [plain(line["Item"]) for line in await world.lines(full)]
    then = [item_of(key, value) for key, value in state.items()]
    expected = [shown(item) for item in then if holds(item)]
    assert sorted(items, key=key_of) == sorted(expected, key=key_of), specification
    done = await Transfers(world.db, "export", "1", "r").get(full.id)
    assert done is not None
    if "KeyConditionExpression" not in specification:
        assert done.size_bytes == sum(map(item_size, then)), "all was read"

    found = {key_of(line["Keys"]): line for line in await world.lines(changes)}
    # An item that was written as it had been is in the log, too: its value says nothing of that.
    for key in olds.keys() | state.keys():
        old, new = olds.get(key), state.get(key)
        latest = item_of(key, new if new is not None else olds[key])
        if not holds(latest):
            assert key not in found, specification
        elif old != new:
            line = found.pop(key)
            for name, value in (("OldImage", old), ("NewImage", new)):
                assert (name in line) == (value is not None)
                if value is not None:
                    assert plain(line[name]) == shown(item_of(key, value))
    assert all(olds.get(key) == state.get(key) for key in found)
    assert not await world.db.backups.jobs(), "no image is left behind"


@pytest.mark.parametrize("seed", range(4))
async def test_an_import_goes_on_after_restarts(seed: int, make_world: Any) -> None:
    world = make_world(seed)
    await world.make()
    for _ in range(60):
        await world.write()
    export = await world.export(cut(world.db))
    await world.work(writes=False)
    table = await world.db.create_table(
        Table("1", "r", "copy", KEYS, {"pk": "S", "sk": "N"}, status="CREATING")
    )
    store = Transfers(world.db, "import", "1", "r")
    source = {"S3Bucket": BUCKET, "S3KeyPrefix": data_folder(export)}
    request = {
        "S3BucketSource": source,
        "InputFormat": "DYNAMODB_JSON",
        "InputCompressionType": "GZIP",
    }
    new = store.begun(table, request, world.ms)
    await store.add(new)
    await world.work(writes=False)
    done = await Transfers(world.db, "import", "1", "r").get(new.id)
    assert done is not None and done.status == "COMPLETED", done
    assert done.processed == done.imported == len(world.state) and not done.errors
    assert await world.held("copy") == world.state


async def test_a_table_whose_import_was_never_stored_goes_at_the_next_start(
    make_world: Any,
) -> None:
    world = make_world(0)
    await world.make()
    wanted = Table(
        "1", "r", "never", KEYS, {"pk": "S", "sk": "N"}, status="CREATING", settles_at_ms=NEVER_MS
    )
    await world.db.create_table(wanted)  # and then the process dies
    world.start()
    await world.work(writes=False)
    with pytest.raises(TableNotFound):
        await world.db.catalog.get("1", "r", "never")
    # One that this process has just made may be about to get its import.
    world.start()
    await world.db.open()
    await world.db.create_table(replace(wanted, created_at_ms=world.ms))
    await world.work(writes=False)
    assert (await world.db.catalog.get("1", "r", "never")).status == "CREATING"


async def test_a_fault_in_one_export_does_not_hold_up_the_others(
    make_world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(0)
    await world.make()
    await world.write()
    both = [await world.export(cut(world.db)), await world.export(cut(world.db))]
    broken, sound = sorted(both, key=lambda export: export.id)  # the broken one's turn is first
    whole = exporting.advance

    async def faulty(db: Database, export: Transfer) -> bool:
        if export.id == broken.id:
            raise ZeroDivisionError
        return await whole(db, export)

    monkeypatch.setattr(exporting, "advance", faulty)
    backups, transfers = world.jobs
    for _ in range(100):
        await backups.step(world.ms)
        with pytest.raises(ZeroDivisionError):
            await transfers.step(world.ms)
    await world.lines(sound)


@pytest.mark.parametrize("seed", range(6))
async def test_what_begins_where_the_last_export_ended_leaves_nothing_out(
    seed: int, make_world: Any
) -> None:
    """Asked for in the middle of a millisecond in which much is written, at no time or at the one
    that the last one told."""
    world = make_world(seed)
    await world.make()
    told: list[dict[str, Any]] = []

    async def ask(**request: Any) -> Transfer:
        ctx = Context(world.db, "1", "r", None, "", world.ms / 1000)
        arn = "arn:aws:dynamodb:r:1:table/tab"
        want = {"TableArn": arn, "S3Bucket": BUCKET, **request}
        answer: Any = await export_table_to_point_in_time(ctx, want)
        told.append(answer["ExportDescription"])
        found = await Transfers(world.db, "export", "1", "r").get(
            told[-1]["ExportArn"].rpartition("/")[2]
        )
        assert found is not None
        return found

    async def write_some() -> None:
        now = world.ms
        for _ in range(world.random.randrange(1, 8)):
            await world.write()
            world.ms = now

    await write_some()
    base = await ask()
    start, changes, ends = told[-1]["ExportTime"], [], []
    for _ in range(5):
        await write_some()
        world.ms += world.random.choice((0, 0, 1, 50))
        spec = {"ExportFromTime": start}
        changes.append(
            await ask(ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=spec)
        )
        ends.append(dict(world.state))
        start = told[-1]["IncrementalExportSpecification"]["ExportToTime"]
    await world.work(writes=False)
    state = {key_of(line["Item"]): line["Item"]["v"]["N"] for line in await world.lines(base)}
    for export, expected in zip(changes, ends, strict=True):
        for line in await world.lines(export):
            key = key_of(line["Keys"])
            assert line.get("OldImage", {}).get("v", {}).get("N") == state.get(key)
            if "NewImage" in line:
                state[key] = line["NewImage"]["v"]["N"]
            else:
                state.pop(key)
        assert state == expected


async def test_an_instant_is_the_clocks_where_versions_are_far_ahead(make_world: Any) -> None:
    """As they are in a process that has just taken over a shared store."""
    world = make_world(0)
    assert cut(world.db) == world.ms + 1 == world.db.versions.next() // VERSIONS_PER_MS
    assert cut(world.db) == world.ms + 2, "the last one's end is this one's beginning at least"
    world.db.versions.next(last_version_of(world.ms + 5000))
    assert cut(world.db) == world.ms + 1
