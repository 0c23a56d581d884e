"""Attribute values: checks, numbers, order, key encodings and sizes. Pure; imports nothing of ours.

A value is its DynamoDB-JSON dict ({"N": "1"}), an item a dict of them, as decoded from JSON.
"""

from typing import Any

from jedlik.values.check import check_item, check_value
from jedlik.values.compare import compare, equal
from jedlik.values.errors import Invalid, Malformed
from jedlik.values.keys import (
    encode_key,
    encode_key_part,
    encode_key_tuple,
    escape_part,
    prefix_end,
)
from jedlik.values.numbers import (
    add,
    compare_numbers,
    encode_number,
    normalise,
    number_size,
    subtract,
)
from jedlik.values.sizes import item_size, value_size
from jedlik.values.tokens import token

Value = dict[str, Any]
Item = dict[str, Any]

__all__ = [
    "Invalid",
    "Item",
    "Malformed",
    "Value",
    "add",
    "check_item",
    "check_value",
    "compare",
    "compare_numbers",
    "encode_key",
    "encode_key_part",
    "encode_key_tuple",
    "encode_number",
    "equal",
    "escape_part",
    "item_size",
    "normalise",
    "number_size",
    "prefix_end",
    "subtract",
    "token",
    "value_size",
]
