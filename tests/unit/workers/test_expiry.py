"""Time to live with the clock in hand: what is due, at which rate, and what comes in between."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from jedlik.changes.record import decode_record
from jedlik.storage.memory import MemoryEngine
from jedlik.storage.waist import Batch, Put
from jedlik.tables.database import Database
from jedlik.tables.expiry import TOKEN, TOO_OLD_S, expiry_of
from jedlik.tables.item_writes import DeleteWrite, PutWrite
from jedlik.tables.model import (
    Index,
    KeyAttribute,
    KeySchema,
    StreamSettings,
    Table,
    TtlSettings,
)
from jedlik.tables.read import scan
from jedlik.tables.stored import Stored
from jedlik.tables.write import write_one
from jedlik.values import item_size
from jedlik.workers import expiry_backfill
from jedlik.workers.expiry import Expiry

NOW_S = 1_800_000_000
TTL = TtlSettings("ttl", enabled=True)
PK = KeySchema((KeyAttribute("pk", "S"),))
BY_G = Index("by_g", "global", KeySchema((KeyAttribute("g", "S"),)), "ALL")


class World:
    """A database whose time is set by hand."""

    def __init__(self, rate_per_s: int = 1000) -> None:
        self.ms = NOW_S * 1000
        self.db = Database(MemoryEngine(), clock=self)
        self.expiry = Expiry(self.db, rate_per_s=rate_per_s)

    def now_ms(self) -> int:
        return self.ms

    async def table(self, **parameters: Any) -> Table:
        table = Table("1", "r", "abc", PK, {"pk": "S"}, **{"ttl": TTL, **parameters})
        return await self.db.create_table(table)

    async def put(self, table: Table, name: str, at: Any = None, **more: Any) -> None:
        value = {} if at is None else {"ttl": at if isinstance(at, dict) else {"N": str(at)}}
        item = {"pk": {"S": name}, **value, **more}
        await write_one(self.db, PutWrite(table, table.key_of(item), item, item_size(item)))

    async def work(self, seconds: float = 0) -> int:
        """Let time pass, then work until there is nothing more right away; counts the steps."""
        self.ms += int(seconds * 1000)
        steps = 1
        while await self.expiry.step(self.ms):
            steps += 1
        return steps

    async def names(self, table: Table) -> set[str]:
        page = await scan(self.db.engine, table.space)
        return {Stored(e.version, e.value).item["pk"]["S"] for e in page.entries}

    async def entries(self, table: Table) -> int:
        """How many expiries are entered."""
        assert table.ttl is not None
        page = await self.db.engine.range(
            table.ttl.space, TOKEN, None, None, item_limit=10_000, byte_limit=1 << 30
        )
        return len(page.entries)


@pytest.fixture
async def world() -> World:
    made = World()
    await made.db.open()
    return made


async def test_an_item_expires_when_now_is_greater_than_its_time(world: World) -> None:
    table = await world.table()
    await world.put(table, "a", NOW_S)
    await world.work()
    assert await world.names(table) == {"a"}
    await world.work(0.001)
    assert await world.names(table) == set()
    assert await world.entries(table) == 0


async def test_an_item_can_be_read_until_it_is_deleted(world: World) -> None:
    table = await world.table()
    await world.put(table, "a", NOW_S - 100)
    assert await world.names(table) == {"a"}


async def test_five_years_ago_is_too_long_ago(world: World) -> None:
    table = await world.table()
    await world.put(table, "due", NOW_S - TOO_OLD_S)
    await world.put(table, "too old", NOW_S - TOO_OLD_S - 1)
    await world.work()
    assert await world.names(table) == {"too old"}
    await world.work(3600)
    assert await world.names(table) == {"too old"}


@pytest.mark.parametrize(
    ("value", "at_s"),
    [
        ({"N": "1800000000"}, 1_800_000_000),
        ({"N": "1800000000.9"}, 1_800_000_000),
        ({"N": "0.5"}, None),
        ({"N": "0"}, None),
        ({"N": "-1800000000"}, None),
        ({"N": "9" * 38}, None),
        ({"N": str((1 << 62) - 1)}, (1 << 62) - 1),
        ({"N": str(1 << 62)}, None),
        ({"S": "1800000000"}, None),
        ({"NS": ["1800000000"]}, None),
        ({"NULL": True}, None),
        ({"M": {"ttl": {"N": "1800000000"}}}, None),
    ],
)
def test_what_is_an_expiry(value: Any, at_s: int | None) -> None:
    assert expiry_of(TTL, {"ttl": value}) == at_s


async def test_entries_follow_every_change_of_an_item(world: World) -> None:
    table = await world.table(indexes=(BY_G,))
    for at, entries in ((NOW_S, 1), (NOW_S + 1, 1), ({"S": "x"}, 0), (NOW_S + 2, 1), (None, 0)):
        await world.put(table, "a", at)
        assert await world.entries(table) == entries
    await world.put(table, "a", NOW_S)
    await write_one(world.db, DeleteWrite(table, table.key_of({"pk": {"S": "a"}})))
    assert await world.entries(table) == 0


async def test_an_expiry_is_in_the_log_as_the_services(world: World) -> None:
    table = await world.table(stream=StreamSettings("KEYS_ONLY", "now"), parts=1)
    await world.put(table, "a", NOW_S - 1)
    await world.work()
    insert, remove = await world.db.engine.log_read(table.log_space, 0, 0, 10)
    assert decode_record(insert.record).actor is None
    assert decode_record(remove.record).actor == "ttl"
    assert decode_record(remove.record).new is None


async def test_items_older_than_the_setting_are_entered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry_backfill, "ITEMS_PER_STEP", 7)
    table = await world.table(ttl=None)
    assert table.plain
    for number in range(40):
        await world.put(table, f"{number}", NOW_S + (10 if number % 2 else -10))
    await world.work()
    table = await world.db.replace_table(table, replace(table, ttl=TTL))
    assert not table.plain and table.ttl is not None and table.ttl.backfilling
    await world.expiry.step(world.ms)
    # Another process goes on where this one was.
    world.expiry = Expiry(world.db, rate_per_s=1000)
    await world.work()
    table = await world.db.current(table)
    assert table.ttl is not None and not table.ttl.backfilling
    assert await world.names(table) == {f"{number}" for number in range(1, 40, 2)}
    assert await world.entries(table) == 20


async def test_a_writer_is_faster_than_the_backfill(world: World) -> None:
    table = await world.table(ttl=None)
    await world.put(table, "a", NOW_S - 10)
    await world.put(table, "b", NOW_S - 10)
    table = await world.db.replace_table(table, replace(table, ttl=TTL))
    scan_page = world.db.engine.scan

    async def scan_and_be_overtaken(*arguments: Any, **more: Any) -> Any:
        page = await scan_page(*arguments, **more)
        world.db.engine.scan = scan_page
        await world.put(table, "a", NOW_S + 1000)
        return page

    world.db.engine.scan = scan_and_be_overtaken
    await world.work()
    assert await world.names(table) == {"a"}
    assert await world.entries(table) == 1


async def test_an_item_that_gets_more_time_at_the_last_moment_stays(world: World) -> None:
    table = await world.table()
    for name in "abc":
        await world.put(table, name, NOW_S - 1)
    get = world.db.engine.get

    async def get_and_be_overtaken(*arguments: Any, **more: Any) -> Any:
        rows = await get(*arguments, **more)
        world.db.engine.get = get
        await world.put(table, "b", NOW_S + 1000)
        return rows

    world.db.engine.get = get_and_be_overtaken
    await world.work()
    assert await world.names(table) == {"b"}


async def test_the_rate_is_kept(world: World) -> None:
    world = World(rate_per_s=50)
    await world.db.open()
    table = await world.table()
    for number in range(200):
        await world.put(table, f"{number}", NOW_S - 1)
    left = []
    for _ in range(5):
        await world.work(1)
        left.append(len(await world.names(table)))
    assert left == [150, 100, 50, 0, 0]


async def test_it_rests_where_no_table_has_a_time_to_live(world: World) -> None:
    await world.table(ttl=None)
    await world.work()
    assert not world.db.ttl_changed.is_set()


async def test_switched_off_it_deletes_nothing_and_forgets_the_entries(world: World) -> None:
    table = await world.table()
    await world.put(table, "a", NOW_S - 1)
    off = await world.db.replace_table(table, replace(table, ttl=TtlSettings("ttl", enabled=False)))
    await world.work()
    assert off.plain
    assert await world.names(off) == {"a"}
    assert await world.entries(table) == 0


async def test_an_entry_without_an_item_is_cleared_away(world: World) -> None:
    table = await world.table()
    assert table.ttl is not None
    sort = (NOW_S - 1).to_bytes(8, "big") + bytes(16)
    stray = Put((table.ttl.space, TOKEN, sort, b""), -1, b"")
    await world.db.engine.commit(Batch(world.db.versions.next(), (stray,)))
    await world.work()
    assert await world.entries(table) == 0
