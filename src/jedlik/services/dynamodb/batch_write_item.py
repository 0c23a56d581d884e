"""BatchWriteItem: up to 25 puts and deletes of any tables, each for itself, unconditional."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.item_keys import key_of, key_of_item
from jedlik.services.dynamodb.item_limits import BATCH_WRITE_ITEMS_MAX
from jedlik.services.dynamodb.permissions import ON_BATCH_WRITE
from jedlik.services.dynamodb.put_item import ITEM_TOO_LARGE
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.services.dynamodb.write_answers import collection_metrics
from jedlik.tables.errors import Contended, Invalid, Throttled
from jedlik.tables.item_writes import ITEM_BYTES_MAX, DeleteWrite, ItemWrite, PutWrite, Written
from jedlik.tables.write import write_batch
from jedlik.values import check_item

NOT_ONE_ACTION = (
    "Supplied AttributeValue has more than one datatypes set, "
    "must contain exactly one of the supported datatypes"
)
"""AWS's check for attribute values happens to speak for write requests, too."""


def batch_write_rules(req: dict[str, Any]) -> str | None:
    """How many writes, and each either a put or a delete."""
    lists = req["RequestItems"].values()
    if sum(map(len, lists)) > BATCH_WRITE_ITEMS_MAX:
        return "Too many items requested for the BatchWriteItem call"
    if any(len(write) != 1 for writes in lists for write in writes):
        return NOT_ONE_ACTION
    return None


@operation(
    "dynamodb",
    "BatchWriteItem",
    access="write",
    permissions=ON_BATCH_WRITE,
    rules=[batch_write_rules],
)
async def batch_write_item(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    names, writes = await _writes(ctx, req["RequestItems"])
    if len({(write.table.space, write.key) for write in writes}) < len(writes):
        raise Invalid("Provided list of item keys contains duplicates")
    ctx.tables = list({write.table.space: write.table for write in writes}.values())
    try:
        written = await write_batch(ctx.db, writes)
    except Contended:
        return {"UnprocessedItems": req["RequestItems"]}
    unprocessed: dict[str, list[dict[str, Any]]] = {}
    throttled = [each for each in written if isinstance(each, Throttled)]
    if throttled:
        if len(throttled) == len(written):
            raise throttled[0]
        unprocessed = _unprocessed(ctx, req["RequestItems"], names, writes, written)
    answer: dict[str, Any] = {"UnprocessedItems": unprocessed}
    detail = capacity.wanted(req)
    if detail is not None:
        answer["ConsumedCapacity"] = _bill(names, writes, written).consumed(detail)
    if req.get("ReturnItemCollectionMetrics") == "SIZE":
        metrics = _metrics(req["RequestItems"], names, writes, written)
        if metrics:
            answer["ItemCollectionMetrics"] = metrics
    return answer


async def _writes(
    ctx: Context, request_items: dict[str, list[dict[str, Any]]]
) -> tuple[list[str], list[ItemWrite]]:
    """Every write, and what the request called its table; raises Invalid, or TableNotFound."""
    sizes = []
    for item, is_put in _items(request_items):
        size = check_item(item)
        if is_put and size > ITEM_BYTES_MAX:
            raise Invalid(ITEM_TOO_LARGE)
        sizes.append(size)
    names: list[str] = []
    writes: list[ItemWrite] = []
    for name, requests in request_items.items():
        table = known_table(ctx, name) or await usable_table(ctx, name)
        for request in requests:
            put = request.get("PutRequest")
            if put is not None:
                item = put["Item"]
                place, size = key_of_item(table, item), sizes[len(writes)]
                writes.append(PutWrite(table, place, item, size))
            else:
                writes.append(DeleteWrite(table, key_of(table, request["DeleteRequest"]["Key"])))
            names.append(name)
    return names, writes


def _items(
    request_items: dict[str, list[dict[str, Any]]],
) -> Iterator[tuple[dict[str, Any], bool]]:
    """The item or key of every write, in order, and whether it is a put."""
    for requests in request_items.values():
        for request in requests:
            put = request.get("PutRequest")
            if put is not None:
                yield put["Item"], True
            else:
                yield request["DeleteRequest"]["Key"], False


def _unprocessed(
    ctx: Context,
    request_items: dict[str, list[dict[str, Any]]],
    names: list[str],
    writes: list[ItemWrite],
    written: list[Written | Throttled],
) -> dict[str, list[dict[str, Any]]]:
    """Those requests that there was no capacity for, as they were asked."""
    asked = [request for requests in request_items.values() for request in requests]
    left: dict[str, list[dict[str, Any]]] = {}
    for name, write, request, done in zip(names, writes, asked, written, strict=True):
        if isinstance(done, Throttled):
            if name not in left:
                ctx.db.flows.of(write.table).operation("BatchWriteItem").throttled.add(1.0)
            left.setdefault(name, []).append(request)
    return left


def _bill(
    names: list[str], writes: list[ItemWrite], written: list[Written | Throttled]
) -> capacity.Tally:
    units = capacity.Tally()
    for name, write, done in zip(names, writes, written, strict=True):
        if isinstance(done, Throttled):
            continue
        table_units = capacity.write_units(done.charged_bytes)
        units.add(name, write.table, table_units, done.index_units)
    return units


def _metrics(
    request_items: dict[str, list[dict[str, Any]]],
    names: list[str],
    writes: list[ItemWrite],
    written: list[Written | Throttled],
) -> dict[str, list[dict[str, Any]]]:
    """ItemCollectionMetrics by table: one for each collection that was written to."""
    found: dict[str, dict[bytes, dict[str, Any]]] = {}
    items = _items(request_items)
    for name, write, done, (item, _) in zip(names, writes, written, items, strict=True):
        if write.table.has_local_indexes and not isinstance(done, Throttled):
            metrics = collection_metrics(write.table, done, item)
            found.setdefault(name, {})[write.key.token] = metrics
    return {name: list(by_collection.values()) for name, by_collection in found.items()}
