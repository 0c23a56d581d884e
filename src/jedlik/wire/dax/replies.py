"""From an operation's answer to the bytes of its reply.

An answer is the operation's JSON, decoded; a reply is the status (an empty array) and what
section 9 of docs/dax-protocol.md draws. Items travel as values only: their names stand in an
attribute list, known on both sides by a number. A list that has no number yet ends the attempt
(`NewLists`); whoever called gives it one and calls again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .cbor import (
    ARRAY,
    BYTES,
    MAP,
    NULL,
    byte_string,
    double,
    head,
    integer,
    open_text_map,
    text,
    text_map,
)
from .expressions import Path
from .keys import key_item
from .requests import EMPTY_LIST_ID, Call
from .values import Value, encoded, write_value

Item = dict[str, Value]
Answer = dict[str, Any]
Names = tuple[str, ...]

SUCCESS = b"\x80"
NOTHING = SUCCESS + NULL

ITEM, CAPACITY, ATTRIBUTES, METRICS = 0, 1, 2, 3
ITEMS, COUNT, LAST_KEY, SCANNED_COUNT = 7, 8, 9, 10
"""Keys of a result map."""

_EMPTY_ARRAY = b"\x80"
_BEGIN_MAP, _END = b"\xbf", b"\xff"
"""A map without a length, as DAX seems to write them: Java's client reads some on to their end."""
_LAYOUTS_MAX = 4096


class NewLists(Exception):
    """Attribute lists that have no number yet."""

    def __init__(self, lists: Iterable[Names]) -> None:
        super().__init__()
        self.lists = list(lists)


class ItemWriter:
    """Writes items as values behind the number of their attribute list.

    number_of: the number of a list, None if it has none yet. An item's layout (its names in order,
    with the key's) is remembered with what it leads to.
    """

    def __init__(self, number_of: Callable[[Names], int | None]) -> None:
        self._number_of = number_of
        self._layouts: dict[tuple[Any, ...], tuple[bytes, Names]] = {}
        self.missing: set[Names] = set()

    def content(self, item: Item, key_names: Names) -> bytes:
        """List number and values, without the head of the byte string around them."""
        layout = self._layouts.get((key_names, *item)) or self._learn(item, key_names)
        out = bytearray(layout[0])
        for name in layout[1]:
            write_value(out, item[name])
        return bytes(out)

    def wrapped(self, item: Item, key_names: Names) -> bytes:
        return byte_string(self.content(item, key_names))

    def changed(self, attributes: Item) -> bytes:
        """Some attributes by their position in a list, for UPDATED_OLD and UPDATED_NEW."""
        names = tuple(sorted(attributes))
        out = bytearray(self._number(names))
        out += _BEGIN_MAP
        for position, name in enumerate(names):
            out += integer(position)
            write_value(out, attributes[name])
        out += _END
        return byte_string(bytes(out))

    def _learn(self, item: Item, key_names: Names) -> tuple[bytes, Names]:
        names = tuple(sorted(name for name in item if name not in key_names))
        found = self._number(names), names
        if names not in self.missing:
            if len(self._layouts) >= _LAYOUTS_MAX:
                del self._layouts[next(iter(self._layouts))]
            self._layouts[key_names, *item] = found
        return found

    def _number(self, names: Names) -> bytes:
        number = self._number_of(names) if names else EMPTY_LIST_ID
        if number is None:
            self.missing.add(names)
            number = EMPTY_LIST_ID  # never sent: the attempt ends with NewLists
        return integer(number)


def write_reply(call: Call, answer: Answer, items: ItemWriter) -> bytes:
    """Raises NewLists; then call it again once each list has a number."""
    items.missing.clear()
    reply = _WRITERS[call.operation](call, answer, items)
    if items.missing:
        raise NewLists(items.missing)
    return SUCCESS + reply


# A writer for each operation


def _single(call: Call, answer: Answer, items: ItemWriter) -> bytes:
    """GetItem, PutItem, UpdateItem, DeleteItem."""
    if not answer:
        return NULL
    request = call.request
    schema = call.schemas[request["TableName"]]
    members: dict[int, bytes] = {}
    if "Item" in answer:
        projection = call.projections.get("")
        if projection is None:
            members[ITEM] = items.wrapped(answer["Item"], schema.names)
        else:
            members[ITEM] = projected(answer["Item"], projection.paths)
    if "Attributes" in answer:
        if str(request.get("ReturnValues")).startswith("UPDATED"):
            members[ATTRIBUTES] = items.changed(answer["Attributes"])
        else:
            members[ATTRIBUTES] = items.wrapped(answer["Attributes"], schema.names)
    _capacity_and_metrics(members, answer)
    return _result(members)


def _page(call: Call, answer: Answer, items: ItemWriter) -> bytes:
    """Query and Scan."""
    schema = call.schemas[call.request["TableName"]]
    members: dict[int, bytes] = {}
    found = answer.get("Items")
    if found is not None:
        projection = call.projections.get("")
        parts = [head(ARRAY, len(found))]
        if projection is not None:
            parts += [projected(item, projection.paths) for item in found]
        else:
            names = schema.names
            for item in found:
                content = items.content(item, names)
                parts += (b"\x82", key_item(item, schema), head(BYTES, len(content)), content)
        members[ITEMS] = b"".join(parts)
    members[COUNT] = integer(answer["Count"])
    members[SCANNED_COUNT] = integer(answer["ScannedCount"])
    last = answer.get("LastEvaluatedKey")
    if last is not None:
        if "IndexName" in call.request:
            fields = {name: encoded(value) for name, value in last.items()}
            members[LAST_KEY] = byte_string(open_text_map(fields))  # Go's client takes no other
        else:
            members[LAST_KEY] = key_item(last, schema)
    _capacity_and_metrics(members, answer)
    return _result(members)


def _batch_get(call: Call, answer: Answer, items: ItemWriter) -> bytes:
    responses: dict[str, bytes] = {}
    for table, found in answer["Responses"].items():
        schema = call.schemas[table]
        projection = call.projections.get(table)
        if projection is not None:
            parts = [head(ARRAY, len(found))]
            parts += [projected(item, projection.paths) for item in found]
        else:
            parts = [head(ARRAY, 2 * len(found))]
            for item in found:
                parts += (key_item(item, schema), items.wrapped(item, schema.names))
        responses[table] = b"".join(parts)
    left: dict[str, bytes] = {}
    for table, part in answer["UnprocessedKeys"].items():
        keys = [key_item(key, call.schemas[table]) for key in part["Keys"]]
        left[table] = head(ARRAY, len(keys)) + b"".join(keys)
    # The header says two and three follow; a mistake of AWS's that clients rely on.
    return b"".join((b"\x82", text_map(responses), text_map(left), _wrapped_capacities(answer)))


def _batch_write(call: Call, answer: Answer, items: ItemWriter) -> bytes:
    left: dict[str, bytes] = {}
    for table, writes in answer["UnprocessedItems"].items():
        schema = call.schemas[table]
        parts = [head(ARRAY, 2 * len(writes))]
        for write in writes:
            if "PutRequest" in write:
                item = write["PutRequest"]["Item"]
                parts += (key_item(item, schema), items.wrapped(item, schema.names))
            else:
                parts += (key_item(write["DeleteRequest"]["Key"], schema), NULL)
        left[table] = b"".join(parts)
    return text_map(left) + _wrapped_capacities(answer) + _metrics_by_table(answer)


def _transact_get(call: Call, answer: Answer, items: ItemWriter) -> bytes:
    responses = answer["Responses"]
    parts = [b"\x82", head(ARRAY, len(responses))]
    for position, response in enumerate(responses):
        item = response.get("Item")
        projection = call.projections.get(position)
        if item is None:
            parts.append(NULL)
        elif projection is not None:
            parts.append(projected(item, projection.paths))
        else:
            table = call.request["TransactItems"][position]["Get"]["TableName"]
            parts.append(items.wrapped(item, call.schemas[table].names))
    parts.append(_transaction_capacities(answer))
    return b"".join(parts)


def _transact_write(call: Call, answer: Answer, items: ItemWriter) -> bytes:
    # What clients call the item responses is not sent by DAX: an empty array stands for them.
    return b"".join(
        (b"\x83", _EMPTY_ARRAY, _transaction_capacities(answer), _metrics_by_table(answer))
    )


_WRITERS: dict[str, Callable[[Call, Answer, ItemWriter], bytes]] = {
    "GetItem": _single,
    "PutItem": _single,
    "UpdateItem": _single,
    "DeleteItem": _single,
    "Query": _page,
    "Scan": _page,
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "TransactGetItems": _transact_get,
    "TransactWriteItems": _transact_write,
}


# Parts


def projected(item: Item, paths: list[Path]) -> bytes:
    """The values of a projection by the position of their path; what is not there is left out."""
    out = bytearray()
    count = 0
    for position, path in enumerate(paths):
        value = _at(item, path)
        if value is not None:
            count += 1
            out += integer(position)
            write_value(out, value)
    return head(MAP, count) + bytes(out)


def _at(item: Item, path: Path) -> Value | None:
    value = item.get(str(path[0]))
    for step in path[1:]:
        if value is None:
            return None
        if type(step) is int:
            members = value.get("L", ())
            value = members[step] if step < len(members) else None
        else:
            value = value.get("M", {}).get(step)
    return value


def _result(members: dict[int, bytes]) -> bytes:
    parts = [_BEGIN_MAP]
    for number, content in members.items():
        parts += (integer(number), content)
    parts.append(_END)
    return b"".join(parts)


def _capacity_and_metrics(members: dict[int, bytes], answer: Answer) -> None:
    if "ConsumedCapacity" in answer:
        members[CAPACITY] = _wrapped_capacity(answer["ConsumedCapacity"])
    if "ItemCollectionMetrics" in answer:
        members[METRICS] = _metrics(answer["ItemCollectionMetrics"])


def _wrapped_capacity(told: Answer) -> bytes:
    parts = [text(told["TableName"]), double(told["CapacityUnits"])]
    parts.append(double(told["Table"]["CapacityUnits"]) if "Table" in told else NULL)
    for group in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        by_index = told.get(group)
        if by_index is None:
            parts.append(NULL)
        else:
            units = {name: double(one["CapacityUnits"]) for name, one in by_index.items()}
            parts.append(text_map(units))
    return byte_string(b"".join(parts))


def _wrapped_capacities(answer: Answer) -> bytes:
    told = answer.get("ConsumedCapacity", ())
    return head(ARRAY, len(told)) + b"".join(map(_wrapped_capacity, told))


_CAPACITY_FIELDS = {
    "CapacityUnits": 1,
    "ReadCapacityUnits": 2,
    "WriteCapacityUnits": 3,
    "TableName": 4,
    "Table": 5,
    "GlobalSecondaryIndexes": 6,
    "LocalSecondaryIndexes": 7,
}


def _transaction_capacities(answer: Answer) -> bytes:
    told = answer.get("ConsumedCapacity", ())
    return head(ARRAY, len(told)) + b"".join(map(_capacity_map, told))


def _capacity_map(told: Answer) -> bytes:
    members: dict[int, bytes] = {}
    for name, value in told.items():
        if name == "TableName":
            content = text(value)
        elif name == "Table":
            content = _capacity_map(value)
        elif type(value) is dict:
            content = text_map({index: _capacity_map(one) for index, one in value.items()})
        else:
            content = double(value)
        members[_CAPACITY_FIELDS[name]] = content
    return _result(members)


def _metrics(told: Answer) -> bytes:
    (key,) = told["ItemCollectionKey"].values()
    low, high = told["SizeEstimateRangeGB"]
    return byte_string(encoded(key) + double(low) + double(high))


def _metrics_by_table(answer: Answer) -> bytes:
    members = {}
    for table, told in answer.get("ItemCollectionMetrics", {}).items():
        members[table] = head(ARRAY, len(told)) + b"".join(map(_metrics, told))
    return text_map(members)
