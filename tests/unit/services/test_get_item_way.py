"""The way of a GetItem: the operation's own answer, or none."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.ways import every_row
from jedlik.services.dynamodb.get_item import get_item
from jedlik.services.dynamodb.get_item_way import way_of
from jedlik.services.dynamodb.put_item import put_item
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.tables.model import KeyAttribute, KeySchema, KeyType, Table, Throughput

NOW = 1_700_000_000.0
KEYS: dict[str, tuple[KeyType, KeyType | None]] = {
    "text": ("S", None),
    "number": ("N", None),
    "bytes": ("B", None),
    "both": ("S", "N"),
    "texts": ("S", "S"),
}


class HandClock:
    def __init__(self) -> None:
        self.ms = int(NOW * 1000)

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
async def ctx() -> Context:
    db = Database(MemoryEngine(), clock=HandClock())
    await db.open()
    for name, (partition, sort) in KEYS.items():
        keys = KeySchema(
            (KeyAttribute("pk", partition),), (KeyAttribute("sk", sort),) if sort else ()
        )
        types: dict[str, KeyType] = {"pk": partition} | ({"sk": sort} if sort else {})
        await db.create_table(Table("1", "r", name, keys, types))
    return Context(db, "1", "r", None, "", NOW)


def body_of(table: str, key: dict[str, Any], **more: Any) -> bytes:
    return orjson.dumps({"TableName": table, "Key": key, **more})


async def asked(ctx: Context, body: bytes) -> bytes:
    """The operation's answer."""
    req = orjson.loads(body)
    get_item.check(req)
    answer = await get_item(ctx, req)
    assert isinstance(answer, bytes)
    return answer


async def way(ctx: Context, body: bytes) -> Any:
    req = orjson.loads(body)
    get_item.check(req)
    return way_of(ctx, req, body, every_row)


async def put(ctx: Context, table: str, item: dict[str, Any]) -> None:
    await put_item(ctx, {"TableName": table, "Item": item})


@pytest.mark.parametrize("table", ["text", "number", "bytes", "both", "texts"])
@pytest.mark.parametrize("more", [{}, {"ConsistentRead": True}, {"ConsistentRead": False}])
async def test_answers_are_the_operations_own(
    ctx: Context, table: str, more: dict[str, Any]
) -> None:
    partition, sort = KEYS[table]
    numbers = ["1", "-1.50", "1e3", "0", "00012", "9" * 38]
    texts = ["a", "k 1", "{}:,", "~" * 2048]

    def key(pk: str, sk: str) -> dict[str, Any]:
        return {"pk": {partition: pk}} | ({"sk": {sort: sk}} if sort else {})

    partitions = {"S": texts, "N": numbers, "B": ["YQ==", "////", "AAEC"]}[partition]
    sorts = [""] if sort is None else numbers if sort == "N" else [*texts[:3], "~" * 1024]
    keys = [key(pk, sk) for pk in partitions for sk in sorts]
    for number, each in enumerate(keys):
        if number % 3:
            await put(ctx, table, {**each, "v": {"S": "x" * (number * 1000)}})
    found = await way(ctx, body_of(table, keys[0], **more))
    assert found is not None
    lane = ctx.db.flows.of(await ctx.db.catalog.get("1", "r", table)).read
    for each in keys:
        body = body_of(table, each, **more)
        counts = lane.count, lane.total
        answer = await asked(ctx, body)
        took = lane.total - counts[1]
        assert found.answer(body, NOW) == answer
        assert (lane.count, lane.total) == (counts[0] + 2, counts[1] + 2 * took)


async def test_what_the_operation_refuses_has_no_answer(ctx: Context) -> None:
    found = await way(ctx, body_of("number", {"pk": {"N": "1"}}))
    for text in ("x", "1e500", "--1", "1 ", "9" * 39):
        assert found.answer(body_of("number", {"pk": {"N": text}}), NOW) is None
    found = await way(ctx, body_of("bytes", {"pk": {"B": "YQ=="}}))
    for text in ("YQ", "YQ=", "YR==", "Y Q==", "=", "===="):
        assert found.answer(body_of("bytes", {"pk": {"B": text}}), NOW) is None
    found = await way(ctx, body_of("texts", {"pk": {"S": "a"}, "sk": {"S": "b"}}))
    for pk, sk in (("", "b"), ("a", ""), ("a" * 2049, "b"), ("a", "b" * 1025)):
        body = body_of("texts", {"pk": {"S": pk}, "sk": {"S": sk}})
        assert found.answer(body, NOW) is None


async def test_other_bodies_have_no_answer(ctx: Context) -> None:
    body = body_of("text", {"pk": {"S": "a"}})
    found = await way(ctx, body)
    assert found.answer(body, NOW) == b"{}"
    for other in (
        body_of("number", {"pk": {"S": "a"}}),
        body_of("text", {"pk": {"S": "ä"}}),
        body_of("text", {"pk": {"S": 'a"'}}),
        body_of("text", {"pk": {"S": "a"}, "x": {"S": "a"}}),
        body_of("text", {"pk": {"N": "1"}}),
        body_of("text", {"pk": {"S": "a"}}, ConsistentRead=True),
        body.replace(b":", b": "),
        b"",
        b"{}",
    ):
        assert found.answer(other, NOW) is None


@pytest.mark.parametrize(
    "body",
    [
        body_of("text", {"pk": {"S": "ä"}}),
        body_of("text", {"pk": {"S": "a"}}, ProjectionExpression="v"),
        body_of("text", {"pk": {"S": "a"}}, ReturnConsumedCapacity="TOTAL"),
        body_of("arn:aws:dynamodb:r:1:table/text", {"pk": {"S": "a"}}),
    ],
)
async def test_requests_without_a_way(ctx: Context, body: bytes) -> None:
    assert await asked(ctx, body) == b"{}" or b"ConsumedCapacity" in await asked(ctx, body)
    assert await way(ctx, body) is None


async def test_an_engine_that_may_wait_has_no_way(ctx: Context) -> None:
    class Waiting:
        def __init__(self, engine: Any) -> None:
            self.get_one = engine.get_one

    ctx.db.engine = Waiting(ctx.db.engine)
    body = body_of("text", {"pk": {"S": "a"}})
    assert await asked(ctx, body) == b"{}"
    assert await way(ctx, body) is None


async def test_a_table_that_changed_or_went_has_no_answer(ctx: Context) -> None:
    body = body_of("text", {"pk": {"S": "a"}})
    found = await way(ctx, body)
    table = await ctx.db.catalog.get("1", "r", "text")
    changed = await ctx.db.replace_table(table, replace(table, status="UPDATING"))
    assert found.answer(body, NOW) is None
    again = await way(ctx, body)
    assert again.answer(body, NOW) == b"{}"
    await ctx.db.drop_table(changed)
    assert again.answer(body, NOW) is None
    await ctx.db.create_table(Table("1", "r", "text", table.keys, {"pk": "S"}))
    assert again.answer(body, NOW) is None
    assert (await way(ctx, body)).answer(body, NOW) == b"{}"


async def test_what_is_written_is_read_at_once(ctx: Context) -> None:
    body = body_of("text", {"pk": {"S": "a"}})
    found = await way(ctx, body)
    for number in range(5):
        item = {"pk": {"S": "a"}, "n": {"N": str(number)}}
        await put(ctx, "text", item)
        assert orjson.loads(found.answer(body, NOW)) == {"Item": item}


async def test_a_table_without_capacity_has_no_answer(ctx: Context) -> None:
    ctx.db.flows.set_mode("on")
    table = await ctx.db.catalog.get("1", "r", "text")
    scarce = replace(table, billing="PROVISIONED", throughput=Throughput(1, 1))
    await ctx.db.replace_table(table, scarce)
    body = body_of("text", {"pk": {"S": "a"}}, ConsistentRead=True)
    found, answered = await way(ctx, body), 0
    while found.answer(body, NOW) is not None:
        answered += 1
        assert answered <= 302
    assert answered >= 300  # the burst of five minutes
    assert found.answer(body, NOW + 5) == b"{}"


async def test_a_failing_engine_has_no_answer(ctx: Context, monkeypatch: Any) -> None:
    def broken(key: Any) -> Any:
        raise OSError("disk")

    monkeypatch.setattr(ctx.db.engine, "row_at_once", broken, raising=True)
    body = body_of("text", {"pk": {"S": "a"}})
    found = await way(ctx, body)
    assert found.answer(body, NOW) is None
    lane = ctx.db.flows.of(await ctx.db.catalog.get("1", "r", "text")).read
    assert lane.count == 0


async def test_bodies_with_changed_bytes(ctx: Context) -> None:
    """Whatever a way answers, the operation answers alike."""
    r = Random(3)
    body = body_of("both", {"pk": {"S": "a"}, "sk": {"N": "12"}}, ConsistentRead=True)
    await put(ctx, "both", {"pk": {"S": "a"}, "sk": {"N": "1"}, "v": {"S": "x"}})
    found, answered = await way(ctx, body), 0
    for _ in range(3000):
        changed = bytearray(body)
        at = r.randrange(len(changed))
        changed[at : at + r.randint(0, 2)] = r.choice(
            (b"", b"a", b"1", b'"', bytes((r.randrange(256),)))
        )
        answer = found.answer(bytes(changed), NOW)
        if answer is not None:
            answered += 1
            assert await asked(ctx, bytes(changed)) == answer
    assert answered > 30


async def test_only_rows_that_the_caller_may_have_are_answered(ctx: Context) -> None:
    await put(ctx, "both", {"pk": {"S": "mine"}, "sk": {"N": "1"}})
    await put(ctx, "both", {"pk": {"S": "theirs"}, "sk": {"N": "1"}})

    def body(owner: str) -> bytes:
        return body_of("both", {"sk": {"N": "1"}, "pk": {"S": owner}})

    mine = body("mine")
    found = way_of(ctx, orjson.loads(mine), mine, {"mine"}.__contains__)
    assert found is not None
    assert found.answer(mine, NOW) == await asked(ctx, mine)
    lane = ctx.db.flows.of(await ctx.db.catalog.get("1", "r", "both")).read
    count = lane.count
    assert found.answer(body("theirs"), NOW) is None
    assert lane.count == count


async def test_numbers_are_not_told_apart_by_their_texts(ctx: Context) -> None:
    """A policy compares numbers in one form, a body has any."""
    body = body_of("number", {"pk": {"N": "1"}})
    assert way_of(ctx, orjson.loads(body), body, {"1"}.__contains__) is None
