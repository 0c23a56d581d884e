"""The dictionary model: what the tables must hold, by the simplest rules that can be written.

It learns of a write when the store says that the write is durable, in the order of submission, and
decides for itself what must have come of it. It knows nothing of rows, guards and batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

from jedlik.tables.client_tokens import TOKEN_LIFE_MS
from jedlik.tables.model import Index, Table
from jedlik.values import Invalid, encode_key, item_size

Item = dict[str, Any]
Place = tuple[str, str | None]
"""An item's key: the text of its partition key, and of its sort key where there is one."""


@dataclass(frozen=True)
class Asks:
    """A condition on the item that is there: `kind` is exists, missing, or less (n < value)."""

    kind: str
    value: int = 0

    def holds(self, item: Item | None) -> bool:
        if self.kind == "exists":
            return item is not None
        if self.kind == "missing":
            return item is None
        return item is not None and "n" in item and int(item["n"]["N"]) < self.value


class Intent(NamedTuple):
    """One write that a client wants: what, where, and on which condition.

    `change` is the new item of a put, an object with `apply` for an update, else None.
    """

    kind: str
    space: int
    place: Place
    change: Any
    condition: Asks | None


class Refused(NamedTuple):
    """A write that must not happen. `codes`: a word for each of its intents."""

    codes: tuple[str, ...]
    old: Item | None = None


class Done(NamedTuple):
    """A write that must happen: (old, new) for each of its intents."""

    images: tuple[tuple[Item | None, Item | None], ...]

    @property
    def changes(self) -> bool:
        return any(old != new for old, new in self.images)


REPEATED = Refused(("repeated",))
MISMATCH = Refused(("mismatch",))
TOO_LARGE = Refused(("too large",))


@dataclass
class ModelTable:
    table: Table
    items: dict[Place, Item] = field(default_factory=dict)
    logs: dict[int, list[tuple[Item | None, Item | None]]] = field(default_factory=dict)

    def clone(self) -> ModelTable:
        logs = {part: list(log) for part, log in self.logs.items()}
        return ModelTable(self.table, dict(self.items), logs)

    def entries(self, index: Index) -> dict[Place, Item]:
        """What an index must hold: the projected item by the item's place."""
        found = {}
        for place, item in self.items.items():
            if all(usable_key(item, key.name, key.type) for key in index.keys.attributes):
                found[place] = projected(self.table, index, item)
        return found

    def collection_size(self, partition: str) -> int:
        """The bytes of an item collection: items and their entries in local indexes."""
        total = sum(item_size(i) for place, i in self.items.items() if place[0] == partition)
        for index in self.table.indexes:
            if index.kind == "local":
                entries = self.entries(index).items()
                total += sum(item_size(i) for place, i in entries if place[0] == partition)
        return total


class Model:
    def __init__(self, *, collection_bytes_max: int) -> None:
        self.collection_bytes_max = collection_bytes_max
        self.tables: dict[str, ModelTable] = {}
        self.by_space: dict[int, ModelTable] = {}
        """Also tables that are gone, for writes that were on their way."""
        self.tokens: dict[str, tuple[bytes, int]] = {}
        self.names_seen: list[tuple[str, bool]] = []
        """Each time a table came (True) or went, in order."""

    def clone(self) -> Model:
        copy = Model(collection_bytes_max=self.collection_bytes_max)
        copies = {space: table.clone() for space, table in self.by_space.items()}
        copy.by_space = copies
        copy.tables = {name: copies[t.table.space] for name, t in self.tables.items()}
        copy.tokens = dict(self.tokens)
        copy.names_seen = list(self.names_seen)
        return copy

    def catalog_put(self, table: Table) -> None:
        """A table was made or changed."""
        known = self.tables.get(table.name)
        if known is not None:
            assert known.table.id == table.id, f"table {table.name} was there already"
            known.table = table
            return
        assert table.space not in self.by_space, f"space {table.space} was given out twice"
        self.tables[table.name] = self.by_space[table.space] = ModelTable(table)
        self.names_seen.append((table.name, True))

    def catalog_delete(self, name: str) -> None:
        del self.tables[name]
        self.names_seen.append((name, False))

    def write(
        self,
        intents: list[Intent],
        *,
        together: bool,
        token: tuple[str, bytes] | None,
        now_ms: int,
    ) -> Done | Refused:
        """Do the intents, all or none, and say what must be answered."""
        if token is not None:
            fingerprint, at_ms = self.tokens.get(token[0], (b"", -TOKEN_LIFE_MS - 1))
            if at_ms + TOKEN_LIFE_MS >= now_ms:
                return REPEATED if fingerprint == token[1] else MISMATCH
        olds = [self.by_space[one.space].items.get(one.place) for one in intents]
        codes, images = [], []
        for one, old in zip(intents, olds, strict=True):
            code, new = self._outcome(one, old)
            codes.append(code)
            images.append((old, new))
        if set(codes) != {"ok"}:
            if together:
                return Refused(tuple(codes))
            first = next(at for at, code in enumerate(codes) if code != "ok")
            return Refused((codes[first],), olds[first] if codes[first] == "condition" else None)
        done = Done(tuple(images))
        if self._too_large(intents, done):
            return TOO_LARGE
        for one, (old, new) in zip(intents, done.images, strict=True):
            self._apply(self.by_space[one.space], one.place, old, new)
        if token is not None:
            self.tokens[token[0]] = (token[1], now_ms)
        return done

    def _outcome(self, one: Intent, old: Item | None) -> tuple[str, Item | None]:
        if one.condition is not None and not one.condition.holds(old):
            return "condition", None
        if one.kind in ("delete", "check"):
            return "ok", None if one.kind == "delete" else old
        if one.kind == "put":
            new: Item = one.change
        else:
            table = self.by_space[one.space].table
            try:
                new = one.change.apply(old if old is not None else key_attributes(table, one.place))
            except Invalid:
                return "invalid", None
        for index in self.by_space[one.space].table.indexes:
            for key in index.keys.attributes:
                if key.name in new and not usable_key(new, key.name, key.type):
                    return "invalid", None
        return "ok", new

    def _too_large(self, intents: list[Intent], done: Done) -> bool:
        """Whether an item collection would grow beyond its limit."""
        touched = {
            (one.space, one.place[0])
            for one in intents
            if any(i.kind == "local" for i in self.by_space[one.space].table.indexes)
        }
        for space, partition in sorted(touched):
            table = self.by_space[space]
            before = table.collection_size(partition)
            after = table.clone()
            for one, (_, new) in zip(intents, done.images, strict=True):
                if one.space == space:
                    _set(after.items, one.place, new)
            size = after.collection_size(partition)
            if size > before and size > self.collection_bytes_max:
                return True
        return False

    def _apply(self, table: ModelTable, place: Place, old: Item | None, new: Item | None) -> None:
        _set(table.items, place, new)
        if table.table.logged and old != new:
            part = table.table.part_of(token_of(place))
            table.logs.setdefault(part, []).append((old, new))


def usable_key(item: Item, name: str, kind: str) -> bool:
    return bool(item.get(name, {}).get(kind))


def projected(table: Table, index: Index, item: Item) -> Item:
    if index.projection == "ALL":
        return item
    wanted = {*table.keys.names, *index.keys.names, *index.non_key}
    return {name: value for name, value in item.items() if name in wanted}


def key_attributes(table: Table, place: Place) -> Item:
    return {
        key.name: {key.type: text}
        for key, text in zip(table.keys.attributes, place, strict=False)
        if text is not None
    }


def place_of(table: Table, item: Item) -> Place:
    texts = [item[key.name][key.type] for key in table.keys.attributes]
    return texts[0], texts[1] if len(texts) > 1 else None


def token_of(place: Place) -> bytes:
    return blake2b(encode_key({"S": place[0]}), digest_size=16).digest()


def sort_order(table: Table, places: Iterator[Place] | list[Place]) -> list[Place]:
    """Places of one partition in the order of a Query."""
    numeric = len(table.keys.attributes) > 1 and table.keys.attributes[1].type == "N"
    return sorted(places, key=lambda place: int(place[1] or 0) if numeric else place[1] or "")


def _set(items: dict[Place, Item], place: Place, item: Item | None) -> None:
    if item is None:
        items.pop(place, None)
    else:
        items[place] = item
