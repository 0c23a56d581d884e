"""Reads by key with an item cache before the engine; one object for each request.

`View` is what a handler sees of the database instead of the database.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from jedlik.services.dax.item_cache import ItemCache
from jedlik.services.dax.memory import Entry
from jedlik.storage.waist import Engine, Key, Row
from jedlik.tables.database import Database
from jedlik.tables.model import Table
from jedlik.tables.throughput import Flow, Lane
from jedlik.tables.throughput.flows import OperationFigures

READ_UNIT_BYTES = 4096


class CachedReads:
    """The two reads by key of an engine.

    strong: spaces that are read past the cache. hits, misses: of eventually consistent reads.
    entry: the last one used, for those who ask for one item. missed_units: by space.
    """

    __slots__ = ("_engine", "_items", "_strong", "entry", "hits", "lanes", "missed_units", "misses",
                 "now")  # fmt: skip

    def __init__(self, engine: Engine, items: ItemCache, strong: Collection[int] = ()) -> None:
        self._engine = engine
        self._items = items
        self._strong = strong
        self.entry: Entry | None = None
        self.hits = self.misses = 0
        self.missed_units: dict[int, float] = {}
        self.lanes: dict[int, Lane] = {}
        self.now = 0.0

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        assert not pending, "only writes read what is pending, and they do not come here"
        short = key[:3]
        found = self._items.find(short)
        if found is not None:
            self.hits += 1
            self.entry = found
            return None if found.content is None else Row(found.version, found.content)
        ticket = self._items.ticket(short)
        self._admit(key)
        row = await self._engine.get_one(key)
        self.entry = self._missed(short, ticket, row)
        return row

    async def get(
        self, keys: Sequence[Key], *, pending: bool = False, snapshot: bool = False
    ) -> list[Row | None]:
        assert not (pending or snapshot), "transactions and writes do not come here"
        found: list[Row | None] = [None] * len(keys)
        wanted: list[tuple[int, int]] = []
        for i, key in enumerate(keys):
            entry = None if key[0] in self._strong else self._items.find(key[:3])
            if entry is None:
                wanted.append((i, self._items.ticket(key[:3])))
            else:
                self.hits += 1
                if entry.content is not None:
                    found[i] = Row(entry.version, entry.content)
        for i, _ in wanted:
            self._admit(keys[i])
        if wanted:
            rows = await self._engine.get([keys[i] for i, _ in wanted])
            for (i, ticket), row in zip(wanted, rows, strict=True):
                found[i] = row
                if keys[i][0] not in self._strong:
                    self._missed(keys[i][:3], ticket, row)
                else:
                    self._take(keys[i][:3], _steps(row) * 1.0)
        return found

    def is_strong(self, space: int) -> bool:
        return space in self._strong

    def _missed(self, key: tuple[int, bytes, bytes], ticket: int, row: Row | None) -> Entry | None:
        self.misses += 1
        units = _steps(row) * 0.5
        self._take(key, units)
        self.missed_units[key[0]] = self.missed_units.get(key[0], 0.0) + units
        if row is None:
            return self._items.fill(key, ticket, 0, None)
        return self._items.fill(key, ticket, row.version, row.value)

    def _admit(self, key: Key) -> None:
        """What the cache has not got is read from the table; raises Throttled."""
        lane = self.lanes.get(key[0])
        if lane is not None and self.now < lane.shut_until:
            lane.admit(lane.place_of(key[1], key[2]), self.now)

    def _take(self, key: tuple[int, bytes, bytes], units: float) -> None:
        lane = self.lanes.get(key[0])
        if lane is not None:
            lane.take(lane.place_of(key[1], key[2]), units, self.now)


def _steps(row: Row | None) -> int:
    size = int.from_bytes(row.value[:4], "little") if row is not None else 0
    return max(1, -(-size // READ_UNIT_BYTES))


class View:
    """What GetItem and BatchGetItem use of a Database. `now`: epoch seconds."""

    __slots__ = ("_flows", "catalog", "engine")

    def __init__(self, db: Database, reads: CachedReads, now: float) -> None:
        self.catalog = db.catalog
        self.engine = reads
        self._flows = db.flows
        reads.now = now

    @property
    def flows(self) -> View:
        """Itself: of a Flow, the two operations use what is here."""
        return self

    def of(self, table: Table) -> MissesOnly:
        """What the handler meters itself with: nothing, since only misses count."""
        flow = self._flows.of(table)
        self.engine.lanes[table.space] = flow.read
        return MissesOnly(flow)


class MissesOnly:
    """A Flow and its read lane as the handlers of GetItem and BatchGetItem use them, which lets
    everything pass: `CachedReads` meters what really goes to the table."""

    __slots__ = ("_flow",)

    reports_only = False
    shut_until = float("-inf")
    parts = None

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    @property
    def read(self) -> MissesOnly:
        return self

    def operation(self, name: str) -> OperationFigures:
        return self._flow.operation(name)

    def place_of(self, token: bytes, sort: bytes = b"") -> bytes:
        return token

    def refusal(self, place: bytes, now: float) -> None:
        return None

    def take(self, place: bytes, units: float, now: float) -> None:
        """Not here."""


def without_hits(
    answer: dict[str, Any], reads: CachedReads, table_of: Callable[[str], Table | None]
) -> dict[str, Any]:
    """The answer with the capacity that was really taken: hits take none.

    A batch leaves out tables whose items all came from the cache; AWS's Python client says so
    where it fills in zeros for them. GetItem tells a zero. (Unverified otherwise.)
    """
    told = answer.get("ConsumedCapacity")
    if told is None or not reads.hits:
        return answer
    is_batch = isinstance(told, list)
    kept = []
    for one in told if is_batch else [told]:
        table = table_of(one["TableName"])
        if table is None or reads.is_strong(table.space):
            kept.append(one)
            continue
        units = reads.missed_units.get(table.space, 0.0)
        if units or not is_batch:
            one["CapacityUnits"] = units
            if "Table" in one:
                one["Table"]["CapacityUnits"] = units
            kept.append(one)
    answer["ConsumedCapacity"] = kept if is_batch else kept[0]
    return answer
