"""DynamoDB's condition keys: which rows and attributes a request is about, and what it shows.

    dynamodb:LeadingKeys            values of the partition key, as text
    dynamodb:Attributes             top-level attributes that the request names, keys among them
    dynamodb:Select, ReturnValues   how much of an item would be shown
    dynamodb:EnclosingOperation     the transaction that an action is part of
    aws:ResourceTag/…               tags of the table

Nothing is found out before a policy asks. Source: developer guide, "Using IAM policy conditions
for fine-grained access control"; service authorization reference. What is told of a request is
told before its table is asked, so nothing here may depend on items.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from jedlik.services.dynamodb.request_expressions import (
    EXPRESSIONS,
    ReadParts,
    only_condition,
    only_projection,
    update_and_condition,
    with_expressions,
)
from jedlik.tables.model import KeySchema, Table
from jedlik.values import Invalid, normalise

Request = Mapping[str, Any]
Item = Mapping[str, Any]

_PARTITION_KEYS = {
    "dynamodb:leadingkeys": 0,
    "dynamodb:firstpartitionkeyvalues": 0,
    "dynamodb:secondpartitionkeyvalues": 1,
    "dynamodb:thirdpartitionkeyvalues": 2,
    "dynamodb:fourthpartitionkeyvalues": 3,
}
_TAG = "aws:resourcetag/"
_LEGACY = ("Expected", "QueryFilter", "ScanFilter", "AttributeUpdates", "KeyConditions")


class RowKeys:
    """What one action on one table is about; each kind of action has its own below.

    request: the part of the request that the action is about. schema: the keys of the table or the
    index that is read; None while nobody knows them, as of a table that is not there: then every
    value in a key counts, so that nothing is learnt from what is refused.
    """

    shows = False
    """Whether the action gives back attributes, so that there is a Select."""
    returns = False
    """Whether it has ReturnValues."""

    __slots__ = ("consumed", "enclosing", "request", "schema", "table")

    def __init__(
        self,
        request: Request,
        table: Table | None,
        schema: KeySchema | None,
        *,
        enclosing: str = "",
        consumed: str | None = None,
    ) -> None:
        """consumed: ReturnConsumedCapacity, where it is the enclosing operation's."""
        self.request = request
        self.table = table
        self.schema = schema
        self.enclosing = enclosing
        self.consumed = consumed

    def get(self, key: str, /) -> Sequence[str] | None:
        position = _PARTITION_KEYS.get(key)
        if position is not None:
            return self._partition_values(position)
        if key.startswith(_TAG):
            return self._tag(key[len(_TAG) :])
        found = _OTHERS.get(key)
        return None if found is None else found(self)

    # What the kinds of actions say

    def items(self) -> Iterable[Item]:
        """Items or keys that are named."""
        return ()

    def names(self) -> Iterable[str]:
        """Attributes named otherwise than in items."""
        return ()

    def return_values(self) -> str:
        return str(self.request.get("ReturnValues", "NONE"))

    def select(self) -> str:
        request = self.request
        if "Select" in request:
            return str(request["Select"])
        if "ProjectionExpression" in request or "AttributesToGet" in request:
            return "SPECIFIC_ATTRIBUTES"
        return "ALL_PROJECTED_ATTRIBUTES" if "IndexName" in request else "ALL_ATTRIBUTES"

    def full_scan(self) -> bool | None:
        """Whether a PartiQL statement reads everything; None for what is none."""
        return None

    # Keys

    def attributes(self) -> Sequence[str] | None:
        found = dict.fromkeys(name for item in self.items() for name in item)
        found |= dict.fromkeys(self.names())
        return tuple(found) or None

    def _partition_values(self, position: int) -> Sequence[str] | None:
        found: list[str] = []
        for value in self.values_at(position):
            text = value.get("S") if type(value) is dict and len(value) == 1 else None
            if type(text) is str:
                found.append(text)
            else:
                found += _texts(value)
        return found or None

    def values_at(self, position: int) -> Iterable[Any]:
        """Attribute values of the partition key's attribute of that position."""
        schema = self.schema
        if schema is None:
            return [value for item in self.items() for value in item.values()]
        partition = schema.partition
        if position >= len(partition):
            return ()
        name = partition[position].name
        return [item[name] for item in self.items() if name in item]

    def _tag(self, wanted: str) -> Sequence[str] | None:
        for key, value in (self.table.tags if self.table is not None else {}).items():
            if key.lower() == wanted:
                return (value,)
        return None


class GetKeys(RowKeys):
    """GetItem, and a Get of a transaction."""

    shows = True
    __slots__ = ()

    def items(self) -> Iterable[Item]:
        key = self.request.get("Key")
        return (key,) if isinstance(key, dict) else ()

    def names(self) -> Iterable[str]:
        if "AttributesToGet" in self.request:
            return list(self.request["AttributesToGet"])
        found = only_projection(self.request)
        return () if found is None else found.top_level


class BatchGetKeys(GetKeys):
    """BatchGetItem of one table."""

    __slots__ = ()

    def items(self) -> Iterable[Item]:
        return _dicts(self.request.get("Keys", ()))


class BatchWriteKeys(RowKeys):
    """BatchWriteItem of one table; request: {"Writes": the table's list}."""

    __slots__ = ()

    def items(self) -> Iterable[Item]:
        for write in _dicts(self.request["Writes"]):
            put, delete = write.get("PutRequest"), write.get("DeleteRequest")
            if isinstance(put, dict):
                yield from _dicts([put.get("Item")])
            if isinstance(delete, dict):
                yield from _dicts([delete.get("Key")])


class WriteKeys(RowKeys):
    """PutItem, DeleteItem, a condition check."""

    returns = True
    __slots__ = ()

    def items(self) -> Iterable[Item]:
        return _dicts([self.request.get("Item"), self.request.get("Key")])

    def names(self) -> Iterable[str]:
        yield from _legacy_names(self.request)
        if "ConditionExpression" in self.request:
            found = only_condition(self.request)
            yield from () if found is None else found.top_level


class UpdateKeys(WriteKeys):
    """UpdateItem."""

    __slots__ = ()

    def names(self) -> Iterable[str]:
        yield from _legacy_names(self.request)
        if "UpdateExpression" in self.request or "ConditionExpression" in self.request:
            update, condition = update_and_condition(self.request)
            yield from () if update is None else update.mentioned
            yield from () if condition is None else condition.top_level


class WhenRefused:
    """The keys of a write that asks for the item if its condition fails: as much would be shown as
    with ReturnValues ALL_OLD. Unverified: the documentation has no key for it."""

    __slots__ = ("_keys",)

    def __init__(self, keys: RowKeys) -> None:
        self._keys = keys

    def get(self, key: str, /) -> Sequence[str] | None:
        return ("ALL_OLD",) if key == "dynamodb:returnvalues" else self._keys.get(key)


class RangeKeys(RowKeys):
    """Query and Scan."""

    shows = True
    __slots__ = ()

    def names(self) -> Iterable[str]:
        yield from _legacy_names(self.request)
        yield from self.request.get("AttributesToGet", ())
        parts = self._parts()
        if parts.keys is not None:
            yield from (term.attribute for term in parts.keys.terms)
        if parts.condition is not None:
            yield from parts.condition.top_level
        if parts.projection is not None:
            yield from parts.projection.top_level

    def values_at(self, position: int) -> Iterable[Any]:
        schema = self.schema
        if schema is not None and position >= len(schema.partition):
            return
        name = None if schema is None else schema.partition[position].name
        keys = self._parts().keys
        if keys is not None:
            for term in keys.terms:
                if name in (None, term.attribute):
                    yield from (keys.values[each] for each in term.values)
        for attribute, wanted in (self.request.get("KeyConditions") or {}).items():
            if name in (None, attribute) and isinstance(wanted, dict):
                yield from wanted.get("AttributeValueList", ())

    def _parts(self) -> ReadParts:
        nothing = ReadParts(None, None, None)
        if EXPRESSIONS.isdisjoint(self.request):
            return nothing
        return with_expressions(self.request, nothing)


def _select(keys: RowKeys) -> Sequence[str] | None:
    return (keys.select(),) if keys.shows else None


def _return_values(keys: RowKeys) -> Sequence[str] | None:
    return (keys.return_values(),) if keys.returns else None


def _consumed(keys: RowKeys) -> Sequence[str] | None:
    asked = keys.consumed or keys.request.get("ReturnConsumedCapacity", "NONE")
    return (str(asked),)


def _full_scan(keys: RowKeys) -> Sequence[str] | None:
    found = keys.full_scan()
    return None if found is None else ("true" if found else "false",)


_OTHERS: dict[str, Callable[[RowKeys], Sequence[str] | None]] = {
    "dynamodb:attributes": RowKeys.attributes,
    "dynamodb:select": _select,
    "dynamodb:returnvalues": _return_values,
    "dynamodb:returnconsumedcapacity": _consumed,
    "dynamodb:enclosingoperation": lambda keys: (keys.enclosing,) if keys.enclosing else None,
    "dynamodb:fulltablescan": _full_scan,
}


def _texts(value: Any) -> Iterable[str]:
    """An attribute value as policies compare it: numbers and binaries in one form each. What is no
    scalar is a mistake in the request, but every part of it counts until somebody says so."""
    if not isinstance(value, dict):
        yield str(value)
        return
    for kind, content in value.items():
        text = content if isinstance(content, str) else str(content)
        if kind == "N":
            try:
                text = normalise(text)
            except Invalid:
                pass
        elif kind == "B":
            try:
                text = b64encode(b64decode(text)).decode()
            except ValueError:
                pass
        yield text


def _dicts(values: Iterable[Any]) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)]


def _legacy_names(request: Request) -> Iterable[str]:
    for name in _LEGACY:
        yield from request.get(name) or ()
