"""Reads by key with an item cache before the engine; one object for each request.

`View` is what a handler sees of the database instead of the database.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, Protocol

from jedlik.api.context import Context
from jedlik.services.dax.item_cache import ItemCache
from jedlik.services.dax.memory import Entry
from jedlik.storage.waist import Key, Row
from jedlik.tables.database import Database
from jedlik.tables.errors import Throttled
from jedlik.tables.model import Table
from jedlik.tables.throughput import Flow
from jedlik.tables.throughput.flows import OperationFigures

READ_UNIT_BYTES = 4096


class Wanted(NamedTuple):
    """A row that no cache has. rate: units for each 4 KB begun."""

    table: Table
    key: Key
    rate: float


class Source(Protocol):
    """Where missed rows come from: the tables, here or in another process."""

    async def rows(self, wanted: Sequence[Wanted], now: float) -> list[Row | Throttled | None]:
        """A row, or why it cannot be had now. `now`: epoch seconds."""


class TableRows:
    """A Source: rows of this process's tables, which take what tables have."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def rows(self, wanted: Sequence[Wanted], now: float) -> list[Row | Throttled | None]:
        found: list[Row | Throttled | None] = [None] * len(wanted)
        admitted = []
        for i, (table, key, _) in enumerate(wanted):
            lane = self._db.flows.of(table).read
            if now < lane.shut_until:
                try:
                    lane.admit(lane.place_of(key[1], key[2]), now)
                except Throttled as fault:
                    found[i] = fault
                    continue
            admitted.append(i)
        engine = self._db.engine
        if len(admitted) == 1:
            rows = [await engine.get_one(wanted[admitted[0]].key)]
        elif admitted:
            rows = await engine.get([wanted[i].key for i in admitted])
        else:
            rows = []
        for i, row in zip(admitted, rows, strict=True):
            table, key, rate = wanted[i]
            lane = self._db.flows.of(table).read
            lane.take(lane.place_of(key[1], key[2]), units_of(row, rate), now)
            found[i] = row
        return found


def units_of(row: Row | None, rate: float) -> float:
    """What reading a row takes."""
    size = int.from_bytes(row.value[:4], "little") if row is not None else 0
    return max(1, -(-size // READ_UNIT_BYTES)) * rate


class CachedReads:
    """The two reads by key of an engine.

    strong: spaces that are read past the cache. hits, misses: of eventually consistent reads.
    entry: the last one used, for those who ask for one item. missed_units: by space. throttled:
    what must wait, by space, token and sort. tables, now: filled in by `View`. ctx: where
    BatchGetItem names the tables that it did not ask a flow of.
    """

    __slots__ = ("_items", "_source", "_strong", "ctx", "entry", "hits", "missed_units", "misses",
                 "now", "tables", "throttled")  # fmt: skip

    def __init__(self, source: Source, items: ItemCache, strong: Collection[int] = ()) -> None:
        self._source = source
        self._items = items
        self._strong = strong
        self.entry: Entry | None = None
        self.hits = self.misses = 0
        self.missed_units: dict[int, float] = {}
        self.tables: dict[int, Table] = {}
        self.throttled: dict[tuple[int, bytes, bytes], Throttled] = {}
        self.now = 0.0
        self.ctx: Context | None = None

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        assert not pending, "only writes read what is pending, and they do not come here"
        short = key[:3]
        found = self._items.find(short)
        if found is not None:
            self.hits += 1
            self.entry = found
            return None if found.content is None else Row(found.version, found.content)
        ticket = self._items.ticket(short)
        (row,) = await self._source.rows((self._wanted(key),), self.now)
        if isinstance(row, Throttled):
            raise row
        self.entry = self._missed(short, ticket, row)
        return row

    async def get(
        self, keys: Sequence[Key], *, pending: bool = False, snapshot: bool = False
    ) -> list[Row | None]:
        """What must wait is None, and among `throttled`; raises Throttled if that is everything."""
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
        if not wanted:
            return found
        rows = await self._source.rows([self._wanted(keys[i]) for i, _ in wanted], self.now)
        for (i, ticket), row in zip(wanted, rows, strict=True):
            short = keys[i][:3]
            if isinstance(row, Throttled):
                self.throttled[short] = row
                continue
            found[i] = row
            if short[0] not in self._strong:
                self._missed(short, ticket, row)
        if len(self.throttled) == len(keys):
            raise next(iter(self.throttled.values()))
        return found

    def is_strong(self, space: int) -> bool:
        return space in self._strong

    def _wanted(self, key: Key) -> Wanted:
        table = self.tables.get(key[0])
        if table is None and self.ctx is not None:
            self.tables.update((each.space, each) for each in self.ctx.tables or ())
        return Wanted(table or self.tables[key[0]], key, 1.0 if key[0] in self._strong else 0.5)

    def _missed(self, key: tuple[int, bytes, bytes], ticket: int, row: Row | None) -> Entry | None:
        self.misses += 1
        units = units_of(row, 0.5)
        self.missed_units[key[0]] = self.missed_units.get(key[0], 0.0) + units
        if row is None:
            return self._items.fill(key, ticket, 0, None)
        return self._items.fill(key, ticket, row.version, row.value)


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
        self.engine.tables[table.space] = table
        return MissesOnly(flow, self.engine)


class MissesOnly:
    """A Flow and its read lane as the handlers of GetItem and BatchGetItem use them: the `Source`
    has admitted and metered what really goes to the table, and here is only told what must wait.
    """

    __slots__ = ("_flow", "_reads")

    reports_only = False
    parts = None

    def __init__(self, flow: Flow, reads: CachedReads) -> None:
        self._flow = flow
        self._reads = reads

    @property
    def read(self) -> MissesOnly:
        return self

    @property
    def shut_until(self) -> float:
        return float("inf") if self._reads.throttled else float("-inf")

    def operation(self, name: str) -> OperationFigures:
        return self._flow.operation(name)

    def place_of(self, token: bytes, sort: bytes = b"") -> tuple[bytes, bytes]:
        return token, sort

    def refusal(self, place: object, now: float) -> None:
        return None

    def admit(self, place: tuple[bytes, bytes], now: float) -> None:
        fault = self._reads.throttled.get((self._flow.table.space, *place))
        if fault is not None:
            raise fault

    def take(self, place: object, units: float, now: float) -> None:
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
