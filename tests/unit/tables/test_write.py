"""The write door: images, guards, indexes, the log, item collections, transactions."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from jedlik.changes.record import decode_record
from jedlik.storage.waist import Batch, Put
from jedlik.tables.client_tokens import ClientToken
from jedlik.tables.database import Database
from jedlik.tables.errors import (
    CollectionTooLarge,
    ConditionFailed,
    IdempotencyMismatch,
    Invalid,
    TransactionCancelled,
)
from jedlik.tables.item_writes import CheckWrite, DeleteWrite, PutWrite, UpdateWrite
from jedlik.tables.model import Index, KeyAttribute, KeySchema, StreamSettings, Table
from jedlik.tables.read import get_item, scan
from jedlik.tables.stored import Stored
from jedlik.tables.write import write_all, write_batch, write_one
from jedlik.values import item_size
from jedlik.workers.backfill import Backfill

Item = dict[str, Any]


class Holds:
    """A condition with a fixed answer."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer

    def holds(self, item: Item | None) -> bool:
        return self.answer


class Set:
    """An update that sets one attribute."""

    def __init__(self, name: str, value: Item) -> None:
        self.name, self.value = name, value

    def apply(self, item: Item) -> Item:
        return {**item, self.name: self.value}


def put(table: Table, item: Item, **more: Any) -> PutWrite:
    return PutWrite(table, table.key_of(item), item, item_size(item), **more)


def update(table: Table, key: Item, change: Any, **more: Any) -> UpdateWrite:
    return UpdateWrite(table, table.key_of(key), key, change, **more)


async def read(db: Database, table: Table, key: Item) -> Item | None:
    found = await get_item(db.engine, table, table.key_of(key))
    return found.item if found else None


async def entries(db: Database, index: Index) -> list[Item]:
    page = await scan(db.engine, index.space)
    return [Stored(entry.version, entry.value).item for entry in page.entries]


async def log(db: Database, table: Table) -> list[tuple[Item | None, Item | None]]:
    found = []
    for part in range(table.parts):
        for entry in await db.engine.log_read(table.log_space, part, 0, 1000):
            record = decode_record(entry.record)
            found.append(
                tuple(
                    Stored(0, image).item if image is not None else None
                    for image in (record.old, record.new)
                )
            )
    return found


A: Item = {"pk": {"S": "a"}}
B: Item = {"pk": {"S": "b"}}


async def test_a_put_replaces_and_tells_both_images(db: Database, plain: Table) -> None:
    first = await write_one(db, put(plain, {**A, "v": {"N": "1"}}))
    second = await write_one(db, put(plain, {**A, "w": {"N": "2"}}))
    assert first.old is None
    assert second.old is not None and second.old.item == {**A, "v": {"N": "1"}}
    assert await read(db, plain, A) == {**A, "w": {"N": "2"}}
    assert await db.engine.stats(plain.space) == (1, item_size({**A, "w": {"N": "2"}}))


async def test_versions_only_grow(db: Database, plain: Table) -> None:
    written = [await write_one(db, put(plain, {**A, "v": {"N": str(i)}})) for i in range(5)]
    versions = [w.new.version for w in written if w.new]
    assert versions == sorted(set(versions))


async def test_a_failed_condition_changes_nothing_and_shows_the_old_item(
    db: Database, plain: Table, indexed: Table
) -> None:
    for table in (plain, indexed):
        await write_one(db, put(table, A))
        with pytest.raises(ConditionFailed) as failed:
            await write_one(db, put(table, {**A, "v": {"N": "1"}}, condition=Holds(False)))
        assert failed.value.old is not None and failed.value.old.item == A
        assert await read(db, table, A) == A


async def test_an_update_of_a_missing_item_makes_it_from_its_key(
    db: Database, plain: Table, indexed: Table
) -> None:
    for table in (plain, indexed):
        await write_one(db, update(table, A, Set("v", {"S": "x"})))
        assert await read(db, table, A) == {**A, "v": {"S": "x"}}


async def test_a_delete_of_a_missing_item_is_fine_and_counts_nothing(
    db: Database, plain: Table, indexed: Table
) -> None:
    for table in (plain, indexed):
        written = await write_one(db, DeleteWrite(table, table.key_of(A)))
        assert written.old is None and written.new is None
        assert await db.engine.stats(table.space) == (0, 0)
    assert await log(db, indexed) == []


async def test_an_item_may_be_400_kb_and_no_byte_more(db: Database, plain: Table) -> None:
    room = 400 * 1024 - item_size({**A, "v": {"S": ""}})
    await write_one(db, put(plain, {**A, "v": {"S": "x" * room}}))
    with pytest.raises(Invalid, match=r"^Item size has exceeded the maximum allowed size$"):
        await write_one(db, put(plain, {**A, "v": {"S": "x" * (room + 1)}}))
    with pytest.raises(Invalid, match=r"^Item size to update has exceeded"):
        await write_one(db, update(plain, A, Set("w", {"S": ""})))


async def test_indexes_follow_every_change_of_an_item(db: Database, indexed: Table) -> None:
    by_g, by_n = indexed.indexes
    await write_one(db, put(indexed, {**A, "g": {"S": "x"}, "n": {"N": "1"}, "v": {"S": "1"}}))
    assert await entries(db, by_n) == [{**A, "g": {"S": "x"}, "n": {"N": "1"}}]
    moved = await write_one(db, update(indexed, A, Set("g", {"S": "y"})))
    assert moved.index_units == {"by_g": 2, "keys_by_n": 2}
    assert [item["g"] for item in await entries(db, by_g)] == [{"S": "y"}]
    same = await write_one(db, update(indexed, A, Set("v", {"S": "2"})))
    assert same.index_units == {"by_g": 1}
    await write_one(db, put(indexed, A))
    assert await entries(db, by_g) == [] == await entries(db, by_n)
    assert await db.engine.stats(by_g.space) == (0, 0)


async def test_items_with_one_index_key_stand_side_by_side(db: Database, indexed: Table) -> None:
    await write_batch(db, [put(indexed, {**key, "g": {"S": "x"}}) for key in (A, B)])
    assert sorted(item["pk"]["S"] for item in await entries(db, indexed.indexes[0])) == ["a", "b"]
    await write_one(db, DeleteWrite(indexed, indexed.key_of(A)))
    assert await entries(db, indexed.indexes[0]) == [{**B, "g": {"S": "x"}}]


async def test_an_index_key_of_another_type_is_refused(db: Database, indexed: Table) -> None:
    with pytest.raises(Invalid) as refused:
        await write_one(db, put(indexed, {**A, "g": {"N": "1"}}))
    assert refused.value.message == (
        "One or more parameter values were invalid: Type mismatch for Index Key g "
        "Expected: S Actual: N IndexName: by_g"
    )
    with pytest.raises(Invalid) as refused:
        await write_one(db, update(indexed, A, Set("g", {"N": "1"})))
    assert refused.value.message == (
        "The update expression attempted to update the secondary index key to unsupported type"
    )


async def test_the_log_holds_each_change_and_nothing_else(db: Database, indexed: Table) -> None:
    one, two = {**A, "v": {"N": "1"}}, {**A, "v": {"N": "2"}}
    await write_one(db, put(indexed, one))
    await write_one(db, put(indexed, one))
    await write_one(db, put(indexed, two))
    await write_one(db, DeleteWrite(indexed, indexed.key_of(A)))
    assert await log(db, indexed) == [(None, one), (one, two), (two, None)]


async def test_a_table_without_readers_logs_nothing(db: Database, plain: Table) -> None:
    await write_one(db, put(plain, A))
    assert await log(db, plain) == []


async def test_item_collections_are_metered_and_bounded(db: Database, collected: Table) -> None:
    def item(sort: str, filler: int) -> Item:
        return {**A, "sk": {"S": sort}, "n": {"N": "1"}, "v": {"S": "x" * filler}}

    first = await write_one(db, put(collected, item("1", 100)))
    size = item_size(item("1", 100))
    assert first.collection_bytes == 2 * size
    db.collection_bytes_max = 3 * size
    with pytest.raises(CollectionTooLarge):
        await write_one(db, put(collected, item("2", 100)))
    shrunk = await write_one(db, put(collected, item("1", 50)))
    assert shrunk.collection_bytes == 2 * item_size(item("1", 50))
    gone = await write_one(db, DeleteWrite(collected, collected.key_of(item("1", 0))))
    assert gone.collection_bytes == 0


async def test_a_transaction_does_all_or_nothing(db: Database, plain: Table) -> None:
    await write_one(db, put(plain, A))
    with pytest.raises(TransactionCancelled) as cancelled:
        await write_all(
            db,
            [put(plain, B), CheckWrite(plain, plain.key_of(A), Holds(False))],
        )
    assert [reason.code for reason in cancelled.value.reasons] == [
        "None",
        "ConditionalCheckFailed",
    ]
    assert await read(db, plain, B) is None
    done = await write_all(
        db,
        [put(plain, B), DeleteWrite(plain, plain.key_of(A), Holds(True))],
    )
    assert done is not None and len(done) == 2
    assert await read(db, plain, A) is None
    assert await read(db, plain, B) == B


async def test_a_client_token_does_its_work_once(db: Database, plain: Table) -> None:
    token = ClientToken("1|r", "t", b"f" * 16)
    add = update(plain, A, Set("v", {"N": "1"}))
    assert await write_all(db, [add], token=token) is not None
    await write_one(db, DeleteWrite(plain, plain.key_of(A)))
    assert await write_all(db, [add], token=token) is None
    assert await read(db, plain, A) is None
    with pytest.raises(IdempotencyMismatch):
        await write_all(db, [add], token=ClientToken("1|r", "t", b"g" * 16))


class Rival:
    """An engine that lets a rival write the row before the first few commits."""

    def __init__(self, engine: Any, times: int, spoil: Any) -> None:
        self._engine, self.times, self._spoil = engine, times, spoil

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def commit(self, batch: Batch) -> Any:
        if self.times > 0:
            self.times -= 1
            await self._spoil(batch)
        return await self._engine.commit(batch)


async def test_a_conflict_is_tried_again_on_the_new_row(
    db: Database, plain: Table, indexed: Table
) -> None:
    for table in (plain, indexed):
        engine = db.engine
        key = (table.space, *table.key_of(A), b"")

        async def spoil(batch: Batch, key: Any = key, engine: Any = engine) -> None:
            rival = {**A, "rival": {"N": "1"}}
            value = item_size(rival).to_bytes(4, "little") + b'{"pk":{"S":"a"},"rival":{"N":"1"}}'
            await engine.commit(Batch(db.versions.next(), [Put(key, -1, value)]))

        db.engine = Rival(engine, 3, spoil)
        await write_one(db, update(table, A, Set("mine", {"N": "2"})))
        db.engine = engine
        assert await read(db, table, A) == {**A, "rival": {"N": "1"}, "mine": {"N": "2"}}


async def test_a_new_index_is_filled_while_writes_go_on(db: Database, plain: Table) -> None:
    items = [{"pk": {"S": str(i)}, "g": {"S": "x"}, "v": {"N": "0"}} for i in range(150)]
    await write_batch(db, [put(plain, item) for item in items])
    index = Index("late", "global", KeySchema((KeyAttribute("g", "S"),)), "ALL")
    table = await db.add_index(plain, plain, index)
    worker = Backfill(db)
    assert await worker.step(0)
    for i in range(0, 150, 3):
        await write_one(db, DeleteWrite(table, table.key_of(items[i])))
    for i in range(1, 150, 3):
        await write_one(db, update(table, {"pk": items[i]["pk"]}, Set("v", {"N": "1"})))
    steps = 0
    while await worker.step(0):
        steps += 1
        assert steps < 10
    table = await db.current(table)
    late = table.index("late")
    assert late is not None and late.status == "ACTIVE" and not late.backfilling
    page = await scan(db.engine, table.space)
    expected = sorted((Stored(e.version, e.value).item["pk"]["S"]) for e in page.entries)
    assert sorted(item["pk"]["S"] for item in await entries(db, late)) == expected
    assert len(expected) == 100
    assert await db.engine.stats(late.space) == await db.engine.stats(table.space)


async def test_a_write_that_had_to_wait_meets_what_was_enabled_meanwhile(
    db: Database, plain: Table
) -> None:
    """A rival wins the first try; before the second, the table has got a stream."""
    await write_one(db, put(plain, A))
    db.embedded = None  # by the way on which a rival can come between
    commit = db.engine.commit

    async def commit_after_a_rival(batch: Batch) -> object:
        db.engine.commit = commit  # type: ignore[method-assign]
        await write_one(db, put(plain, {**A, "v": {"N": "1"}}))
        stream = StreamSettings("KEYS_ONLY", "now")
        await db.replace_table(plain, replace(plain, stream=stream))
        return await commit(batch)

    db.engine.commit = commit_after_a_rival  # type: ignore[method-assign, assignment]
    await write_one(db, put(plain, {**A, "v": {"N": "2"}}))
    assert await log(db, plain) == [({**A, "v": {"N": "1"}}, {**A, "v": {"N": "2"}})]
