"""A database in memory, and tables to write to."""

from __future__ import annotations

import pytest

from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.tables.model import Index, KeyAttribute, KeySchema, StreamSettings, Table

PK = KeySchema((KeyAttribute("pk", "S"),))
BY_G = Index("by_g", "global", KeySchema((KeyAttribute("g", "S"),)), "ALL")
G_AND_N = KeySchema((KeyAttribute("g", "S"),), (KeyAttribute("n", "N"),))
KEYS_BY_N = Index("keys_by_n", "global", G_AND_N, "KEYS_ONLY")
BY_LOCAL = Index(
    "by_local", "local", KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("n", "N"),)), "ALL"
)


@pytest.fixture
async def db() -> Database:
    database = Database(MemoryEngine())
    await database.open()
    return database


@pytest.fixture
async def plain(db: Database) -> Table:
    return await db.create_table(Table("1", "r", "plain", PK, {"pk": "S"}))


@pytest.fixture
async def indexed(db: Database) -> Table:
    stream = StreamSettings("NEW_AND_OLD_IMAGES", "now")
    return await db.create_table(
        Table("1", "r", "indexed", PK, {"pk": "S"}, indexes=(BY_G, KEYS_BY_N), stream=stream)
    )


@pytest.fixture
async def collected(db: Database) -> Table:
    keys = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "S"),))
    return await db.create_table(
        Table("1", "r", "collected", keys, {"pk": "S", "sk": "S"}, indexes=(BY_LOCAL,))
    )
