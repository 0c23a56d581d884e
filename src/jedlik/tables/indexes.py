"""Index entries: what an item's change means for the indexes of its table. Pure.

An entry is `(index.space, token of the index partition key, sort, hash of the table key) -> size +
projected item`, made in the same commit as the item's own row, so an index is exact at every crash.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from jedlik.storage.waist import ANY, Delete, Put
from jedlik.tables.errors import Invalid
from jedlik.tables.keys import (
    PARTITION_KEY_BYTES_MAX,
    SORT_KEY_BYTES_MAX,
    Key,
    entry_sub,
    index_key,
)
from jedlik.tables.model import Index, KeyAttribute, Table
from jedlik.tables.stored import Stored, pack, size_of
from jedlik.values import encode_key, item_size

Item = dict[str, Any]
RowKey = tuple[int, bytes, bytes, bytes]
WRITE_UNIT_BYTES = 1024


class IndexDelta(Struct):
    """What one index must do for one change of an item.

    `units` is what it costs in write capacity: a changed key is a delete and a put.
    """

    index: Index
    writes: tuple[Put | Delete, ...]
    rows: int
    size_bytes: int
    units: int


def check_index_keys(table: Table, item: Item, *, updating: bool) -> None:
    """Refuse an item whose index key attributes cannot be keys; raises Invalid in AWS's words.

    A missing attribute is fine: the item is just not in that index. `updating` says that an update
    expression made the item, which AWS words differently.
    """
    for index in table.written_indexes:
        for attributes, bytes_max in (
            (index.keys.partition, PARTITION_KEY_BYTES_MAX),
            (index.keys.sort, SORT_KEY_BYTES_MAX),
        ):
            total = 0
            for attribute in attributes:
                value = item.get(attribute.name)
                if value is None:
                    continue
                text = value.get(attribute.type)
                if text is None:
                    raise Invalid(_type_text(index, attribute, value, updating))
                if not text:
                    raise Invalid(_empty_text(index, attribute, updating))
                total += len(encode_key(value))
            if total > bytes_max:
                raise Invalid(_size_text(bytes_max, updating))


def entry_of(
    table: Table, index: Index, item: Item, key: Key, value: bytes
) -> tuple[RowKey, bytes] | None:
    """The row that an item has in an index, or None where it has none.

    `value` is the item's stored bytes, shared when the index projects everything.
    """
    place = index_key(index, item)
    if place is None:
        return None
    row_key = (index.space, place.token, place.sort, entry_sub(key))
    if index.projection == "ALL":
        return row_key, value
    projected = project(table, index, item)
    return row_key, pack(projected, item_size(projected))


def project(table: Table, index: Index, item: Item) -> Item:
    """What an index keeps of an item: both keys, and the attributes it includes."""
    if index.projection == "ALL":
        return item
    wanted = {*table.keys.names, *index.keys.names, *index.non_key}
    return {name: value for name, value in item.items() if name in wanted}


def deltas(table: Table, key: Key, old: Stored | None, new: Stored | None) -> list[IndexDelta]:
    """One delta per index that must change."""
    found = []
    for index in table.written_indexes:
        before = entry_of(table, index, old.item, key, old.value) if old else None
        after = entry_of(table, index, new.item, key, new.value) if new else None
        delta = _delta(index, before, after)
        if delta is not None:
            found.append(delta)
    return found


def _delta(
    index: Index, before: tuple[RowKey, bytes] | None, after: tuple[RowKey, bytes] | None
) -> IndexDelta | None:
    old_size = size_of(before[1]) if before else 0
    new_size = size_of(after[1]) if after else 0
    if before and after and before[0] == after[0]:
        if before[1] == after[1]:
            return None
        writes: tuple[Put | Delete, ...] = (Put(after[0], ANY, after[1]),)
        units = write_units(max(old_size, new_size))
        return IndexDelta(index, writes, 0, new_size - old_size, units)
    removal = (Delete(before[0], ANY),) if before else ()
    addition = (Put(after[0], ANY, after[1]),) if after else ()
    if not removal and not addition:
        return None
    return IndexDelta(
        index,
        (*removal, *addition),
        len(addition) - len(removal),
        new_size - old_size,
        (write_units(old_size) if removal else 0) + (write_units(new_size) if addition else 0),
    )


def write_units(size_bytes: int) -> int:
    """Write capacity of one write of that many bytes, at least one."""
    return max(1, -(-size_bytes // WRITE_UNIT_BYTES))


def _type_text(index: Index, attribute: KeyAttribute, value: Item, updating: bool) -> str:
    if updating:
        return (
            "The update expression attempted to update the secondary index key to unsupported type"
        )
    actual = next(iter(value))
    return (
        "One or more parameter values were invalid: Type mismatch for Index Key "
        f"{attribute.name} Expected: {attribute.type} Actual: {actual} IndexName: {index.name}"
    )


def _empty_text(index: Index, attribute: KeyAttribute, updating: bool) -> str:
    word = "binary" if attribute.type == "B" else "string"
    reason = f"The AttributeValue for a key attribute cannot contain an empty {word} value."
    if updating:
        return (
            "One or more parameter values are not valid. The update expression attempted to update "
            f"a secondary index key to a value that is not supported. {reason}"
        )
    return (
        "One or more parameter values are not valid. A value specified for a secondary index key "
        f"is not supported. {reason} IndexName: {index.name}, IndexKey: {attribute.name}"
    )


def _size_text(bytes_max: int, updating: bool) -> str:
    if updating:
        return (
            "The update expression attempted to update the secondary index key "
            "beyond allowed size limits"
        )
    if bytes_max == PARTITION_KEY_BYTES_MAX:
        return (
            "One or more parameter values were invalid: "
            "Size of hashkey has exceeded the maximum size limit of2048 bytes"
        )
    return (
        "One or more parameter values were invalid: "
        "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
    )
