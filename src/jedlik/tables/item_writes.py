"""The four things that can be asked of one item: put, update, delete, check; and what one did.

Each knows its condition and how to make the new image from the old one: pure, without clock or
store, so that a retry on another old image is just another call.
"""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct

from jedlik.tables.errors import Invalid
from jedlik.tables.indexes import check_index_keys, entry_of
from jedlik.tables.keys import Key
from jedlik.tables.model import Table
from jedlik.tables.stored import Stored, pack, size_of
from jedlik.values import item_size

Item = dict[str, Any]

ITEM_BYTES_MAX = 400 * 1024
"""An item with its local index entries (developer guide, Service quotas)."""


class Condition(Protocol):
    """What must hold of the old image; `jedlik.tables.expressions` makes these."""

    def holds(self, item: Item | None) -> bool:
        """Whether the item, or its absence, satisfies the condition."""
        ...


class Update(Protocol):
    """A change of an item; `jedlik.tables.expressions` makes these."""

    def apply(self, item: Item) -> Item:
        """A new item; the old one is left as it is. Raises Invalid in AWS's words."""
        ...


class PutWrite(Struct):
    """Replace the item. `item` is checked and normal (`values.check_item` gave `size`)."""

    table: Table
    key: Key
    item: Item
    size: int
    condition: Condition | None = None

    def apply(self, old: Stored | None, version: int) -> Stored:
        """The new image; raises Invalid for index keys or a size that cannot be."""
        table = self.table
        if table.indexes:
            check_index_keys(table, self.item, updating=False)
        stored = Stored(version, pack(self.item, self.size), self.item, self.size)
        if _too_large(table, self.key, stored):
            raise Invalid("Item size has exceeded the maximum allowed size")
        return stored


class PackedPut(Struct):
    """Replace the item by one that is packed already (`stored.pack`), checked and normal."""

    table: Table
    key: Key
    value: bytes
    condition: Condition | None = None

    @property
    def size(self) -> int:
        """By DynamoDB's accounting."""
        return size_of(self.value)

    @property
    def item(self) -> Item:
        """Decoded anew each time."""
        return Stored(0, self.value).item

    def apply(self, old: Stored | None, version: int) -> Stored:
        """The new image; raises Invalid as PutWrite does."""
        table = self.table
        stored = Stored(version, self.value)
        if table.indexes:
            check_index_keys(table, stored.item, updating=False)
        if _too_large(table, self.key, stored):
            raise Invalid("Item size has exceeded the maximum allowed size")
        return stored


class UpdateWrite(Struct):
    """Change the item, or make it from its key. `attributes` is the key as a map.

    `is_expression`: whether an update expression asks for it; AWS refuses index keys that cannot
    be in other words where AttributeUpdates does.
    """

    table: Table
    key: Key
    attributes: Item
    update: Update | None = None
    condition: Condition | None = None
    is_expression: bool = True

    def apply(self, old: Stored | None, version: int) -> Stored:
        """The new image; raises Invalid for what the update cannot do or make."""
        table = self.table
        item = old.item if old is not None else self.attributes
        if self.update is not None:
            item = self.update.apply(item)
        if table.indexes:
            check_index_keys(table, item, updating=self.is_expression)
        size = item_size(item)
        stored = Stored(version, pack(item, size), item, size)
        if _too_large(table, self.key, stored):
            raise Invalid("Item size to update has exceeded the maximum allowed size")
        return stored


class DeleteWrite(Struct):
    """Take the item away, if it is there."""

    table: Table
    key: Key
    condition: Condition | None = None

    def apply(self, old: Stored | None, version: int) -> None:
        """Nothing remains."""


class CheckWrite(Struct):
    """Only require the condition, in a transaction."""

    table: Table
    key: Key
    condition: Condition | None = None

    def apply(self, old: Stored | None, version: int) -> Stored | None:
        """The item stays as it is."""
        return old


ItemWrite = PutWrite | PackedPut | UpdateWrite | DeleteWrite | CheckWrite


class Written(Struct):
    """What a write did. `index_units` maps an index to the write capacity it took."""

    old: Stored | None
    new: Stored | None
    index_units: dict[str, int]
    collection_bytes: int | None = None
    index_places: dict[str, bytes] | None = None
    """Where in each global index: the token of the entry that is written, or goes."""

    @property
    def charged_bytes(self) -> int:
        """The bytes the table is charged for: the larger of both images."""
        return max(self.old.size if self.old else 0, self.new.size if self.new else 0)


def _too_large(table: Table, key: Key, stored: Stored) -> bool:
    """Whether the item, with its local index entries, exceeds what an item may be."""
    total = stored.size
    if table.has_local_indexes:
        for index in table.written_indexes:
            if index.kind == "local":
                entry = entry_of(table, index, stored.item, key, stored.value)
                total += size_of(entry[1]) if entry else 0
    return total > ITEM_BYTES_MAX
