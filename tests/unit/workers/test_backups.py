"""Backups and restores against a model: random histories, the clock in hand, writes in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

import pytest
from msgspec.structs import replace

from jedlik.storage.memory import MemoryEngine
from jedlik.tables import recovery
from jedlik.tables.backups import Backup
from jedlik.tables.clock import VERSIONS_PER_MS, VersionSource
from jedlik.tables.database import SYSTEM_BACKUP_MS, Database
from jedlik.tables.errors import TableNotFound
from jedlik.tables.item_writes import DeleteWrite, PutWrite
from jedlik.tables.model import (
    Index,
    KeyAttribute,
    KeySchema,
    RecoverySettings,
    StreamSettings,
    Table,
)
from jedlik.tables.read import scan
from jedlik.tables.stored import Stored
from jedlik.tables.write import write_batch, write_one
from jedlik.values import item_size
from jedlik.workers.backups import Backups
from jedlik.workers.retention import DAY_MS, Retention

KEYS = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "N"),))
BY_G = Index("by_g", "global", KeySchema((KeyAttribute("g", "S"),)), "ALL")
PK_AND_G = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("g", "S"),))
BY_PK_G = Index("by_pk_g", "local", PK_AND_G, "ALL")
START_MS = 1_800_000_000_000
State = dict[tuple[str, str], str]


class World:
    """A database whose time is set by hand, and what the table ought to hold."""

    def __init__(self, seed: int) -> None:
        self.ms = START_MS
        self.random = Random(seed)
        self.engine = MemoryEngine()
        self.state: State = {}
        self.start()

    def start(self) -> None:
        """A new process over what the last one left."""
        self.db = Database(self.engine, clock=self)
        self.worker = Backups(self.db)

    def now_ms(self) -> int:
        return self.ms

    async def make(self, *, recoverable: bool) -> None:
        await self.db.open()
        settings = RecoverySettings(enabled=True, since_ms=self.ms) if recoverable else None
        table = Table(
            "1",
            "r",
            "tab",
            KEYS,
            {"pk": "S", "sk": "N", "g": "S"},
            indexes=(BY_G, BY_PK_G),
            recovery=settings,
        )
        await self.db.create_table(table)

    async def table(self, name: str = "tab") -> Table:
        return await self.db.catalog.get("1", "r", name)

    async def write(self) -> None:
        """A random change, now and then of several items at once; sometimes time passes."""
        table = await self.table()
        writes: list[PutWrite | DeleteWrite] = []
        for _ in range(self.random.choice((1, 1, 1, 3))):
            pk, sk = f"p{self.random.randrange(4)}", str(self.random.randrange(8))
            if any(write.key == table.key_of(_key(pk, sk)) for write in writes):
                continue
            if self.random.random() < 0.3:
                writes.append(DeleteWrite(table, table.key_of(_key(pk, sk))))
                self.state.pop((pk, sk), None)
            else:
                value = str(self.random.randrange(1000))
                if self.random.random() < 0.3:
                    value = self.state.get((pk, sk), value)  # changes nothing, and is not logged
                item = {**_key(pk, sk), "v": {"N": value}, "g": {"S": value[0]}}
                writes.append(PutWrite(table, table.key_of(item), item, item_size(item)))
                self.state[pk, sk] = value
        if len(writes) == 1:
            await write_one(self.db, writes[0])
        else:
            await write_batch(self.db, writes)
        self.ms += self.random.choice((0, 1, 5, 1000))

    async def work(self, between: Callable[[], Awaitable[None]] | None = None) -> None:
        """Until every job is done; other things happen between two steps."""
        for _ in range(10_000):
            if not await self.worker.step(self.ms):
                return
            if between is not None:
                await between()
        raise AssertionError("the jobs do not end")

    async def held(self, name: str) -> State:
        """What a table holds; its indexes must hold the same."""
        table = await self.table(name)
        assert table.status == "ACTIVE" and not table.held_by
        states = []
        for space in (table.space, *(index.space for index in table.indexes)):
            page = await scan(self.db.engine, space)
            items = [Stored(entry.version, entry.value).item for entry in page.entries]
            assert (await self.db.engine.stats(space)).rows == len(items)
            states.append({(item["pk"]["S"], item["sk"]["N"]) for item in items})
        assert all(state == states[0] for state in states)
        page = await scan(self.db.engine, table.space)
        items = [Stored(entry.version, entry.value).item for entry in page.entries]
        return {(item["pk"]["S"], item["sk"]["N"]): item["v"]["N"] for item in items}

    def target(self, source: Table, name: str) -> Table:
        indexes = tuple(replace(index, space=0) for index in source.indexes)
        return Table("1", "r", name, KEYS, source.attribute_types, indexes=indexes)


def _key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"N": sk}}


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several steps of each phase, though there are few items."""
    monkeypatch.setattr(recovery, "PAGE_ITEMS", 5)
    monkeypatch.setattr(recovery, "UNDO_RECORDS", 7)
    monkeypatch.setattr(recovery, "UNORDERED_MS", 2000)


@pytest.mark.parametrize("seed", range(12))
async def test_the_past_is_restored_while_writes_and_restarts_go_on(seed: int) -> None:
    world = World(seed)
    await world.make(recoverable=True)
    past: list[tuple[int, State]] = []
    for _ in range(60):
        await world.write()
        if world.random.random() < 0.2:
            past.append((world.ms, dict(world.state)))
            world.ms += 1
    deleted = seed % 3 == 0
    if deleted:
        await world.db.drop_table(await world.table())
        kept = await world.db.backups.of_deleted("1", "r", "tab")
        assert kept is not None
    for number, (at_ms, state) in enumerate(past):
        name = f"restored{number}"
        source: Table | Backup = kept if deleted else await world.table()
        plain = source.table if isinstance(source, Backup) else source
        await recovery.begin_recovery(world.db, world.target(plain, name), source, at_ms)

        async def meanwhile() -> None:
            if not deleted:
                await world.write()
            if world.random.random() < 0.2:
                world.start()

        await world.work(meanwhile)
        assert await world.held(name) == state, f"restored to {at_ms}"


@pytest.mark.parametrize("recoverable", [False, True])
@pytest.mark.parametrize("seed", range(6))
async def test_a_backup_shows_the_instant_at_which_it_was_asked_for(
    seed: int, recoverable: bool
) -> None:
    world = World(seed)
    await world.make(recoverable=recoverable)
    for _ in range(40):
        await world.write()
    state = dict(world.state)
    backup = await recovery.begin_backup(world.db, await world.table(), "one")
    await world.work(world.write)
    found = await world.db.backups.get("1", "r", backup.id)
    assert found is not None and found.status == "AVAILABLE" and found.rows == len(state)
    for _ in range(10):
        await world.write()
    await recovery.begin_restore(world.db, world.target(await world.table(), "copy"), found)
    await world.work(world.write)
    assert await world.held("copy") == state
    assert not (await world.table()).held_by
    assert (await world.table()).logged == recoverable, "it logs no longer than it must"
    await recovery.delete_backup(world.db, found)
    assert await world.db.backups.get("1", "r", backup.id) is None
    assert not (await scan(world.db.engine, found.space)).entries


async def test_what_a_process_only_began_is_undone() -> None:
    world = World(0)
    await world.make(recoverable=True)
    for _ in range(10):
        await world.write()
    table = await world.table()

    async def die(*puts: object) -> None:
        raise OSError("killed here")

    world.db.backups.add = die  # type: ignore[method-assign]
    with pytest.raises(OSError, match="killed"):
        await recovery.begin_backup(world.db, table, "one")
    with pytest.raises(OSError, match="killed"):
        source = await world.table()
        await recovery.begin_recovery(world.db, world.target(table, "never"), source, world.ms)
    assert len((await world.table()).held_by) == 2
    world.start()
    await world.work()
    assert not (await world.table()).held_by
    with pytest.raises(TableNotFound):
        await world.table("never")
    assert await world.held("tab") == world.state


async def test_what_is_kept_of_a_deleted_table_goes_in_time_and_its_streams_can_be_read() -> None:
    world = World(1)
    await world.make(recoverable=True)
    table = await world.table()
    stream = StreamSettings("NEW_IMAGE", "label")
    await world.db.replace_table(table, replace(table, stream=stream, latest_stream_label="label"))
    for _ in range(10):
        await world.write()
    table = await world.table()
    await world.db.drop_table(table)
    retention = Retention(world.db)
    bounds = [await world.db.engine.log_bounds(table.log_space, part) for part in range(4)]
    assert sum(each.last - each.first + 1 for each in bounds) >= 10
    world.ms += SYSTEM_BACKUP_MS - 1
    await retention.step(world.ms)
    assert [stream async for stream in world.db.streams.all()] == []
    assert bounds == [await world.db.engine.log_bounds(table.log_space, part) for part in range(4)]
    assert (await scan(world.db.engine, table.space)).entries
    world.ms += 1
    await retention.step(world.ms)
    assert await world.db.backups.of_deleted("1", "r", "tab") is None
    assert not (await scan(world.db.engine, table.space)).entries


async def test_the_beginning_of_a_past_is_there_for_who_asked_a_moment_ago() -> None:
    world = World(1)
    await world.make(recoverable=True)
    table = await world.table()
    settings = RecoverySettings(enabled=True, since_ms=world.ms, period_days=1)
    await world.db.replace_table(table, replace(table, recovery=settings))
    for _ in range(20):
        await world.write()
    begins_ms, state = world.ms, dict(world.state)
    world.ms += 1
    for _ in range(20):
        await world.write()
    assert world.state != state
    world.ms = begins_ms + DAY_MS  # which is still promised; the request takes its time
    await Retention(world.db).step(world.ms + 20_000)
    table = await world.table()
    await recovery.begin_recovery(world.db, world.target(table, "then"), table, begins_ms)
    await world.work()
    assert await world.held("then") == state


@pytest.mark.parametrize("seed", range(4))
async def test_versions_that_run_ahead_of_the_clock_hide_nothing_of_the_past(seed: int) -> None:
    """As they do for seconds after a process took over a shared store."""
    world = World(seed)
    await world.make(recoverable=True)
    for _ in range(20):
        await world.write()
    world.db.versions.next((world.ms + 5000) * VERSIONS_PER_MS)
    past: list[tuple[int, State]] = []
    while len(past) < 3:
        await world.write()
        if world.random.random() < 0.2:
            past.append((world.ms, dict(world.state)))
            world.ms += 1
            await world.write()
    world.ms += 1
    ahead, world.db.versions = world.db.versions, VersionSource(world)  # a process that is not
    behind = await recovery.begin_backup(world.db, await world.table(), "one")
    world.db.versions, state = ahead, dict(world.state)
    world.ms += 1
    for _ in range(10):
        await world.write()
    for number, (at_ms, _) in enumerate(past):
        source = await world.table()
        target = world.target(source, f"then{number}")
        await recovery.begin_recovery(world.db, target, source, at_ms)
    await world.work()
    for number, (at_ms, then) in enumerate(past):
        assert await world.held(f"then{number}") == then, f"at {at_ms}"
    backup = await world.db.backups.get("1", "r", behind.id)
    assert backup is not None and backup.status == "AVAILABLE"
    restored = await recovery.begin_restore(
        world.db, world.target(await world.table(), "backed-up"), backup
    )
    await world.work()
    assert await world.held(restored.name) == state, "a process behind sees what others wrote"
