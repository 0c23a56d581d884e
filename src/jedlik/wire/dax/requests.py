"""From a method's arguments to the request that the DynamoDB operation of the same name takes.

Arguments are what `cbor.read_item` made of them; byte strings among them hold CBOR themselves.
What they say is checked as far as it must be to be written as JSON; the rest is the operation's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from jedlik.api.errors import ApiError, validation

from . import cbor, expressions, values
from .cbor import MAP, Broken, Truncated, read_head
from .expressions import Placeholders, Projection
from .keys import KeySchema, read_key

Request = dict[str, Any]
Item = dict[str, Any]
EMPTY_LIST_ID = 1


class Definitions(Protocol):
    """What the ends of a connection agree on: key schemas, and lists of attribute names."""

    async def key_schema(self, table: str) -> KeySchema:
        """Raises ApiError if there is no such table."""
        ...

    async def names(self, list_id: int) -> tuple[str, ...]:
        """Raises ApiError if there is no such list."""
        ...


@dataclass(slots=True)
class Call:
    """A request for an operation, with what its reply needs to be written.

    projections: by table for BatchGetItem, by position for TransactGetItems; else under "".
    """

    operation: str
    request: Request
    schemas: dict[str, KeySchema] = field(default_factory=dict)
    projections: dict[Any, Projection] = field(default_factory=dict)


def malformed(what: str) -> ApiError:
    """A message that can be told from the next one, but says nothing we know."""
    return ApiError("SerializationException", f"Malformed request: {what}", message_key="Message")


async def read_call(operation: str, arguments: list[Any], defined: Definitions) -> Call:
    """Raises ApiError."""
    call = Call(operation, {})
    try:
        await _READERS[operation](call, arguments, defined)
    except (Broken, Truncated) as error:
        raise malformed(str(error) or "it ends early") from None
    return call


# A reader for each operation


async def _get(call: Call, arguments: list[Any], defined: Definitions) -> None:
    await _key(call, arguments, defined)
    _options(call, arguments[2])


async def _put(call: Call, arguments: list[Any], defined: Definitions) -> None:
    table, schema = await _table(call, arguments[0], defined)
    call.request = {
        "TableName": table,
        "Item": await _item(_bytes(arguments[1]), _bytes(arguments[2]), schema, defined),
    }
    _options(call, arguments[3])


async def _key(call: Call, arguments: list[Any], defined: Definitions) -> None:
    table, schema = await _table(call, arguments[0], defined)
    call.request = {"TableName": table, "Key": read_key(_bytes(arguments[1]), schema)}


async def _query(call: Call, arguments: list[Any], defined: Definitions) -> None:
    table, _ = await _table(call, arguments[0], defined)
    call.request = {"TableName": table}
    _options(call, arguments[2], arguments[1])


async def _scan(call: Call, arguments: list[Any], defined: Definitions) -> None:
    table, _ = await _table(call, arguments[0], defined)
    call.request = {"TableName": table}
    _options(call, arguments[1])


async def _batch_get(call: Call, arguments: list[Any], defined: Definitions) -> None:
    asked: Request = {}
    for name, part in _map(arguments[0]).items():
        if type(part) is not list or len(part) != 3:
            raise Broken("a table's part has three members")
        table, schema = await _table(call, name, defined)
        one: Request = {"Keys": [read_key(_bytes(key), schema) for key in _list(part[2])]}
        if part[0]:
            one["ConsistentRead"] = True
        if part[1] is not None:
            call.projections[table] = _projection(one, part[1])
        asked[table] = one
    call.request = {"RequestItems": asked}
    _options(call, arguments[1])


async def _batch_write(call: Call, arguments: list[Any], defined: Definitions) -> None:
    asked: Request = {}
    for name, flat in _map(arguments[0]).items():
        table, schema = await _table(call, name, defined)
        writes = asked[table] = []
        pairs = _list(flat)
        if len(pairs) % 2:
            raise Broken("a key without its item")
        for key, content in zip(pairs[::2], pairs[1::2], strict=True):
            if content is None:
                writes.append({"DeleteRequest": {"Key": read_key(_bytes(key), schema)}})
            else:
                item = await _item(_bytes(key), _bytes(content), schema, defined)
                writes.append({"PutRequest": {"Item": item}})
    call.request = {"RequestItems": asked}
    _options(call, arguments[1])


async def _transact_get(call: Call, arguments: list[Any], defined: Definitions) -> None:
    tables, keys = _list(arguments[0]), _list(arguments[1])
    projections = _parallel(arguments[2], tables)
    gets: list[Request] = []
    for name, key, projection in zip(tables, _parallel(keys, tables), projections, strict=True):
        table, schema = await _table(call, name, defined)
        get: Request = {"TableName": table, "Key": read_key(_bytes(key), schema)}
        if projection is not None:
            call.projections[len(gets)] = _projection(get, projection)
        gets.append({"Get": get})
    call.request = {"TransactItems": gets}
    _options(call, arguments[3])


async def _transact_write(call: Call, arguments: list[Any], defined: Definitions) -> None:
    kinds = _list(arguments[0])
    columns = [_parallel(each, kinds) for each in arguments[1:8]]
    actions: list[Request] = []
    for kind, name, key, content, _, on_failure, when, change in zip(kinds, *columns, strict=True):
        table, schema = await _table(call, name, defined)
        action = _ACTIONS.get(kind) if type(kind) is int else None
        if action is None:
            raise Broken("no such action")
        one: Request = {"TableName": table}
        if action == "Put":
            one["Item"] = await _item(_bytes(key), _bytes(content), schema, defined)
        else:
            one["Key"] = read_key(_bytes(key), schema)
        placeholders = Placeholders()
        if when is not None:
            one["ConditionExpression"] = expressions.condition(_bytes(when), placeholders)
        if change is not None:
            one["UpdateExpression"] = expressions.update(_bytes(change), placeholders)
        placeholders.add_to(one)
        if on_failure == 2:
            one["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        actions.append({action: one})
    call.request = {"TransactItems": actions}
    _options(call, arguments[8])


_ACTIONS = {2: "Put", 7: "Delete", 9: "Update", 12: "ConditionCheck"}

_READERS: dict[str, Callable[[Call, list[Any], Definitions], Awaitable[None]]] = {
    "GetItem": _get,
    "PutItem": _put,
    "UpdateItem": _get,
    "DeleteItem": _get,
    "Query": _query,
    "Scan": _scan,
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "TransactGetItems": _transact_get,
    "TransactWriteItems": _transact_write,
}


# Options

_WORDS: dict[int, tuple[str, dict[int, str]]] = {
    3: ("ReturnConsumedCapacity", {0: "NONE", 1: "TOTAL", 2: "INDEXES"}),
    6: ("ReturnItemCollectionMetrics", {0: "NONE", 1: "SIZE"}),
    7: (
        "ReturnValues",
        {1: "NONE", 2: "ALL_OLD", 3: "UPDATED_OLD", 4: "ALL_NEW", 5: "UPDATED_NEW"},
    ),
    15: (
        "Select",
        {
            1: "ALL_ATTRIBUTES",
            2: "ALL_PROJECTED_ATTRIBUTES",
            3: "COUNT",
            4: "SPECIFIC_ATTRIBUTES",
        },
    ),
}
_FLAGS = {2: "ConsistentRead", 14: "ScanIndexForward"}
_COUNTS = {13: "Limit", 16: "Segment", 17: "TotalSegments"}
_CONDITIONS = {4: "ConditionExpression", 10: "FilterExpression"}
# With these there is less than ALL_ATTRIBUTES; Go's client says it wherever nothing was selected.
_NARROWING = {"ProjectionExpression", "IndexName"}
_PROJECTION, _UPDATE, _START, _INDEX, _TOKEN = 0, 8, 9, 11, 19


def _options(call: Call, found: Any, key_condition: Any = None) -> None:
    """Put the option map (None: there is none) into the request.

    1 and 5, the placeholders that the expressions hold anyway, are left out, and so is what
    nobody has heard of.
    """
    request = call.request
    options = {} if found is None else _map(found)
    placeholders = Placeholders()
    if key_condition is not None:
        text = expressions.condition(_bytes(key_condition), placeholders)
        request["KeyConditionExpression"] = text
    for number, value in options.items():
        if value is None:
            continue
        if number in _CONDITIONS:
            text = expressions.condition(_bytes(value), placeholders)
            request[_CONDITIONS[number]] = text
        elif number == _UPDATE:
            request["UpdateExpression"] = expressions.update(_bytes(value), placeholders)
        elif number == _PROJECTION:
            projection = call.projections[""] = Projection(_bytes(value), placeholders)
            request["ProjectionExpression"] = projection.text
        elif number in _WORDS:
            name, words = _WORDS[number]
            if type(value) is not int or value not in words:
                raise validation(f"Unknown value for {name}: {value}")
            request[name] = words[value]
        elif number in _FLAGS:
            request[_FLAGS[number]] = bool(value)
        elif number in _COUNTS:
            if type(value) is not int:
                raise Broken(f"{_COUNTS[number]} is an integer")
            request[_COUNTS[number]] = value
        elif number == _INDEX:
            request["IndexName"] = _text(value)
        elif number == _TOKEN:
            request["ClientRequestToken"] = _text(value)
    if request.get("Select") == "ALL_ATTRIBUTES" and request.keys() & _NARROWING:
        del request["Select"]
    placeholders.add_to(request)
    start = options.get(_START)
    if start is not None:
        request["ExclusiveStartKey"] = _start_key(call, _bytes(start))


def _start_key(call: Call, blob: bytes) -> Item:
    request = call.request
    if "IndexName" not in request:
        return read_key(blob, call.schemas[request["TableName"]])
    kind, count, at = read_head(blob, 0)
    if kind != MAP:
        raise Broken("an index's start key is a map")
    return values.read_members(blob, at, count)[0]


def _projection(request: Request, blob: Any) -> Projection:
    """A projection with placeholders of its own, put into its part of the request."""
    placeholders = Placeholders()
    projection = Projection(_bytes(blob), placeholders)
    request["ProjectionExpression"] = projection.text
    placeholders.add_to(request)
    return projection


# Parts


async def _table(call: Call, name: Any, defined: Definitions) -> tuple[str, KeySchema]:
    table = _text(name)
    schema = call.schemas.get(table)
    if schema is None:
        schema = call.schemas[table] = await defined.key_schema(table)
    return table, schema


async def _item(key: bytes, content: bytes, schema: KeySchema, defined: Definitions) -> Item:
    """A whole item: its key, and the values that an attribute list names."""
    item = read_key(key, schema)
    list_id, at = cbor.read_int(content, 0)
    names = () if list_id == EMPTY_LIST_ID else await defined.names(list_id)
    end = len(content)
    for name in names:
        if at == end:
            raise Broken("fewer values than names")
        value, at = values.read_value(content, at)
        item.setdefault(name, value)
    if at != end:
        raise Broken("more values than names")
    return item


def _bytes(value: Any) -> bytes:
    if type(value) is not bytes:
        raise Broken("a byte string is missing")
    return value


def _text(value: Any) -> str:
    """Names come as bytes in some places and as text in others."""
    if type(value) is bytes:
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise Broken("a name is not UTF-8") from None
    if type(value) is not str:
        raise Broken("a name is missing")
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise Broken("an array is missing")
    return value


def _map(value: Any) -> dict[Any, Any]:
    if type(value) is not dict:
        raise Broken("a map is missing")
    return value


def _parallel(value: Any, to: list[Any]) -> list[Any]:
    """One of several arrays of the same length; null stands for nothing but nulls."""
    if value is None:
        return [None] * len(to)
    found = _list(value)
    if len(found) != len(to):
        raise Broken("arrays of different lengths")
    return found
