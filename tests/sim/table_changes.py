"""Clients that make, change and drop tables and indexes; and the workers that finish it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from msgspec.structs import replace

from jedlik.storage.waist import Delete, Put, SpaceDropped, StorageError, Unknown
from jedlik.tables.catalog import SYSTEM_SPACE, _decode_table, _tables_token
from jedlik.tables.client_tokens import ClientToken, _token_key
from jedlik.tables.database import TOKENS_SPACE, Database
from jedlik.tables.errors import Contended, TableExists, TableNotFound
from jedlik.tables.model import Index, KeyAttribute, KeySchema, StreamSettings, Table, TtlSettings
from tests.sim.checks import ACCOUNT, REGION
from tests.sim.model import Model
from tests.sim.watched_engine import Submission

PK = (KeyAttribute("pk", "S"),)
G, N, V, L = (KeyAttribute(name, "N" if name == "n" else "S") for name in "gnvl")
GLOBAL_INDEXES = (
    Index("by_g", "global", KeySchema((G,), (N,)), "ALL"),
    Index("by_n", "global", KeySchema((N,)), "KEYS_ONLY"),
    Index("by_g_v", "global", KeySchema((G, V), (N, L)), "INCLUDE", ("n",)),
)
LOCAL_INDEXES = (
    Index("by_l", "local", KeySchema(PK, (L,)), "KEYS_ONLY"),
    Index("by_local_n", "local", KeySchema(PK, (N,)), "ALL"),
)


def random_table(random: Random, name: str) -> Table:
    sort = random.choice(((), (KeyAttribute("sk", "S"),), (KeyAttribute("sk", "N"),)))
    indexes: list[Index] = random.sample(GLOBAL_INDEXES, random.choice((0, 0, 1, 2)))
    if sort:
        indexes += random.sample(LOCAL_INDEXES, random.choice((0, 1, 2)))
    return Table(
        ACCOUNT,
        REGION,
        name,
        KeySchema(PK, sort),
        {key.name: key.type for key in (*PK, *sort, G, N, V, L)},
        parts=random.choice((1, 4)),
        indexes=tuple(indexes),
        stream=_stream(random) if random.random() < 0.6 else None,
        ttl=TtlSettings("n", True) if random.random() < 0.3 else None,
    )


def _stream(random: Random) -> StreamSettings:
    return StreamSettings("NEW_AND_OLD_IMAGES", f"label-{random.randrange(1 << 40)}")


def follow_catalog(model: Model, submission: Submission) -> None:
    """What a commit means for the model beyond items: tables, and tokens that were forgotten."""
    for write in submission.batch.writes:
        space, token, sort, _ = write.key
        if space == SYSTEM_SPACE and token == _tables_token(ACCOUNT, REGION):
            if isinstance(write, Put):
                model.catalog_put(_decode_table(write.value))
            elif isinstance(write, Delete):
                model.catalog_delete(sort.decode())
        elif space == TOKENS_SPACE and isinstance(write, Delete):
            for name in list(model.tokens):
                if _token_key(ClientToken(f"{ACCOUNT}|{REGION}", name, b"")) == write.key:
                    del model.tokens[name]


class Work:
    """What the database does on nobody's behalf."""

    may_conflict = False

    def committed(self, model: Model, submission: Submission) -> None:
        follow_catalog(model, submission)


class TableChange:
    """One change of one table. `kind`: see the methods."""

    def __init__(self, random: Random, name: str, kind: str | None = None) -> None:
        self._random = random
        self._name = name
        self._kind = kind or random.choice(
            ("create", "create", "drop", "add_index", "add_index", "drop_index", "stream", "tag")
        )
        self.may_conflict = self._kind != "create"
        self._wanted: Callable[[Table | None], bool] = lambda table: True
        self._refused: Callable[[], bool] = lambda: True

    def __str__(self) -> str:
        return f"{self._kind} {self._name}"

    def committed(self, model: Model, submission: Submission) -> None:
        follow_catalog(model, submission)

    async def run(self, db: Database) -> Any:
        model: Model = db.engine.model  # type: ignore[attr-defined]
        seen, was_there = len(model.names_seen), self._name in model.tables
        change: Callable[[Database], Awaitable[Any]] = getattr(self, f"_{self._kind}")
        try:
            answer = await change(db)
            answer = "done" if isinstance(answer, Table) else answer
        except TableExists:
            answer = "exists"
        except TableNotFound:
            answer = "not found"
        except Contended:
            answer = "contended"
        except SpaceDropped:
            answer = "gone"
        except Unknown:
            answer = "unknown"
        except StorageError:
            answer = "failed"
        db.engine.catch_up()  # type: ignore[attr-defined]
        states = {there for name, there in model.names_seen[seen:] if name == self._name}
        states.add(was_there)
        if answer == "exists":
            assert True in states, "refused a table for one that never was"
        if answer == "not found":
            assert False in states, "did not find a table that was there all the time"
        if answer == "done" and self._kind == "create":
            assert True in states, "made a table that is not there"
        return answer

    async def _create(self, db: Database) -> Any:
        return await db.create_table(random_table(self._random, self._name))

    async def _drop(self, db: Database) -> Any:
        await db.drop_table(await self._table(db))
        return "dropped"

    async def _add_index(self, db: Database) -> Any:
        table = await self._table(db)
        new = [index for index in GLOBAL_INDEXES if table.index(index.name) is None]
        if not new or any(index.backfilling for index in table.indexes):
            return "nothing to do"
        return await db.add_index(table, table, self._random.choice(new))

    async def _drop_index(self, db: Database) -> Any:
        table = await self._table(db)
        found = [index.name for index in table.indexes if index.kind == "global"]
        if not found:
            return "nothing to do"
        return await db.drop_index(table, self._random.choice(found))

    async def _stream(self, db: Database) -> Any:
        table = await self._table(db)
        stream = None if table.stream else _stream(self._random)
        return await db.replace_table(table, replace(table, stream=stream))

    async def _tag(self, db: Database) -> Any:
        table = await self._table(db)
        await asyncio.sleep(self._random.random() * 0.01)
        tags = {"tag": str(self._random.randrange(1000))}
        return await db.replace_table(table, replace(table, tags=tags))

    async def _table(self, db: Database) -> Table:
        return await db.catalog.get(ACCOUNT, REGION, self._name)
