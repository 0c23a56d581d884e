"""An item as it lies in storage: `size (4 bytes, little endian) + DynamoDB JSON`.

The size is DynamoDB's accounting, kept so that capacity and page limits need no decoding, and the
JSON is what a reply carries, so that reads answer by copying bytes. `stored.pyx` is this module
for the compiled form.
"""

from __future__ import annotations

from typing import Any, cast

import orjson

Item = dict[str, Any]


class Stored:
    """A stored item: version, size and JSON at hand, decoded only when somebody asks."""

    __slots__ = ("_item", "_size", "value", "version")

    def __init__(
        self, version: int, value: bytes, item: Item | None = None, size: int | None = None
    ) -> None:
        self.version = version
        self.value = value
        self._item = item
        self._size = size

    @property
    def size(self) -> int:
        """The item's size in bytes by DynamoDB's accounting."""
        if self._size is None:
            self._size = int.from_bytes(self.value[:4], "little")
        return self._size

    @property
    def json(self) -> bytes:
        """The item as DynamoDB JSON."""
        return self.value[4:]

    @property
    def item(self) -> Item:
        """The decoded item. Shared: whoever wants to change it must copy what it changes."""
        if self._item is None:
            self._item = cast(Item, orjson.loads(self.value[4:]))
        return self._item


def pack(item: Item, size: int) -> bytes:
    """The stored bytes of an item whose size is known."""
    return size.to_bytes(4, "little") + orjson.dumps(item)


def json_of(value: bytes) -> bytes:
    """The item as DynamoDB JSON, from stored bytes."""
    return value[4:]


def framed(before: bytes, value: bytes, after: bytes) -> bytes:
    """The item as DynamoDB JSON between two other pieces of an answer."""
    return b"".join((before, value[4:], after))


def size_of(value: bytes) -> int:
    """The size that stored bytes carry."""
    return int.from_bytes(value[:4], "little")
