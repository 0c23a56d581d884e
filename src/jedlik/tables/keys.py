"""From attributes to storage keys: `(space, token, sort, sub)`.

A table row is `(table.space, token of the partition key, sort, b"")`; an index entry is
`(index.space, token of the index partition key, sort, sub)` with `sub` a hash of the table key, so
that several items may share an index key. Tokens are 128-bit BLAKE2b of the partition key.

Accepts fast and refuses without explanation (`BadKey`): whoever shows the refusal to a client looks
again, slowly, for AWS's words.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from jedlik.tables.errors import BadKey, Invalid
from jedlik.tables.model import Index, KeyAttribute, KeySchema
from jedlik.values import encode_key, encode_key_tuple, token

PARTITION_KEY_BYTES_MAX = 2048
"""Per key, all partition attributes together (DynamoDB developer guide, Service quotas)."""
SORT_KEY_BYTES_MAX = 1024
"""Per key, all sort attributes together (DynamoDB developer guide, Service quotas)."""

Item = dict[str, Any]


class Key(NamedTuple):
    """The place of an item in its table's space."""

    token: bytes
    sort: bytes


KeyOf = Callable[[Item], Key]

# What `Key(...)` does, without its Python function.
_new_key: Callable[[tuple[bytes, bytes]], Key] = partial(tuple.__new__, Key)


def key_extractor(schema: KeySchema) -> KeyOf:
    """A function from an item, or a key map, to its `Key`; it raises BadKey."""
    partition_of = _component(schema.partition[0], PARTITION_KEY_BYTES_MAX)
    if not schema.sort:

        def partition_only(item: Item) -> Key:
            return _new_key((token(partition_of(item)), b""))

        return partition_only
    sort_of = _component(schema.sort[0], SORT_KEY_BYTES_MAX)

    def partition_and_sort(item: Item) -> Key:
        return _new_key((token(partition_of(item)), sort_of(item)))

    return partition_and_sort


def _component(attribute: KeyAttribute, bytes_max: int) -> Callable[[Item], bytes]:
    """The encoded bytes of one key attribute of an item."""
    name, kind = attribute.name, attribute.type

    def of_string(item: Item) -> bytes:
        try:
            value = item[name]
            encoded: bytes = value["S"].encode()
        except (KeyError, TypeError, AttributeError, UnicodeEncodeError) as error:
            raise BadKey from error
        if len(value) != 1 or not 0 < len(encoded) <= bytes_max:
            raise BadKey
        return encoded

    def of_other(item: Item) -> bytes:
        value = item.get(name)
        if type(value) is not dict or len(value) != 1 or type(value.get(kind)) is not str:
            raise BadKey
        try:
            encoded = encode_key(value)
        except Invalid as error:
            raise BadKey from error
        if not 0 < len(encoded) <= bytes_max:
            raise BadKey
        return encoded

    return of_string if kind == "S" else of_other


def entry_sub(key: Key) -> bytes:
    """What tells apart two items with the same index key: a hash of the table key."""
    return token(key.token + key.sort)


def index_key(index: Index, item: Item) -> Key | None:
    """Where the item stands in an index, or None when it is not in it.

    It is not when a key attribute is missing; nor when one cannot be a key (another type, empty,
    too long), which happens only to items written before the index was made.
    """
    partition = _index_part(index.keys.partition, item, PARTITION_KEY_BYTES_MAX)
    if partition is None:
        return None
    sort = _index_part(index.keys.sort, item, SORT_KEY_BYTES_MAX) if index.keys.sort else b""
    if sort is None:
        return None
    return Key(token(partition), sort)


def _index_part(attributes: tuple[KeyAttribute, ...], item: Item, bytes_max: int) -> bytes | None:
    values = []
    for attribute in attributes:
        value = item.get(attribute.name)
        if value is None or not value.get(attribute.type):
            return None
        values.append(value)
    encoded = encode_key_tuple(values)
    if len(encoded) > bytes_max and sum(len(encode_key(value)) for value in values) > bytes_max:
        return None
    return encoded


def exact_key(schema: KeySchema, key_of: KeyOf, attributes: Item) -> Key:
    """The `Key` of a map that holds the key attributes and nothing else; raises BadKey."""
    if len(attributes) != len(schema.attributes):
        raise BadKey
    return key_of(attributes)


def segment_tokens(segment: int, total_segments: int) -> tuple[bytes, bytes | None]:
    """The token range of one parallel segment: low inclusive, high exclusive or None (the end)."""
    low = (segment << 128) // total_segments
    high = ((segment + 1) << 128) // total_segments
    return low.to_bytes(16, "big"), None if high >> 128 else high.to_bytes(16, "big")
