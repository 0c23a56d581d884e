"""Two databases over one store, as in two processes: neither works by what is not true any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from jedlik.storage.memory import MemoryEngine
from jedlik.storage.waist import ANY, FENCE, Batch, Conflict, Delete
from jedlik.tables import recovery
from jedlik.tables.database import Database
from jedlik.tables.errors import TableNotFound
from jedlik.tables.item_writes import PutWrite
from jedlik.tables.model import Index, KeyAttribute, KeySchema, StreamSettings, Table
from jedlik.tables.read import scan
from jedlik.tables.write import write_one
from jedlik.values import item_size
from jedlik.workers.backfill import Backfill

KEYS = KeySchema((KeyAttribute("pk", "S"),))
BY_G = Index("by_g", "global", KeySchema((KeyAttribute("g", "S"),)), "ALL")
Scenario = Callable[[Database, Database], Awaitable[None]]


class SharedEngine(MemoryEngine):
    """Several processes' store, in memory: it takes fences."""

    shared = True

    async def commit(self, batch: Batch) -> Conflict | None:
        for key, expect in batch.fences:
            row = await super().get_one(key, pending=True)
            if row is None or row.version != expect:
                return Conflict(FENCE, row)
        return await super().commit(batch._replace(fences=()))


def run(scenario: Scenario) -> None:
    async def both() -> None:
        engine = SharedEngine()
        one, other = Database(engine, node=1), Database(engine, node=2)
        await one.open()
        await one.create_table(Table("1", "r", "tab", KEYS, {"pk": "S", "g": "S"}))
        await scenario(one, other)

    asyncio.run(both())


async def table_of(db: Database) -> Table:
    return await db.catalog.get("1", "r", "tab")


async def put(db: Database, pk: str, table: Table | None = None) -> None:
    table = table or await table_of(db)
    item = {"pk": {"S": pk}, "g": {"S": "x"}}
    await write_one(db, PutWrite(table, table.key_of(item), item, item_size(item)))


def test_what_another_has_changed_is_known_after_a_look() -> None:
    async def scenario(one: Database, other: Database) -> None:
        before = await table_of(other)
        await one.replace_table(await table_of(one), replace(before, deletion_protection=True))
        assert await table_of(other) == before
        await other.catalog.fresh()
        assert (await table_of(other)).deletion_protection
        known = await table_of(other)
        await one.create_table(Table("1", "r", "more", KEYS, {"pk": "S"}))
        await other.catalog.fresh()
        assert await table_of(other) is known, "a table that has not changed is the same object"
        await one.drop_table(await table_of(one))
        await other.catalog.fresh()
        with pytest.raises(TableNotFound):
            await table_of(other)

    run(scenario)


def test_looks_are_shared_by_all_that_come_before_they_begin() -> None:
    async def scenario(one: Database, other: Database) -> None:
        engine = other.engine
        asked = 0
        get_one = engine.get_one

        async def counted(*arguments: object, **more: object) -> object:
            nonlocal asked
            asked += 1
            await asyncio.sleep(0)
            return await get_one(*arguments, **more)  # type: ignore[arg-type]

        engine.get_one = counted  # type: ignore[method-assign, assignment]
        await asyncio.gather(*(other.catalog.fresh() for _ in range(50)))
        assert asked == 1

    run(scenario)


def test_a_write_by_an_old_description_goes_by_the_new_one() -> None:
    """It was decided on before the index was there, and committed after."""

    async def scenario(one: Database, other: Database) -> None:
        old = await table_of(other)
        await one.add_index(await table_of(one), await table_of(one), BY_G)
        backfill = Backfill(one)
        while await backfill.step(0):
            pass
        index = (await table_of(one)).indexes[0]
        assert index.status == "ACTIVE"
        await put(other, "late", old)
        assert len((await scan(one.engine, index.space)).entries) == 1

    run(scenario)


def test_a_write_to_a_table_that_was_made_anew_is_refused() -> None:
    async def scenario(one: Database, other: Database) -> None:
        old = await table_of(other)
        await one.drop_table(await table_of(one))
        await one.create_table(Table("1", "r", "tab", KEYS, {"pk": "S"}))
        with pytest.raises(TableNotFound):
            await put(other, "late", old)
        assert (await scan(one.engine, (await table_of(one)).space)).entries == []

    run(scenario)


def test_fences_that_are_not_there_are_made() -> None:
    """A store that a process alone has filled, moved to where several share it."""

    async def scenario(one: Database, other: Database) -> None:
        table = await table_of(one)
        fences = [(table.collection_space, bytes((at << 4,)) + bytes(15)) for at in range(16)]
        gone = [Delete((space, token, b"", b"schema"), ANY) for space, token in fences]
        assert await one.engine.commit(Batch(one.versions.next(), gone)) is None
        await put(other, "first")
        await put(one, "second")
        assert len((await scan(one.engine, table.space)).entries) == 2

    run(scenario)


def test_a_shard_that_is_closing_tells_nothing_until_its_end_is_known() -> None:
    async def scenario(one: Database, other: Database) -> None:
        table = await table_of(one)
        stream = StreamSettings(enabled=True, view_type="KEYS_ONLY", label="now")
        table = await one.replace_table(table, replace(table, stream=stream))
        await put(one, "a")
        found = await other.streams.get("1", "r", "tab", "now")
        assert found is not None
        shard = found.shards[0]
        assert await other.streams.settled(found, shard) == (shard, True)

        # The process dies when it has marked the shards and not yet written where they end.
        bounds = one.engine.log_bounds

        async def dies(*arguments: object) -> None:
            raise RuntimeError

        one.engine.log_bounds = dies  # type: ignore[method-assign, assignment]
        with pytest.raises(RuntimeError):
            await one.streams.roll(found, now_ms=1 << 50, age_ms=1)
        one.engine.log_bounds = bounds  # type: ignore[method-assign]
        assert await other.streams.settled(found, shard) == (shard, False)

        # Another finishes it, though the shard is not old by its clock; and once more, too late.
        marked = await other.streams.get("1", "r", "tab", "now")
        assert marked is not None
        await other.streams.roll(marked, now_ms=0, age_ms=1 << 60)
        await one.streams.roll(marked, now_ms=0, age_ms=1 << 60)
        now = await other.streams.get("1", "r", "tab", "now")
        assert now is not None
        assert not now.closing
        settled = await other.streams.settled(found, shard)
        assert settled is not None
        assert settled[0].upto is not None
        assert settled[1]
        assert [s.ordinal for s in now.shards if s.part == shard.part] == [0, 1]

    run(scenario)


def test_a_backup_is_carried_on_by_one_of_two_that_believe_it_to_be_theirs() -> None:
    """Each step is guarded by the job as it was read: who is late writes nothing."""

    async def scenario(one: Database, other: Database) -> None:
        for at in range(5):
            await put(one, f"{at}")
        await recovery.begin_backup(one, await table_of(one), "backup")
        while jobs := await one.backups.jobs():
            (job,) = jobs
            (late,) = await other.backups.jobs()
            await recovery.advance(one, job)
            await other.catalog.fresh()
            await recovery.advance(other, late)
        page, _ = await one.backups.page("1", "r")
        assert [(each.status, each.rows) for each in page] == [("AVAILABLE", 5)]
        assert len((await scan(one.engine, page[0].space)).entries) == 5
        assert (await one.engine.stats(page[0].space)).rows == 5
        await one.catalog.fresh()
        assert (await table_of(one)).held_by == ()

    run(scenario)
