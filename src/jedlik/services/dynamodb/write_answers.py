"""What PutItem, UpdateItem and DeleteItem answer, when it went well and when a condition failed."""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.errors import ApiError
from jedlik.services.dynamodb import capacity
from jedlik.services.dynamodb.errors import NAMESPACE
from jedlik.tables.errors import ConditionFailed
from jedlik.tables.item_writes import Written
from jedlik.tables.model import Table

Request = dict[str, Any]
GIB = 1 << 30


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
