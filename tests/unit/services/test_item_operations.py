"""Item operations where a running server cannot easily be brought: states, lost races, 10 GB."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import Operation
from jedlik.services.dynamodb.batch_write_item import batch_write_item
from jedlik.services.dynamodb.errors import translate
from jedlik.services.dynamodb.get_item import get_item
from jedlik.services.dynamodb.put_item import put_item
from jedlik.services.dynamodb.query import query
from jedlik.services.dynamodb.scan import scan
from jedlik.services.dynamodb.transact_write_items import transact_write_items
from jedlik.storage.memory import MemoryEngine
from jedlik.storage.waist import ANY, Batch, Conflict, Put
from jedlik.tables.database import Database
from jedlik.tables.model import Index, KeyAttribute, KeySchema, Table

PK = (KeyAttribute("pk", "S"),)
BY_G = Index("by_g", "global", KeySchema((KeyAttribute("g", "S"),)), "ALL")
BY_L = Index("by_l", "local", KeySchema(PK, (KeyAttribute("l", "S"),)), "ALL")


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.ms = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def ctx(clock: HandClock) -> Context:
    db = Database(MemoryEngine(), clock=clock)
    await db.open()
    keys = KeySchema(PK, (KeyAttribute("sk", "S"),))
    await db.create_table(
        Table("1", "r", "things", keys, {"pk": "S", "sk": "S"}, indexes=(BY_G, BY_L))
    )
    return Context(db, "1", "r", None, "", 0.0)


async def call(ctx: Context, operation: Operation, req: dict[str, Any]) -> Any:
    """The answer as a client would see it, or the code and text of the refusal."""
    operation.check(req)
    try:
        answer = await operation(ctx, req)
    except Exception as error:
        refusal = error if isinstance(error, ApiError) else translate(error)
        assert refusal is not None, error
        return refusal.code, refusal.message
    return orjson.loads(answer) if isinstance(answer, bytes) else answer


def item(sk: str = "1", **attributes: str) -> dict[str, Any]:
    return {name: {"S": text} for name, text in {"pk": "a", "sk": sk, **attributes}.items()}


async def change(ctx: Context, **fields: Any) -> None:
    table = await ctx.db.catalog.get("1", "r", "things")
    await ctx.db.replace_table(table, replace(table, **fields))


@pytest.mark.parametrize("status", ["CREATING", "DELETING"])
async def test_items_of_a_table_on_its_way_cannot_be_had(ctx: Context, status: str) -> None:
    await change(ctx, status=status)
    refused = ("ResourceNotFoundException", "Requested resource not found")
    assert await call(ctx, get_item, {"TableName": "things", "Key": item()}) == refused
    assert await call(ctx, put_item, {"TableName": "things", "Item": item()}) == refused


async def test_items_of_a_table_that_changes_can_be_had(ctx: Context) -> None:
    await change(ctx, status="UPDATING")
    assert await call(ctx, put_item, {"TableName": "things", "Item": item()}) == {}
    assert await call(ctx, get_item, {"TableName": "things", "Key": item()}) == {"Item": item()}


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("CREATING", "Cannot read from backfilling global secondary index: by_g"),
        ("DELETING", "The table does not have the specified index: by_g"),
    ],
)
async def test_an_index_on_its_way_cannot_be_read(ctx: Context, status: Any, text: str) -> None:
    await change(ctx, indexes=(replace(BY_G, status=status), BY_L))
    asked = {"TableName": "things", "IndexName": "by_g"}
    assert await call(ctx, scan, dict(asked)) == ("ValidationException", text)
    condition = {
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "g"}},
    }
    assert await call(ctx, query, asked | condition) == ("ValidationException", text)


async def test_an_item_collection_has_an_end(ctx: Context) -> None:
    ctx.db.collection_bytes_max = 1000
    asked = {"TableName": "things", "Item": item("1", x="x" * 600)}
    assert await call(ctx, put_item, asked) == {}
    asked = {"TableName": "things", "Item": item("2", x="x" * 600)}
    full = ("ItemCollectionSizeLimitExceededException", "Collection size exceeded.")
    assert await call(ctx, put_item, asked) == full
    answer = await call(ctx, transact_write_items, {"TransactItems": [{"Put": asked}]})
    assert answer == (
        "TransactionCanceledException",
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[ItemCollectionSizeLimitExceeded]",
    )
    elsewhere = {"Put": {**asked, "Item": item("1") | {"pk": {"S": "b"}}}}
    nothing = {"Delete": {"TableName": "things", "Key": item("9")}}
    actions = [elsewhere, {"Put": asked}, nothing]
    _, text = await call(ctx, transact_write_items, {"TransactItems": actions})
    assert text.endswith("[None, ItemCollectionSizeLimitExceeded, None]")


async def test_item_collection_sizes_are_told_in_whole_gigabytes(ctx: Context) -> None:
    await call(ctx, put_item, {"TableName": "things", "Item": item()})
    table = await ctx.db.catalog.get("1", "r", "things")
    (entry,) = (await ctx.db.engine.scan(table.collection_space, b"", None, **PAGE)).entries
    # As if the collection had grown to 2.5 GB.
    grown = (5 << 29).to_bytes(8, "big")
    await overwrite(ctx, (table.collection_space, entry.token, entry.sort, entry.sub), grown)
    asked = {"TableName": "things", "Item": item("2"), "ReturnItemCollectionMetrics": "SIZE"}
    metrics = (await call(ctx, put_item, asked))["ItemCollectionMetrics"]
    assert metrics["SizeEstimateRangeGB"] == [2.0, 3.0]


async def test_a_client_token_is_forgotten_after_ten_minutes(
    ctx: Context, clock: HandClock
) -> None:
    asked = {
        "TransactItems": [
            {
                "Update": {
                    "TableName": "things",
                    "Key": item(),
                    "UpdateExpression": "ADD hits :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            }
        ],
        "ClientRequestToken": "token",
    }

    async def hits_after(minutes: float) -> str:
        clock.ms += int(minutes * 60_000)
        assert await call(ctx, transact_write_items, asked) == {}
        answer = await call(ctx, get_item, {"TableName": "things", "Key": item()})
        return str(answer["Item"]["hits"]["N"])

    assert await hits_after(0) == "1"
    assert await hits_after(9.9) == "1"
    # Ten minutes count from the first use, not from the last.
    assert await hits_after(0.2) == "2"


async def test_a_batch_that_loses_every_race_is_left_to_the_client(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def conflict(batch: Any) -> Conflict:
        return Conflict(0, None)

    monkeypatch.setattr(ctx.db.engine, "commit", conflict)
    monkeypatch.setattr("jedlik.tables.write.RETRIES_MAX", 2)
    asked = {"things": [{"PutRequest": {"Item": item()}}]}
    answer = await call(ctx, batch_write_item, {"RequestItems": asked})
    assert answer == {"UnprocessedItems": asked}


PAGE = {"item_limit": 10, "byte_limit": 1 << 20}


async def overwrite(ctx: Context, key: Any, value: bytes) -> None:
    version = ctx.db.versions.next()
    assert await ctx.db.engine.commit(Batch(version, (Put(key, ANY, value),))) is None


async def test_units_are_written_with_a_point(ctx: Context) -> None:
    req = {"TableName": "things", "Item": item(g="x", l="y"), "ReturnConsumedCapacity": "INDEXES"}
    answer = await put_item(ctx, req)
    assert b'"by_g":{"CapacityUnits":1.0}' in answer
    assert b'"by_l":{"CapacityUnits":1.0}' in answer
