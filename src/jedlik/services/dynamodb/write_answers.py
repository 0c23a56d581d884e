"""What PutItem, UpdateItem and DeleteItem answer, when it went well and when a condition failed."""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.errors import ApiError
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.errors import NAMESPACE
from jedlik.tables.errors import ConditionFailed
from jedlik.tables.expressions import Update
from jedlik.tables.item_writes import Written
from jedlik.tables.model import Table

Request = dict[str, Any]
GIB = 1 << 30


ANSWERED = frozenset(("ReturnValues", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"))
"""Without any of these the answer is empty."""


def write_answer(
    req: Request, table: Table, written: Written, key: dict[str, Any], attributes: bytes | None
) -> bytes:
    """The body of a reply to a request that asks for more than the bare minimum.

    `key` holds at least the key attributes; `attributes` is what ReturnValues asked for, encoded.
    """
    members = []
    if attributes is not None:
        members.append(b'"Attributes":' + attributes)
    detail = capacity.wanted(req)
    if detail is not None:
        units = capacity.write_units(written.charged_bytes)
        told = capacity.consumed(detail, req["TableName"], table, units, written.index_units)
        members.append(b'"ConsumedCapacity":' + orjson.dumps(told))
    if req.get("ReturnItemCollectionMetrics") == "SIZE" and table.has_local_indexes:
        metrics = collection_metrics(table, written, key)
        members.append(b'"ItemCollectionMetrics":' + orjson.dumps(metrics))
    return b"{" + b",".join(members) + b"}"


def update_answer(
    req: Request, table: Table, written: Written, key: dict[str, Any], update: Update | None
) -> bytes:
    """The body of a reply to an UpdateItem."""
    if ANSWERED.isdisjoint(req):
        return b"{}"
    return write_answer(req, table, written, key, _shown(req, update, written))


def _shown(req: Request, update: Update | None, written: Written) -> bytes | None:
    """What ReturnValues asks for, encoded; None where there is nothing to show."""
    shown, old, new = req.get("ReturnValues"), written.old, written.new
    assert new is not None
    if shown == "ALL_NEW":
        return new.json
    if shown == "ALL_OLD":
        return old.json if old else None
    if update is None:
        return None
    if shown == "UPDATED_NEW":
        parts = update.updated_new(new.item)
    elif shown == "UPDATED_OLD" and old:
        parts = update.updated_old(old.item)
    else:
        return None
    return orjson.dumps(parts) if parts else None


def collection_metrics(table: Table, written: Written, key: dict[str, Any]) -> dict[str, Any]:
    """ItemCollectionMetrics: the collection's key, and its size as a range of whole gigabytes."""
    lower = float((written.collection_bytes or 0) // GIB)
    return {
        "ItemCollectionKey": {part.name: key[part.name] for part in table.keys.partition},
        "SizeEstimateRangeGB": [lower, lower + 1.0],
    }


def condition_failed(req: Request, error: ConditionFailed) -> ApiError:
    """The refusal, with the item it was judged on where the request wants to see it."""
    fields = {}
    if error.old is not None and req.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
        fields["Item"] = error.old.item
    return ApiError(
        "ConditionalCheckFailedException",
        "The conditional request failed",
        namespace=NAMESPACE,
        fields=fields,
    )
