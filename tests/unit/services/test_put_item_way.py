"""The way of a PutItem: the operation's own answer, row and counts, or none.

Each case has two databases, in one of which puts go by the way where it takes them, in the other by
the operation; then both must be the same, down to the stored bytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.ways import every_row
from jedlik.services.dynamodb.put_item import put_item
from jedlik.services.dynamodb.put_item_way import PutWay, way_of
from jedlik.storage.memory import MemoryEngine
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.waist import StorageFull
from jedlik.tables.model import (
    Index,
    KeyAttribute,
    KeySchema,
    StreamSettings,
    Table,
    Throughput,
    TtlSettings,
)
from tests.support.pairs import KEYS, NOW, Pair, context, log_of


@pytest.fixture(params=("memory", "sqlite"))
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    def engine(name: str) -> Any:
        if request.param == "memory":
            return MemoryEngine()
        (tmp_path / name).mkdir()
        return SqliteEngine.open(tmp_path / name)

    both = Pair(await context(engine("way")), await context(engine("ordinary")), put_item)
    yield both
    await both.way.db.engine.close()
    await both.ordinary.db.engine.close()


def body_of(table: str, item: dict[str, Any], **more: Any) -> bytes:
    return orjson.dumps({"TableName": table, "Item": item, **more}, option=orjson.OPT_INDENT_2)


def way(ctx: Context, body: bytes, rows: Callable[[str], bool] = every_row) -> PutWay | None:
    req = orjson.loads(body)
    put_item.check(req)
    return way_of(ctx, req, body, rows)


def key(table: str, pk: str, sk: str = "1") -> dict[str, Any]:
    partition, sort = KEYS[table]
    return {"pk": {partition: pk}} | ({"sk": {sort: sk}} if sort else {})


@pytest.mark.parametrize("table", ["text", "number", "both", "texts", "logged"])
async def test_puts_are_the_operations_own(pair: Pair, table: str) -> None:
    partition, sort = KEYS[table]
    numbers = ["1", "-15", "0", "0.5", "120", "9" * 38, "1.50", "007", "1e3", "x", ""]
    texts = ["a", "k 1", "{}:,", "~" * 2048, "~" * 2049, "", "ä", "é" * 1024, 'a"b', "\n"]
    partitions = {"S": texts, "N": numbers}[partition]
    sorts = [""] if sort is None else numbers if sort == "N" else [*texts, "~" * 1024, "~" * 1025]
    bodies = [
        body_of(table, {**key(table, pk, sk), "v": {"S": "x" * r}, "on": {"BOOL": r > 9}})
        for r, (pk, sk) in enumerate((pk, sk) for pk in partitions for sk in sorts)
    ]
    found, taken = (
        way(pair.way, bodies[0])
        or way(
            pair.way, body_of(table, {**key(table, "1", "1"), "v": {"S": ""}, "on": {"BOOL": True}})
        ),
        0,
    )
    assert found is not None
    for body in bodies * 2:  # anew, and in the place of another
        taken += await pair.write(found, body)
    assert taken >= len(bodies) // 2
    await pair.alike()


async def test_the_log_has_what_changes(pair: Pair) -> None:
    """Not a put of what is there already, in whatever order of members and sets."""
    found = way(pair.way, body_of("logged", {**key("logged", "a"), "v": {"S": ""}}))
    assert found is not None
    other = {"m": {"M": {"x": {"N": "1"}, "y": {"N": "2"}}}}
    turned = {"m": {"M": {"y": {"N": "2"}, "x": {"N": "1"}}}}
    items = [{"v": {"S": value}} for value in ("1", "1", "2", "33", "1", "1")]
    for more in (*items, other, turned, other):
        await pair.write(found, body_of("logged", {**key("logged", "a"), **more}))
    table = await pair.way.db.catalog.get("1", "r", "logged")
    assert len(await log_of(pair.way.db, table)) == 5
    await pair.alike()


async def test_sizes(pair: Pair) -> None:
    """Units by the larger of both images, up to what an item may be."""
    found, taken = way(pair.way, body_of("text", {**key("text", "a"), "v": {"S": ""}})), []
    for size in (0, 1020, 1021, 5000, 10, 409_596, 409_597, 409_600, 0):
        body = body_of("text", {**key("text", "a"), "v": {"S": "x" * size}})
        taken.append(await pair.write(found, body))
        await pair.alike()
    assert taken == [*[True] * 6, False, False, True]


@pytest.mark.parametrize(
    "more",
    [
        {"ReturnValues": "NONE"},
        {"ReturnConsumedCapacity": "NONE", "ReturnItemCollectionMetrics": "NONE"},
    ],
)
async def test_requests_that_ask_for_nothing(pair: Pair, more: dict[str, str]) -> None:
    found = way(pair.way, body_of("text", key("text", "a"), **more))
    assert found is not None
    assert await pair.write(found, body_of("text", key("text", "b"), **more))
    assert found.answer(body_of("text", key("text", "b")), NOW) is None
    await pair.alike()


@pytest.mark.parametrize(
    "body",
    [
        body_of("text", key("text", "a"), ReturnValues="ALL_OLD"),
        body_of("text", key("text", "a"), ReturnConsumedCapacity="TOTAL"),
        body_of("text", key("text", "a"), ReturnItemCollectionMetrics="SIZE"),
        body_of("text", key("text", "a"), ConditionExpression="attribute_not_exists(pk)"),
        body_of("text", key("text", "a"), Expected={"pk": {"Exists": False}}),
        body_of("text", key("text", "a"), ReturnValuesOnConditionCheckFailure="NONE"),
        body_of("bytes", key("bytes", "YQ==")),
        body_of("arn:aws:dynamodb:r:1:table/text", key("text", "a")),
        body_of("text", {"pk": {"S": "a"}, "n": {"N": "1.0"}}),
    ],
)
async def test_requests_without_a_way(pair: Pair, body: bytes) -> None:
    req = orjson.loads(body)
    put_item.check(req)
    await put_item(pair.way, req)
    assert way_of(pair.way, req, body, every_row) is None


async def test_tables_whose_writes_change_more_than_a_row(pair: Pair) -> None:
    ctx = pair.way
    body = body_of("text", key("text", "a"))
    first = way(ctx, body)
    assert first is not None
    table = await ctx.db.catalog.get("1", "r", "text")
    by_v = KeySchema((KeyAttribute("v", "S"),))
    for changed in (
        replace(table, ttl=TtlSettings("v", True)),
        replace(table, indexes=(Index("by_v", "global", by_v, "ALL", space=999),)),
    ):
        now = await ctx.db.replace_table(await ctx.db.catalog.get("1", "r", "text"), changed)
        assert first.answer(body, NOW) is None
        assert way(ctx, body) is None
    await ctx.db.replace_table(now, replace(now, indexes=(), ttl=None))
    assert first.answer(body, NOW) is None
    assert way(ctx, body) is not None


@pytest.mark.parametrize(
    "reader", [{"held_by": ("backup",)}, {"stream": StreamSettings("KEYS_ONLY", "now")}]
)
async def test_a_table_whose_log_gets_a_reader(pair: Pair, reader: dict[str, Any]) -> None:
    body = body_of("text", key("text", "a"))
    first = way(pair.way, body)
    assert first is not None
    for ctx in (pair.way, pair.ordinary):
        table = await ctx.db.catalog.get("1", "r", "text")
        table = await ctx.db.replace_table(table, replace(table, **reader))
    assert first.answer(body, NOW) is None, "it knows of no log"
    assert await pair.write(way(pair.way, body), body)
    assert len(await log_of(pair.way.db, table)) == 1
    await pair.alike()


async def test_a_table_that_went_has_no_answer(pair: Pair) -> None:
    ctx = pair.way
    body = body_of("text", key("text", "a"))
    found = way(ctx, body)
    assert found is not None
    table = await ctx.db.catalog.get("1", "r", "text")
    await ctx.db.drop_table(table)
    assert found.answer(body, NOW) is None
    await ctx.db.create_table(Table("1", "r", "text", table.keys, {"pk": "S"}))
    assert found.answer(body, NOW) is None
    assert way(ctx, body) is not None


async def test_an_engine_that_is_wrapped_has_no_way(pair: Pair) -> None:
    class Wrapped:
        def __init__(self, engine: Any) -> None:
            self.get_one, self.commit = engine.get_one, engine.commit

    engine = pair.way.db.engine
    pair.way.db.engine = Wrapped(engine)
    assert way(pair.way, body_of("text", key("text", "a"))) is None
    pair.way.db.engine = engine


async def test_a_table_without_capacity_has_no_answer(pair: Pair) -> None:
    for ctx in (pair.way, pair.ordinary):
        ctx.db.flows.set_mode("on")
        table = await ctx.db.catalog.get("1", "r", "text")
        scarce = replace(table, billing="PROVISIONED", throughput=Throughput(1, 1))
        await ctx.db.replace_table(table, scarce)
    found = way(pair.way, body_of("text", key("text", "a")))
    assert found is not None
    taken = 0
    while await pair_put_once(pair, found):
        taken += 1
        assert taken <= 302
    assert taken >= 300  # the burst of five minutes
    await pair.alike()
    assert found.answer(body_of("text", key("text", "b")), NOW + 5) is not None


async def pair_put_once(pair: Pair, found: PutWay) -> bool:
    answer = found.answer(body_of("text", key("text", "b")), NOW)
    if answer is None:
        return False
    if not isinstance(answer, bytes):
        await answer.waiting
        answer = answer.answer()
    assert answer == b"{}"
    assert await pair.outcome(pair.ordinary, body_of("text", key("text", "b"))) == b"{}"
    return True


async def test_watched_keys_go_the_ordinary_way(pair: Pair) -> None:
    ctx = pair.way
    table = await ctx.db.catalog.get("1", "r", "text")
    insights = {"": {"enabled": True, "mode": "ACCESSED_AND_THROTTLED_KEYS"}}
    watched = await ctx.db.replace_table(table, replace(table, settings={"insights": insights}))
    body = body_of("text", key("text", "a"))
    found = way(ctx, body)
    assert found is None or found.answer(body, NOW) is None
    assert ctx.db.flows.of(watched).write.watch is not None


async def test_only_rows_that_the_caller_may_have_are_put(pair: Pair) -> None:
    ctx = pair.way
    found = way(ctx, body_of("both", key("both", "mine")), {"mine", "ä"}.__contains__)
    assert await pair.write(found, body_of("both", key("both", "mine", "2")))
    assert await pair.write(found, body_of("both", key("both", "ä", "2")))
    assert found is not None
    assert found.answer(body_of("both", key("both", "theirs", "2")), NOW) is None
    await pair.alike()
    body = body_of("number", key("number", "1"))
    assert way(ctx, body, {"1"}.__contains__) is None  # a policy compares numbers in one form


async def test_bodies_with_changed_bytes(pair: Pair) -> None:
    """Whatever a way takes or leaves, both sides come to the same."""
    r = Random(3)
    item: dict[str, Any] = {
        **key("both", "a", "12"),
        "on": {"BOOL": True},
        "m": {"M": {"l": {"L": [{"S": "text"}, {"N": "100"}]}, "none": {"NULL": True}}},
    }
    body = body_of("both", item, ReturnValues="NONE")
    found, taken = way(pair.way, body), 0
    for _ in range(1500):
        changed = bytearray(body)
        at = r.randrange(len(changed))
        changed[at : at + r.randint(0, 2)] = r.choice(
            (b"", b"a", b"1", b'"', b"0", b".", "é".encode(), bytes((r.randrange(256),)))
        )
        try:
            taken += await pair.write(found, bytes(changed))
        except Exception as error:
            raise AssertionError(bytes(changed)) from error
    assert taken > 50
    await pair.alike()


async def test_what_cannot_be_written_is_the_operations_to_tell(tmp_path: Path) -> None:
    ctx = await context(SqliteEngine.open(tmp_path))
    body = body_of("text", key("text", "a"))
    found = way(ctx, body)
    assert found is not None
    await ctx.db.engine.close()
    assert found.answer(body, NOW) is None
    lane = ctx.db.flows.of(await ctx.db.catalog.get("1", "r", "text")).write
    assert lane.count == 0


async def test_a_put_that_fails_later_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = SqliteEngine.open(tmp_path)
    ctx = await context(engine)
    body = body_of("text", key("text", "a"))
    found = way(ctx, body)
    assert found is not None
    put_seen = engine.put_seen

    def failing(*args: Any) -> Any:
        waiter = put_seen(*args)
        waiter.set_exception(StorageFull("no space"))
        return waiter

    monkeypatch.setattr(engine, "put_seen", failing)
    again = way(ctx, body)
    assert again is not None
    later = again.answer(body, NOW)
    assert later is not None and not isinstance(later, bytes)
    with pytest.raises(StorageFull):
        await later.waiting
    lane = ctx.db.flows.of(await ctx.db.catalog.get("1", "r", "text")).write
    assert lane.count == 0
    monkeypatch.undo()
    await engine.close()
