"""Clients that read: at every moment exactly what is durable, compared with the model on the spot.

The database's reads do not suspend between the store and the caller, so the model, told of all
that became visible before the read returned, must agree to the letter.
"""

from __future__ import annotations

from random import Random
from typing import Any

from jedlik.storage.waist import StorageError
from jedlik.tables.database import Database
from jedlik.tables.errors import TableNotFound
from jedlik.tables.read import get_item, get_items, query, scan
from jedlik.tables.stored import Stored
from jedlik.values import encode_key, item_size
from tests.sim.checks import ACCOUNT, REGION, check_records, index_place, items_of
from tests.sim.model import Item, Model, ModelTable, key_attributes, place_of, sort_order, token_of
from tests.sim.writes import PARTITIONS, SORTS


class Read:
    may_conflict = True

    def __init__(self, random: Random, tables: tuple[str, ...]) -> None:
        self._random = random
        self._tables = tables
        self._kind = random.choice(("item", "items", "query", "scan", "index", "log", "stats"))
        self._name = random.choice(tables)

    def __str__(self) -> str:
        return f"read {self._kind} of {self._name}"

    def committed(self, model: Model, submission: Any) -> None:
        raise AssertionError("a read committed something")

    async def run(self, db: Database) -> Any:
        model: Model = db.engine.model  # type: ignore[attr-defined]
        try:
            table = await db.catalog.get(ACCOUNT, REGION, self._name)
            there = model.tables.get(self._name)
            if there is None or there.table.id != table.id:
                return "table gone"
            return await getattr(self, f"_{self._kind}")(db, model, there)
        except TableNotFound:
            return "no table"
        except StorageError as error:
            return repr(error)

    async def _item(self, db: Database, model: Model, there: ModelTable) -> Any:
        place = self._place(there)
        key = there.table.key_of(key_attributes(there.table, place))
        found = await get_item(db.engine, there.table, key)
        if model.tables.get(self._name) is there:
            wanted = there.items.get(place)
            assert _item(found) == wanted, f"{place}: read {_item(found)}, not {wanted}"
        return _item(found)

    async def _items(self, db: Database, model: Model, there: ModelTable) -> Any:
        """One snapshot over several tables."""
        tables = [t for t in (model.tables.get(name) for name in self._tables) if t is not None]
        places = [(t, self._place(t)) for t in tables for _ in range(3)]
        wanted = [(t.table, t.table.key_of(key_attributes(t.table, p))) for t, p in places]
        found = await get_items(db.engine, wanted, snapshot=True)
        for (table, place), stored in zip(places, found, strict=True):
            if model.tables.get(table.table.name) is table:
                assert _item(stored) == table.items.get(place), f"snapshot of {place}"
        return len(found)

    async def _query(self, db: Database, model: Model, there: ModelTable) -> Any:
        random, table = self._random, there.table
        partition = random.choice(PARTITIONS)
        reverse, limit = random.random() < 0.5, random.choice((None, 1, 2))
        low = high = low_text = None
        if table.keys.sort and random.random() < 0.5:
            kind = table.keys.sort[0].type
            low_text = random.choice(SORTS[kind])
            low = encode_key({kind: low_text})
        page = await query(
            db.engine,
            table.space,
            token_of((partition, None)),
            low,
            high,
            reverse=reverse,
            limit=limit,
        )
        if model.tables.get(self._name) is there:
            places = sort_order(table, [p for p in there.items if p[0] == partition])
            if low_text is not None:
                allowed = sort_order(table, [(partition, text) for text in SORTS[kind]])
                allowed = allowed[allowed.index((partition, low_text)) :]
                places = [place for place in places if place in allowed]
            wanted = [there.items[place] for place in (places[::-1] if reverse else places)]
            assert items_of(page.entries) == wanted[:limit], f"query of {partition}"
            if limit is None:
                assert not page.more, "more of a finished query"
        return len(page.entries)

    async def _scan(self, db: Database, model: Model, there: ModelTable) -> Any:
        page = await scan(db.engine, there.table.space)
        if model.tables.get(self._name) is there:
            found = {place_of(there.table, item): item for item in items_of(page.entries)}
            assert found == there.items, "scan"
        return len(page.entries)

    async def _index(self, db: Database, model: Model, there: ModelTable) -> Any:
        """All entries under the index key of some item, in order."""
        indexes = [index for index in there.table.indexes if not index.backfilling]
        entries = there.entries(self._random.choice(indexes)) if indexes else {}
        if not entries:
            return 0
        index = self._random.choice(indexes)
        entries = there.entries(index)
        if not entries:
            return 0
        token = index_place(index, self._random.choice(list(entries.values())))[0]
        page = await query(db.engine, index.space, token)
        now = model.tables.get(self._name)
        if now is there and index in there.table.indexes:
            wanted = [i for i in there.entries(index).values() if index_place(index, i)[0] == token]
            sorts = [index_place(index, item)[1] for item in items_of(page.entries)]
            assert sorts == sorted(sorts), f"order of {index.name}"
            assert _bag(items_of(page.entries)) == _bag(wanted), f"query of {index.name}"
        return len(page.entries)

    async def _log(self, db: Database, model: Model, there: ModelTable) -> Any:
        table = there.table
        part = self._random.randrange(table.parts)
        _, last = await db.engine.log_bounds(table.log_space, part)
        after = self._random.randint(0, last + 1)
        entries = await db.engine.log_read(table.log_space, part, after, 3)
        if model.tables.get(self._name) is there and entries:
            start = entries[0].seq
            assert start > after
            check_records(entries, there.logs.get(part, []), start, f"log {self._name}/{part}")
        return len(entries)

    async def _stats(self, db: Database, model: Model, there: ModelTable) -> Any:
        stats = await db.engine.stats(there.table.space)
        if model.tables.get(self._name) is there:
            wanted = len(there.items), sum(item_size(item) for item in there.items.values())
            assert stats == wanted, f"tally {stats}, not {wanted}"
        return stats

    def _place(self, there: ModelTable) -> tuple[str, str | None]:
        random, keys = self._random, there.table.keys
        sort = random.choice(SORTS[keys.sort[0].type]) if keys.sort else None
        return random.choice(PARTITIONS), sort


def _item(stored: Stored | None) -> Item | None:
    return None if stored is None else stored.item


def _bag(items: list[Item]) -> list[str]:
    return sorted(map(repr, map(sorted, map(dict.items, items))))
