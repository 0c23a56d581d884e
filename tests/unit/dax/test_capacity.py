"""What a cache answers takes no capacity of the table; what it has not got does."""

from __future__ import annotations

import pytest

from jedlik.services.dax.reading import CachedReads, TableRows, View
from jedlik.storage.memory import MemoryEngine
from jedlik.storage.waist import ABSENT, Batch, Put, Row
from jedlik.tables.database import Database
from jedlik.tables.errors import Throttled
from jedlik.tables.model import KeyAttribute, KeySchema, Table, Throughput

KEY_BYTES = b"t" * 16


class Items:
    """An item cache of which only what is asked here is there."""

    def __init__(self) -> None:
        self.held: dict[object, object] = {}

    def find(self, key: object) -> object | None:
        return self.held.get(key)

    def ticket(self, key: object) -> int:
        return 0

    def fill(self, key: object, ticket: int, version: int, content: bytes | None) -> object:
        class Held:
            pass

        held = Held()
        held.version, held.content = version, content  # type: ignore[attr-defined]
        self.held[key] = held
        return held


async def test_only_misses_take_capacity_and_wait_for_it() -> None:
    db = Database(MemoryEngine())
    await db.open()
    db.flows.set_mode("on")
    table = await db.create_table(
        Table(
            "1" * 12,
            "eu-west-1",
            "t",
            KeySchema((KeyAttribute("pk", "S"),)),
            {"pk": "S"},
            throughput=Throughput(1, 1),
        )
    )
    key = (table.space, KEY_BYTES, b"", b"")
    value = (9000).to_bytes(4, "little") + b"{}"
    await db.engine.commit(Batch(5, (Put(key, ABSENT, value),)))
    items = Items()
    lane = db.flows.of(table).read
    now = db.clock.now_ms() / 1000

    async def get() -> Row | None:
        reads = CachedReads(TableRows(db), items)  # type: ignore[arg-type]
        view = View(db, reads, now)
        handler_lane = view.flows.of(table).read
        row = await view.engine.get_one(key)
        handler_lane.take(KEY_BYTES, 1.5, now)
        return row

    for _ in range(3):
        row = await get()
        assert row is not None and row.value == value
    assert (lane.count, lane.total) == (1, 1.5)
    lane.take(b"", 400, now)  # a debt of a hundred seconds
    assert await get() is not None
    items.held.clear()
    with pytest.raises(Throttled):
        await get()
