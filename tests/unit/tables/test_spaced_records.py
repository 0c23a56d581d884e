"""Records with a space of their own: kept, changed under races, found again, forgotten."""

from __future__ import annotations

import msgspec
import pytest

from jedlik.storage.memory import MemoryEngine
from jedlik.storage.waist import Batch, Change, SpaceDropped
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Kind
from jedlik.tables.spaced_records import Spaced, SpacedRecords


class Shelf(Spaced, frozen=True):
    books: int = 0


class NoShelf(Exception):
    pass


class Shelves(SpacedRecords[Shelf]):
    TABLE = "shelves"
    GONE = NoShelf
    kind = Kind("shelf", Shelf)


def fuller(old: Shelf) -> Shelf:
    return msgspec.structs.replace(old, books=old.books + 1)


async def opened() -> tuple[Database, Shelves]:
    db = Database(MemoryEngine())
    await db.open()
    return db, Shelves.of(db)


async def test_each_has_a_space_until_it_is_dropped() -> None:
    db, shelves = await opened()
    assert await shelves.all() == []
    made = await shelves.create(Shelf("1", "r", "a", 0))
    other = await shelves.create(Shelf("1", "r", "b", 0))
    assert made.space != other.space
    with pytest.raises(Contended):
        await shelves.create(Shelf("1", "r", "a", 0))
    put = (Change(made.space, 0, b"x"),)
    assert await db.engine.commit(Batch(db.versions.next(), (), put)) is None
    await shelves.drop(made)
    await shelves.drop(made)
    assert await shelves.get("1", "r", "a") is None
    with pytest.raises(SpaceDropped):
        await db.engine.commit(Batch(db.versions.next(), (), put))
    assert await shelves.all() == [other]


async def test_listed_by_owner_and_name() -> None:
    _, shelves = await opened()
    for account, name in (("1", "b"), ("2", "a"), ("1", "ab"), ("1", "a")):
        await shelves.create(Shelf(account, "r", name, 0))
    assert [each.name for each in await shelves.list("1", "r")] == ["a", "ab", "b"]
    assert [each.name for each in await shelves.list("1", "r", after="a")] == ["ab", "b"]
    assert await shelves.list("1", "q") == []
    assert len(await shelves.all()) == 4


async def test_no_change_is_lost_in_a_race() -> None:
    db, shelves = await opened()
    await shelves.create(Shelf("1", "r", "a", 0))
    raced = False
    write = shelves._table.write

    async def after_another(*changes: object) -> None:
        nonlocal raced
        if not raced:
            raced = True
            await Shelves(db).change("1", "r", "a", fuller)
        await write(*changes)  # type: ignore[arg-type]

    shelves._table.write = after_another  # type: ignore[method-assign]
    changed = await shelves.change("1", "r", "a", fuller)
    assert changed is not None and changed.books == 2
    assert await shelves.get("1", "r", "a") == changed == shelves.known("1", "r", "a")


async def test_what_is_not_there_cannot_be_changed() -> None:
    _, shelves = await opened()
    with pytest.raises(NoShelf):
        await shelves.change("1", "r", "a", fuller)
    await shelves.create(Shelf("1", "r", "a", 0))
    assert await shelves.get("1", "r", "a") is not None
    assert await shelves.change("1", "r", "a", lambda old: None) is None
    assert shelves.known("1", "r", "a") is None
