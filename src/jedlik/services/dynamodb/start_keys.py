"""ExclusiveStartKey and LastEvaluatedKey: where a page begins, and where the next one will.

The key of a page is the table key of its last row, and for an index the index key too.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from jedlik.services.dynamodb.item_keys import NO_MATCH, empty_key_text
from jedlik.tables.errors import BadKey, Invalid
from jedlik.tables.expressions import KeyRange
from jedlik.tables.keys import entry_sub, index_key, segment_tokens
from jedlik.tables.model import Index, KeyAttribute, Table
from jedlik.values import check_item

Item = dict[str, Any]

INVALID = "The provided starting key is invalid"
OUTSIDE = "The provided starting key is outside query boundaries based on provided conditions"
NOT_IN_RANGE = "The provided starting key does not match the range key predicate"


class Start(NamedTuple):
    """The row after which a page begins."""

    token: bytes
    sort: bytes
    sub: bytes


def last_key(table: Table, index: Index | None, item: Item) -> Item:
    """The LastEvaluatedKey that leads on from this row."""
    names = table.keys.names if index is None else (*index.keys.names, *table.keys.names)
    return {name: item[name] for name in names}


def check_start_values(key: Item | None) -> None:
    """The values of a starting key must be values at all; raises Invalid."""
    if key is None:
        return
    try:
        check_item(key)
    except Invalid as error:
        raise Invalid(f"{INVALID}: {error.message}") from None


def query_start(table: Table, index: Index | None, key: Item | None) -> Start | None:
    """Where a Query goes on; raises Invalid when that is no key of the table or index."""
    if key is None:
        return None
    attributes = _attributes(table, index)
    if set(key) != attributes.keys():
        raise Invalid(INVALID)
    return _start(table, index, key, NO_MATCH)


def check_in_range(start: Start, token: bytes, wanted: KeyRange) -> None:
    """A Query goes on inside what its key condition describes; raises Invalid."""
    if start.token != token:
        raise Invalid(OUTSIDE)
    low, high, sort = wanted.low, wanted.high, start.sort
    if low is not None and (sort < low or (wanted.low_open and sort == low)):
        raise Invalid(NOT_IN_RANGE)
    if high is not None and (sort > high or (wanted.high_open and sort == high)):
        raise Invalid(NOT_IN_RANGE)


def scan_start(table: Table, index: Index | None, key: Item | None) -> Start | None:
    """Where a Scan goes on; its refusals are worded unlike Query's."""
    if key is None:
        return None
    attributes = _attributes(table, index)
    if index is None:
        if set(key) != attributes.keys():
            raise Invalid(f"{INVALID}: {NO_MATCH}")
        return _start(table, index, key, f"{INVALID}: {NO_MATCH}")
    if set(key) != attributes.keys():
        raise Invalid(INVALID)
    return _start(table, index, key, NO_MATCH)


def check_segment(start: Start | None, segment: int, total_segments: int) -> None:
    """A parallel scan goes on inside its own segment; raises Invalid."""
    if start is None:
        return
    low, high = segment_tokens(segment, total_segments)
    if start.token < low or (high is not None and start.token >= high):
        raise Invalid(
            f"{INVALID}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
            f"Segment. TotalSegments: {total_segments} Segment: {segment}"
        )


def _attributes(table: Table, index: Index | None) -> dict[str, KeyAttribute]:
    keys = table.keys.attributes
    if index is not None:
        keys += index.keys.attributes
    return {attribute.name: attribute for attribute in keys}


def _start(table: Table, index: Index | None, key: Item, mismatch: str) -> Start:
    for attribute in _attributes(table, index).values():
        value = key[attribute.name]
        if attribute.type not in value:
            raise Invalid(mismatch)
        if not value[attribute.type]:
            raise Invalid(empty_key_text(attribute))
    try:
        base = table.key_of(key)
    except BadKey:
        raise Invalid(INVALID) from None
    if index is None:
        return Start(base.token, base.sort, b"")
    place = index_key(index, key)
    assert place is not None, "all key attributes are there"
    return Start(place.token, place.sort, entry_sub(base))
