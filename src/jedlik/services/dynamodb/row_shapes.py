"""Shapes of requests: what those that differ in nothing but values have in common.

    {"TableName": "T", "Key": {"pk": …, "sk": …}, "ProjectionExpression": "a, b"}
      → shape    (("pk", "sk"), "a, b", None, None)      attribute names, expressions, what is shown
      → place    of the partition key's value: "Key", "pk"

All condition keys but the leading ones follow from the shape (`row_keys.py` says how), so policies
are asked about it once, and about each request's leading value only. What is rare or has its
attributes elsewhere (the legacy parameters) has no shape, and is looked at each time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from jedlik.services.dynamodb.request_expressions import placeholders_of
from jedlik.tables.expressions import parsed_key_condition
from jedlik.tables.model import KeySchema

Request = dict[str, Any]
Shape = Callable[[Request, bool], "Hashable | None"]
FindPlace = Callable[[Request, KeySchema], "LeadingValue | None"]

LEADING_KEYS = frozenset(("dynamodb:leadingkeys", "dynamodb:firstpartitionkeyvalues"))

_GET = frozenset(
    (
        "TableName", "Key", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames",
        "ReturnConsumedCapacity",
    )
)  # fmt: skip
_WRITE = frozenset(
    (
        "TableName", "Key", "Item", "UpdateExpression", "ConditionExpression", "ReturnValues",
        "ExpressionAttributeNames", "ExpressionAttributeValues", "ReturnConsumedCapacity",
        "ReturnItemCollectionMetrics",
    )
)  # fmt: skip
_QUERY = frozenset(
    (
        "TableName", "IndexName", "KeyConditionExpression", "FilterExpression",
        "ProjectionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues", "Select",
        "ConsistentRead", "ScanIndexForward", "Limit", "ExclusiveStartKey",
        "ReturnConsumedCapacity",
    )
)  # fmt: skip
_ANY: Hashable = ()


class LeadingValue:
    """A string in one member of a request: Key, Item or ExpressionAttributeValues."""

    __slots__ = ("_member", "_name")

    def __init__(self, member: str, name: str) -> None:
        self._member = member
        self._name = name

    def of(self, req: Request) -> str | None:
        """The string; None where it is another type of key, or no key at all."""
        part = req.get(self._member)
        value = part.get(self._name) if type(part) is dict else None
        text = value.get("S") if type(value) is dict and len(value) == 1 else None
        return text if type(text) is str else None


def no_shape(req: Request, whole: bool) -> Hashable | None:
    """For operations that are about no row in particular."""
    return None


def get_shape(req: Request, whole: bool) -> Hashable | None:
    """Of GetItem."""
    if not whole:
        return _ANY
    count = len(req)
    if count == 2 or (count == 3 and "ConsistentRead" in req):
        return tuple(req["Key"])
    if not _GET.issuperset(req):
        return None
    return (
        tuple(req["Key"]),
        req.get("ProjectionExpression"),
        _names(req),
        req.get("ReturnConsumedCapacity"),
    )


def put_shape(req: Request, whole: bool) -> Hashable | None:
    """Of PutItem."""
    if len(req) == 2:
        return tuple(req["Item"]) if whole else _ANY
    return _write_shape(req, "Item", whole)


def key_shape(req: Request, whole: bool) -> Hashable | None:
    """Of UpdateItem and DeleteItem."""
    return _write_shape(req, "Key", whole)


def query_shape(req: Request, whole: bool) -> Hashable | None:
    """Of Query."""
    if not _QUERY.issuperset(req):
        return None
    keys = req.get("KeyConditionExpression"), _names(req)
    if not whole:
        return keys
    return (
        keys,
        req.get("FilterExpression"),
        req.get("ProjectionExpression"),
        req.get("Select"),
        req.get("ReturnConsumedCapacity"),
    )


def _write_shape(req: Request, member: str, whole: bool) -> Hashable | None:
    if not whole:  # whatever else is there, the leading value is in the key
        return None if "ReturnValuesOnConditionCheckFailure" in req else _ANY
    if not _WRITE.issuperset(req):
        return None
    return (
        tuple(req[member]),
        req.get("UpdateExpression"),
        req.get("ConditionExpression"),
        _names(req),
        req.get("ReturnValues"),
        req.get("ReturnConsumedCapacity"),
    )


def _names(req: Request) -> Hashable:
    found = req.get("ExpressionAttributeNames")
    return None if found is None else tuple(found.items())


def no_place(req: Request, schema: KeySchema) -> LeadingValue | None:
    """Where there is no leading value."""
    return None


def place_in_key(req: Request, schema: KeySchema) -> LeadingValue | None:
    """In the member Key."""
    return _place("Key", schema)


def place_in_item(req: Request, schema: KeySchema) -> LeadingValue | None:
    """In the member Item."""
    return _place("Item", schema)


def place_in_condition(req: Request, schema: KeySchema) -> LeadingValue | None:
    """In the value that a Query's key condition names, if it names one. Raises Invalid."""
    if "KeyConditionExpression" not in req or len(schema.partition) != 1:
        return None
    condition = parsed_key_condition(req["KeyConditionExpression"], placeholders_of(req))
    name = schema.partition[0].name
    named = [each for term in condition.terms if term.attribute == name for each in term.values]
    return LeadingValue("ExpressionAttributeValues", named[0]) if len(named) == 1 else None


def _place(member: str, schema: KeySchema) -> LeadingValue | None:
    return LeadingValue(member, schema.partition[0].name) if len(schema.partition) == 1 else None
