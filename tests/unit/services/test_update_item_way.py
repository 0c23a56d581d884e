"""The way of an UpdateItem: the operation's own answer, row and counts, or none."""

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
from jedlik.services.dynamodb.update_item import update_item
from jedlik.services.dynamodb.update_item_way import UpdateWay, way_of
from jedlik.storage.memory import MemoryEngine
from jedlik.storage.sqlite import SqliteEngine
from jedlik.tables.model import StreamSettings, TtlSettings
from tests.support.pairs import KEYS, NOW, Pair, context, log_of

ADD: dict[str, Any] = {
    "UpdateExpression": "ADD hits :one",
    "ExpressionAttributeValues": {":one": {"N": "1"}},
}
SET: dict[str, Any] = {
    "UpdateExpression": "SET #s = :s, m.a = :n, l[0] = :l REMOVE gone",
    "ExpressionAttributeNames": {"#s": "name"},
    "ExpressionAttributeValues": {
        ":s": {"S": "text"},
        ":n": {"N": "1"},
        ":l": {"L": [{"S": "in a list"}]},
    },
}
GUARDED = ADD | {"ConditionExpression": "attribute_not_exists(hits) OR hits < :most"}
GUARDED = GUARDED | {"ExpressionAttributeValues": {":one": {"N": "1"}, ":most": {"N": "2"}}}


@pytest.fixture(params=("memory", "sqlite"))
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    def engine(name: str) -> Any:
        if request.param == "memory":
            return MemoryEngine()
        (tmp_path / name).mkdir()
        return SqliteEngine.open(tmp_path / name)

    both = Pair(await context(engine("way")), await context(engine("ordinary")), update_item)
    yield both
    await both.way.db.engine.close()
    await both.ordinary.db.engine.close()


def body_of(table: str, pk: str, sk: str = "1", **more: Any) -> bytes:
    partition, sort = KEYS[table]
    key = {"pk": {partition: pk}} | ({"sk": {sort: sk}} if sort else {})
    return orjson.dumps({"TableName": table, "Key": key, **more}, option=orjson.OPT_INDENT_2)


def way(ctx: Context, body: bytes, rows: Callable[[str], bool] = every_row) -> UpdateWay | None:
    req = orjson.loads(body)
    update_item.check(req)
    return way_of(ctx, req, body, rows)


async def put(pair: Pair, table: str, item: dict[str, Any]) -> None:
    for ctx in (pair.way, pair.ordinary):
        await put_item(ctx, {"TableName": table, "Item": orjson.loads(orjson.dumps(item))})


@pytest.mark.parametrize("table", ["text", "number", "bytes", "both", "texts", "logged"])
async def test_updates_are_the_operations_own(pair: Pair, table: str) -> None:
    numbers = ["1", "-1.50", "1e3", "007", "9" * 39, "x"]
    texts = ["a", "k 1", "~" * 2048, "~" * 2049]
    partition, sort = KEYS[table]
    partitions = {"S": texts, "N": numbers, "B": ["YQ==", "AAEC", "YQ"]}[partition]
    sorts = [""] if sort is None else numbers if sort == "N" else ["b", "~" * 1025]
    found = way(pair.way, body_of(table, partitions[0], "1", **ADD))
    assert found is not None
    taken = 0
    for pk in partitions * 2:
        for sk in sorts:
            for amount in ("1", "-7", "1.50", "x", "1" * 39):
                more = ADD | {"ExpressionAttributeValues": {":one": {"N": amount}}}
                taken += await pair.write(found, body_of(table, pk, sk, **more))
    assert taken >= 6
    await pair.alike()


@pytest.mark.parametrize(
    "shown", [None, "NONE", "ALL_NEW", "ALL_OLD", "UPDATED_NEW", "UPDATED_OLD"]
)
async def test_answers(pair: Pair, shown: str | None) -> None:
    more = {} if shown is None else {"ReturnValues": shown, "ReturnConsumedCapacity": "TOTAL"}
    found = way(pair.way, body_of("text", "a", **ADD, **more))
    for pk in ("a", "a", "b", "a"):
        assert await pair.write(found, body_of("text", pk, **ADD, **more))
    await pair.alike()


async def test_nested_values(pair: Pair) -> None:
    item = {
        "pk": {"S": "a"},
        "m": {"M": {"a": {"N": "7"}, "b": {"S": "kept"}}},
        "l": {"L": [{"S": "first"}, {"N": "2"}]},
        "gone": {"BOOL": True},
    }
    await put(pair, "text", item)
    found, taken = way(pair.way, body_of("text", "a", **SET, ReturnValues="ALL_NEW")), 0
    for number, text in enumerate(("text", "other", "text", "ä", 'a"b', "")):
        values = SET["ExpressionAttributeValues"] | {":s": {"S": text}, ":n": {"N": str(number)}}
        body = body_of(
            "text", "a", **(SET | {"ExpressionAttributeValues": values}), ReturnValues="ALL_NEW"
        )
        taken += await pair.write(found, body)
        await pair.alike()
    assert taken == 3
    assert not await pair.write(found, body_of("text", "b", **SET, ReturnValues="ALL_NEW"))


async def test_conditions(pair: Pair) -> None:
    found = way(pair.way, body_of("text", "a", **GUARDED))
    taken = [await pair.write(found, body_of("text", "a", **GUARDED)) for _ in range(4)]
    assert taken == [True, True, False, False]
    await pair.alike()


async def test_what_grows_too_large_is_refused(pair: Pair) -> None:
    await put(pair, "text", {"pk": {"S": "a"}, "v": {"S": "x" * 409_580}})
    more = {
        "UpdateExpression": "SET w = :w",
        "ExpressionAttributeValues": {":w": {"S": "1"}},
    }
    found, taken = way(pair.way, body_of("text", "a", **more)), []
    for length in (1, 10, 16, 17, 30):
        values = {"ExpressionAttributeValues": {":w": {"S": "x" * length}}}
        taken.append(await pair.write(found, body_of("text", "a", **(more | values))))
    assert taken[0] and not taken[-1]
    await pair.alike()


@pytest.mark.parametrize(
    "body",
    [
        body_of("text", "a"),
        body_of("text", "a", AttributeUpdates={"v": {"Value": {"S": "1"}}}),
        body_of("text", "a", **ADD, ReturnValuesOnConditionCheckFailure="ALL_OLD"),
        body_of("text", "a", **ADD).replace(b'"text"', b'"arn:aws:dynamodb:r:1:table/text"'),
        body_of("text", "ä", **ADD),
        body_of("text", "a", **ADD) + b" " * 5000,
    ],
)
async def test_requests_without_a_way(pair: Pair, body: bytes) -> None:
    assert way(pair.way, body) is None


async def test_tables_that_change(pair: Pair) -> None:
    ctx, body = pair.way, body_of("text", "a", **ADD)
    found = way(ctx, body)
    assert found is not None
    table = await ctx.db.catalog.get("1", "r", "text")
    logged = replace(table, stream=StreamSettings("KEYS_ONLY", "now"))
    logged = await ctx.db.replace_table(table, logged)
    assert found.answer(body, NOW) is None, "it knows of no log"
    assert way(ctx, body) is not None
    await ctx.db.replace_table(logged, replace(logged, ttl=TtlSettings("v", True)))
    assert way(ctx, body) is None


async def test_the_log_has_what_changes(pair: Pair) -> None:
    more = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"S": "1"}}}
    found = way(pair.way, body_of("logged", "a", **more))
    for value in ("1", "1", "2", "333"):
        given = more | {"ExpressionAttributeValues": {":v": {"S": value}}}
        assert await pair.write(found, body_of("logged", "a", **given))
    table = await pair.way.db.catalog.get("1", "r", "logged")
    assert len(await log_of(pair.way.db, table)) == 3
    await pair.alike()


async def test_only_rows_that_the_caller_may_have_are_written(pair: Pair) -> None:
    found = way(pair.way, body_of("both", "mine", **ADD), {"mine"}.__contains__)
    assert await pair.write(found, body_of("both", "mine", "2", **ADD))
    assert found is not None
    assert found.answer(body_of("both", "theirs", "2", **ADD), NOW) is None
    await pair.alike()
    assert way(pair.way, body_of("number", "1", **ADD), {"1"}.__contains__) is None


async def test_bodies_with_changed_bytes(pair: Pair) -> None:
    """Whatever a way takes or leaves, both sides come to the same."""
    r = Random(4)
    more = GUARDED | {"ConditionExpression": "attribute_not_exists(hits) OR hits <> :most"}
    body = body_of("both", "a", "12", **more, ReturnValues="ALL_NEW")
    found, taken = way(pair.way, body), 0
    for _ in range(1000):
        changed = bytearray(body)
        at = r.randrange(len(changed))
        changed[at : at + r.randint(0, 2)] = r.choice(
            (b"", b"a", b"1", b'"', b"0", b".", "é".encode(), bytes((r.randrange(256),)))
        )
        try:
            taken += await pair.write(found, bytes(changed))
        except Exception as error:
            raise AssertionError(bytes(changed)) from error
    assert taken > 20
    await pair.alike()
