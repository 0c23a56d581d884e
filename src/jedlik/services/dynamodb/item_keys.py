"""Keys of requests: the fast way to a `Key`, and AWS's words for those that do not fit.

`tables/keys.py` refuses without explanation; here a refusal is looked at again, slowly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from jedlik.tables.errors import PARTITION_KEY_TOO_LONG, SORT_KEY_TOO_LONG, BadKey, Invalid
from jedlik.tables.expressions import Condition
from jedlik.tables.keys import (
    PARTITION_KEY_BYTES_MAX,
    SORT_KEY_BYTES_MAX,
    Key,
    exact_key,
)
from jedlik.tables.model import KeyAttribute, KeySchema, Table
from jedlik.values import check_item, encode_key

Item = dict[str, Any]

NO_MATCH = "The provided key element does not match the schema"


def key_of(table: Table, attributes: Item) -> Key:
    """The place of a request's `Key`; raises Invalid in AWS's words."""
    try:
        return exact_key(table.keys, table.key_of, attributes)
    except BadKey:
        # Bad values come first in AWS's order; unknown and null members are dropped on the way.
        check_item(attributes)
    try:
        return exact_key(table.keys, table.key_of, attributes)
    except BadKey:
        raise Invalid(why_no_key(table, attributes)) from None


def key_of_item(table: Table, item: Item) -> Key:
    """The place of a whole item, whose values are checked; raises Invalid in AWS's words."""
    try:
        return table.key_of(item)
    except BadKey:
        raise Invalid(_why_no_item_key(table, item)) from None


class Entering(Protocol):
    """A condition, update or projection: `entered` are the attributes that its paths lead into."""

    @property
    def entered(self) -> Sequence[str]:
        """Names of attributes."""
        ...


def refuse_paths_into_keys(table: Table, *expressions: Entering | None) -> None:
    """Keys of the table and its indexes are scalars, so no path leads into one; raises Invalid."""
    entered = {name for one in expressions if one is not None for name in one.entered}
    if not entered:
        return
    levels = [("Key", table.keys), *(("IndexKey", index.keys) for index in table.indexes)]
    for level, keys in levels:
        for name in keys.names:
            if name in entered:
                raise Invalid(
                    "Key attributes must be scalars; list random access '[]' and map lookup '.' "
                    f"are not allowed: {level}: {name}"
                )


def refuse_filter_on_keys(what: str, where: Condition, keys: KeySchema) -> None:
    """A filter beside a key condition comes after the keys have been read by; raises Invalid.

    what: how the filter is called in AWS's text."""
    for name in where.top_level:
        if name in keys.names:
            raise Invalid(
                f"{what} can only contain non-primary key attributes: Primary key attribute: {name}"
            )


def why_no_key(table: Table, attributes: Item) -> str:
    """What is wrong with a key map: other attributes, other types, empty or too long."""
    if len(attributes) != len(table.keys.attributes):
        return NO_MATCH
    for attribute in table.keys.attributes:
        if attribute.type not in attributes.get(attribute.name, ()):
            return NO_MATCH
    return _why_no_value(table, attributes)


def _why_no_item_key(table: Table, item: Item) -> str:
    for attribute in table.keys.attributes:
        value = item.get(attribute.name)
        # Attribute by attribute: an empty value is told before another attribute is missed.
        if value is None:
            return (
                "One or more parameter values were invalid: "
                f"Missing the key {attribute.name} in the item"
            )
        if attribute.type not in value:
            return (
                "One or more parameter values were invalid: Type mismatch for key "
                f"{attribute.name} expected: {attribute.type} actual: {next(iter(value))}"
            )
        if not value[attribute.type]:
            return empty_key_text(attribute)
    return _why_no_value(table, item)


def _why_no_value(table: Table, item: Item) -> str:
    """Types are right, so a value is empty or too long."""
    for attributes, bytes_max, text in (
        (table.keys.partition, PARTITION_KEY_BYTES_MAX, PARTITION_KEY_TOO_LONG),
        (table.keys.sort, SORT_KEY_BYTES_MAX, SORT_KEY_TOO_LONG),
    ):
        for attribute in attributes:
            if not item[attribute.name][attribute.type]:
                return empty_key_text(attribute)
            if len(encode_key(item[attribute.name])) > bytes_max:
                return text
    raise AssertionError("a key was refused that has nothing wrong")


def empty_key_text(attribute: KeyAttribute) -> str:
    """What AWS says to a key that is an empty string or empty binary."""
    word = "binary" if attribute.type == "B" else "string"
    return (
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        f"cannot contain an empty {word} value. Key: {attribute.name}"
    )
