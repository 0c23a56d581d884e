"""Sizes of already checked items and values in DynamoDB's own accounting.

UTF-8 bytes of names and strings, bytes of binaries, number_size for numbers, 1 for a boolean or
null, members added up for sets, 3 + 1 per element for lists and maps (developer guide, "DynamoDB
item sizes and formats"). check_item gives the same sizes while it validates; these serve what was
stored or computed. Never validates.
"""

from __future__ import annotations

from typing import Any

from jedlik.values.check import (
    ELEMENT_OVERHEAD_BYTES,
    LIST_OR_MAP_OVERHEAD_BYTES,
    binary_size,
)
from jedlik.values.numbers import number_size


def item_size(item: dict[str, Any]) -> int:
    """Bytes of a checked item: its attribute names and values."""
    size = 0
    for name, value in item.items():
        size += len(name) if name.isascii() else len(name.encode())
        for kind, content in value.items():
            if kind == "S":
                size += len(content) if content.isascii() else len(content.encode())
            elif kind == "N":
                size += number_size(content)
            else:
                size += value_size(value)
    return size


def value_size(value: dict[str, Any]) -> int:
    """Bytes of one checked value."""
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content) if content.isascii() else len(content.encode())
    if kind == "N":
        return number_size(content)
    if kind == "B":
        return binary_size(content)
    if kind == "M":
        size = LIST_OR_MAP_OVERHEAD_BYTES
        for name, inner in content.items():
            size += len(name.encode()) + ELEMENT_OVERHEAD_BYTES + value_size(inner)
        return size
    if kind == "L":
        size = LIST_OR_MAP_OVERHEAD_BYTES
        for inner in content:
            size += ELEMENT_OVERHEAD_BYTES + value_size(inner)
        return size
    if kind == "SS":
        return sum([len(member.encode()) for member in content])
    if kind == "NS":
        return sum([number_size(member) for member in content])
    if kind == "BS":
        return sum([binary_size(member) for member in content])
    return 1
