"""What is decided on rows that are not durable yet: races of changes of tables with each other,
with writes, and with a disk that then fails. The simulation found each of these (tests/sim)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from jedlik.storage.memory import MemoryEngine
from jedlik.storage.waist import StorageError
from jedlik.tables.client_tokens import ClientToken
from jedlik.tables.database import Database
from jedlik.tables.errors import (
    CollectionTooLarge,
    Contended,
    IdempotencyMismatch,
    TableExists,
    TableNotFound,
)
from jedlik.tables.item_writes import PutWrite
from jedlik.tables.model import Table
from jedlik.tables.read import scan
from jedlik.tables.stored import Stored
from jedlik.tables.write import write_all, write_one
from jedlik.values import item_size
from jedlik.workers.backfill import Backfill
from tests.sim.split_engine import SplitEngine
from tests.unit.tables.conftest import BY_G, BY_LOCAL, KEYS_BY_N, PK

Item = dict[str, Any]


class Disk:
    """A database over an engine whose commits wait until they are told to go on."""

    def __init__(self) -> None:
        self.engine = SplitEngine(MemoryEngine())
        self.db = Database(self.engine)

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def go_on(self) -> None:
        """Write everything that waits."""
        await self.settle()
        while self.engine.busy:
            self.engine.step()
            await self.settle()

    async def fail(self) -> None:
        """Have everything that waits fail for want of room."""
        await self.settle()
        self.engine.step()
        self.engine.fail(Full())
        await self.settle()

    async def do(self, work: Awaitable[Any]) -> Any:
        task = asyncio.ensure_future(work)
        while not task.done():
            await self.go_on()
        return await task


class Full(Random):
    def choice(self, options: Any) -> Any:
        return "full"


@pytest.fixture
async def disk() -> Disk:
    made = Disk()
    await made.do(made.db.open())
    return made


async def known(disk: Disk, table: Table) -> Table:
    return await disk.db.catalog.get(table.account, table.region, table.name)


def put(table: Table, item: Item) -> PutWrite:
    return PutWrite(table, table.key_of(item), item, item_size(item))


async def test_a_change_that_lost_does_not_hide_one_that_is_still_pending(disk: Disk) -> None:
    table = await disk.do(disk.db.create_table(Table("1", "r", "t", PK, {"pk": "S"})))
    first = asyncio.ensure_future(disk.db.replace_table(table, replace(table, tags={"a": "1"})))
    await disk.settle()
    with pytest.raises(Contended):
        await disk.db.replace_table(table, replace(table, tags={"b": "1"}))
    assert (await known(disk, table)).tags == {"a": "1"}
    await disk.go_on()
    assert (await first).tags == {"a": "1"}


async def test_changes_that_fail_together_leave_what_was(disk: Disk) -> None:
    table = await disk.do(disk.db.create_table(Table("1", "r", "t", PK, {"pk": "S"})))
    first = asyncio.ensure_future(disk.db.replace_table(table, replace(table, tags={"a": "1"})))
    await disk.settle()
    changed = await known(disk, table)
    second = asyncio.ensure_future(
        disk.db.replace_table(changed, replace(changed, tags={"a": "2"}))
    )
    await disk.fail()
    for failed in (first, second):
        with pytest.raises(StorageError):
            await failed
    assert (await known(disk, table)).tags == {}


async def test_what_is_refused_for_a_table_waits_until_the_table_is_durable(disk: Disk) -> None:
    new = Table("1", "r", "t", PK, {"pk": "S"})
    table = await disk.do(disk.db.create_table(new))
    gone = asyncio.ensure_future(disk.db.drop_table(table))
    await disk.settle()
    change = asyncio.ensure_future(disk.db.replace_table(table, replace(table, tags={"a": "1"})))
    await disk.settle()
    assert not change.done()
    await disk.go_on()
    await disk.do(gone)
    with pytest.raises(TableNotFound):
        await change

    await disk.do(disk.db.create_table(new))
    again = asyncio.ensure_future(disk.db.create_table(new))
    await disk.go_on()
    with pytest.raises(TableExists):
        await again


async def test_refusals_wait_for_what_they_were_judged_on(disk: Disk) -> None:
    keys = replace(PK, sort=BY_LOCAL.keys.sort)
    new = Table("1", "r", "t", keys, {"pk": "S", "n": "N"}, indexes=(BY_LOCAL,))
    table = await disk.do(disk.db.create_table(new))
    disk.db.collection_bytes_max = 30
    item = {"pk": {"S": "a"}, "n": {"N": "1"}}
    first = asyncio.ensure_future(
        write_all(disk.db, [put(table, item)], token=ClientToken("s", "t", b"1"))
    )
    await disk.settle()
    large = put(table, {**item, "n": {"N": "2"}, "v": {"S": "v" * 30}})
    too_large = asyncio.ensure_future(write_one(disk.db, large))
    mismatch = asyncio.ensure_future(write_all(disk.db, [large], token=ClientToken("s", "t", b"2")))
    await disk.settle()
    assert not too_large.done() and not mismatch.done()
    await disk.go_on()
    assert await first is not None
    with pytest.raises(CollectionTooLarge):
        await too_large
    with pytest.raises(IdempotencyMismatch):
        await mismatch


@pytest.mark.parametrize("index", [BY_G, KEYS_BY_N])
async def test_a_backfill_adds_items_whose_change_did_not_touch_the_index(
    disk: Disk, index: Any
) -> None:
    """The writer takes the entry to be there, the backfill finds the item changed."""
    table = await disk.do(disk.db.create_table(Table("1", "r", "t", PK, {"pk": "S"})))
    items = [{"pk": {"S": name}, "g": {"S": "x"}, "n": {"N": "1"}} for name in "abc"]
    for item in items:
        await disk.do(write_one(disk.db, put(table, item)))
    table = await disk.do(disk.db.add_index(table, table, index))
    added = table.index(index.name)
    assert added is not None
    backfill = Backfill(disk.db)
    # The backfill waits for the first write; when it looks, the second one is pending.
    writes = [asyncio.ensure_future(write_one(disk.db, put(table, items[0])))]
    step = asyncio.ensure_future(backfill.step(0))
    await disk.settle()
    assert disk.engine.step() == "begin"
    writes.append(asyncio.ensure_future(write_one(disk.db, put(table, items[1]))))
    await disk.do(step)
    await asyncio.gather(*writes)
    while await disk.do(backfill.step(0)):
        pass
    found = (await scan(disk.engine, added.space)).entries
    assert sorted(Stored(0, e.value).item["pk"]["S"] for e in found) == ["a", "b", "c"]
    assert (await disk.engine.stats(added.space)).rows == 3


async def test_a_backfill_outlives_a_change_of_its_table(disk: Disk) -> None:
    table = await disk.do(disk.db.create_table(Table("1", "r", "t", PK, {"pk": "S"})))
    table = await disk.do(disk.db.add_index(table, table, BY_G))
    backfill = Backfill(disk.db)

    finish = backfill._finish

    async def rival(table: Table, index: Any) -> None:
        backfill._finish = finish  # type: ignore[method-assign]
        await disk.db.replace_table(table, replace(table, tags={"a": "1"}))
        await finish(table, index)

    backfill._finish = rival  # type: ignore[method-assign]
    while await disk.do(backfill.step(0)):
        pass
    done = (await known(disk, table)).index("by_g")
    assert done is not None and not done.backfilling
