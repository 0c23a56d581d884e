"""A watch: which keys of one table or index take most, and which are throttled most, by the minute.

Lanes tell it of every request that names a key (`lanes.py`); one without contributor insights has
none, and pays for one look at an attribute. Weights are DynamoDB's ConsumedThroughputUnits: units
read, and three times the units written (developer guide, "CloudWatch contributor insights for
DynamoDB: how it works").

Places are hashes, so the keys are remembered, too, as they come by: the most recent ones, and what
is hot is always recent. `tables/hot_keys.py` finds others in storage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from jedlik.tables.throughput.sketches import Sketch
from jedlik.values.tokens import TOKEN_BYTES

if TYPE_CHECKING:
    from jedlik.tables.keys import Key, KeyOf
    from jedlik.tables.model import KeySchema

Kind = Literal["PKC", "SKC", "PKT", "SKT"]
"""Partition keys, or both keys; accessed (consumed), or throttled."""

WRITE_WEIGHT = 3.0
NAMES_MAX = 8192
MINUTES_MAX = 10
"""Minutes that wait for being saved; older ones are forgotten."""

Name = tuple[str, ...]
"""The values of a key's attributes, as text."""


class Watch:
    """accessed: whether what is taken is counted, or only what is throttled. since_ms: when
    insights were enabled; enabled again, they begin anew."""

    __slots__ = ("_minute", "_sketches", "accessed", "keys", "minutes", "names", "since_ms")

    def __init__(self, keys: KeySchema, since_ms: int = 0) -> None:
        self.keys = keys
        self.since_ms = since_ms
        self.accessed = True
        self.minutes: dict[int, dict[Kind, Sketch]] = {}
        """By minutes since the epoch."""
        self.names: dict[bytes, Name] = {}
        """By token, and by token and sort key; the most recent ones last."""
        self._minute = -1
        self._sketches: dict[Kind, Sketch] = {}

    def took(self, access: str, place: bytes, units: float, now: float) -> None:
        """A request for a place (or a token: a whole partition) came to so many units."""
        if self.accessed and units > 0:
            self._count("C", place, units * WRITE_WEIGHT if access == "write" else units, now)

    def throttled(self, place: bytes, now: float) -> None:
        """A request for a place was throttled."""
        self._count("T", place, 1.0, now)

    def name(self, key: Key, item: dict[str, Any]) -> None:
        """Remember what a place is called."""
        partition = self._texts(item, len(self.keys.partition))
        self._remember(key.token, partition)
        if self.keys.sort:
            self._remember(key.token + key.sort, self._texts(item, None))

    def name_partition(self, token: bytes, values: Sequence[dict[str, Any]]) -> None:
        """Remember what a partition is called: the values of its key."""
        self._remember(token, tuple(_text(value) for value in values))

    def texts(self, item: dict[str, Any], *, partition_only: bool) -> Name:
        """What the key of an item is called."""
        return self._texts(item, len(self.keys.partition) if partition_only else None)

    def before(self, minute: int) -> Iterator[tuple[int, dict[Kind, Sketch]]]:
        """The minutes before this one, which are forgotten with that."""
        for each in sorted(self.minutes):
            if each < minute:
                yield each, self.minutes.pop(each)
        if self._minute not in self.minutes:
            self._minute = -1

    def _count(self, what: str, place: bytes, weight: float, now: float) -> None:
        minute = int(now // 60)
        if minute != self._minute:
            self._begin(minute)
        sketches = self._sketches
        _sketch(sketches, "PK" + what).add(place[:TOKEN_BYTES], weight)
        if self.keys.sort and len(place) > TOKEN_BYTES:
            _sketch(sketches, "SK" + what).add(place, weight)

    def _begin(self, minute: int) -> None:
        self._sketches = self.minutes.setdefault(minute, {})
        self._minute = minute
        while len(self.minutes) > MINUTES_MAX:
            del self.minutes[min(self.minutes)]

    def _texts(self, item: dict[str, Any], count: int | None) -> Name:
        return tuple(_text(item[name]) for name in self.keys.names[:count])

    def _remember(self, place: bytes, name: Name) -> None:
        names = self.names
        names.pop(place, None)
        names[place] = name
        if len(names) > NAMES_MAX:
            del names[next(iter(names))]


class NamingKeys:
    """A table's `key_of` that tells a watch what the keys are called."""

    __slots__ = ("_key_of", "_watch")

    def __init__(self, key_of: KeyOf, watch: Watch) -> None:
        self._key_of = key_of
        self._watch = watch

    def __call__(self, item: dict[str, Any]) -> Key:
        key = self._key_of(item)
        self._watch.name(key, item)
        return key


def _sketch(sketches: dict[Kind, Sketch], kind: Any) -> Sketch:
    found = sketches.get(kind)
    if found is None:
        found = sketches[kind] = Sketch()
    return found


def _text(value: dict[str, Any]) -> str:
    """A string or number as it is, binary in Base64 as JSON has it."""
    return str(next(iter(value.values())))
