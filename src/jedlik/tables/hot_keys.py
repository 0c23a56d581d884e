"""Hot keys: what watches have counted, told by name and kept by the minute.

    Watch (hashes) ─▶ named ─▶ HotKeys, in the internal table "hot_keys"

    (table id | index | kind, minute | who counted it) -> Contributions

Every process keeps what it has counted itself; whoever asks adds it up. A minute's rest, beyond the
KEPT_KEYS heaviest, is in the sums only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import msgspec
import orjson

from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable
from jedlik.tables.model import Index, Table
from jedlik.tables.throughput import Kind, Sketch, Watch
from jedlik.tables.throughput.watches import Name
from jedlik.values.tokens import TOKEN_BYTES

TABLE = "hot_keys"
GROUPS = "groups"
KEPT_KEYS = 100
KEPT_BYTES = 100_000
"""Of the names of one minute: keys may be long, a row may not."""
KEPT_MINUTES = 24 * 60
FORGOTTEN_PER_STEP = 200


@dataclass(frozen=True, slots=True)
class Contributions:
    """One minute of one kind. keys: (name, weight), the heaviest first; unique: about how many
    different ones; count, total, least, most: of single requests."""

    minute: int
    keys: list[tuple[Name, float]]
    unique: int
    count: int
    total: float
    least: float
    most: float


class HotKeys:
    """What was counted, of all tables; cheap to make, it holds nothing."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = InternalTable(db, TABLE)

    async def save(
        self, table: Table, index: Index | None, kind: Kind, found: Contributions
    ) -> None:
        """Keep a minute; durable when it returns."""
        group = group_of(table, index.name if index else None, kind)
        if await self._table.get(GROUPS, group) is None:
            try:
                await self._table.write(Change(GROUPS, group, b"{}"))
            except Contended:
                pass  # another process was faster
        name = f"{found.minute:010d}|{uuid4().hex}"
        await self._table.write(Change(group, name, msgspec.json.encode(found)))

    async def minutes(self, group: str, first: int, end: int) -> list[Contributions]:
        """The minutes of [first, end), in order; more than one of a minute, where several
        processes have counted, or one that was started again."""
        if not await self._table.exists():
            return []
        rows = await self._table.range(group, low=f"{first:010d}", high=f"{end:010d}")
        return [msgspec.json.decode(row.document, type=Contributions) for row in rows]

    async def forget(self, minute: int) -> bool:
        """Forget what is older than a minute, a bounded amount; whether there is more to do."""
        if not await self._table.exists():
            return False
        for group in await self._table.range(GROUPS):
            rows = await self._table.range(group.name, limit=FORGOTTEN_PER_STEP)
            old = [row for row in rows if int(row.name[:10]) < minute]
            gone = [Change(row.group, row.name, None, seen=row) for row in old]
            if len(old) == len(rows) < FORGOTTEN_PER_STEP:
                gone.append(Change(GROUPS, group.name, None, seen=group))
            try:
                for first in range(0, len(gone), 50):
                    await self._table.write(*gone[first : first + 50])
            except Contended:
                continue  # another process does the same
            if len(old) == FORGOTTEN_PER_STEP:
                return True
        return False


async def named(
    db: Database, table: Table, index: Index | None, watch: Watch, minute: int, sketch: Sketch
) -> Contributions:
    """What a sketch has found, with the names of its heaviest keys; those that nobody knows the
    name of any more are left out."""
    keys: list[tuple[Name, float]] = []
    size_bytes = 0
    for place, weight in sketch.top(KEPT_KEYS):
        name = watch.names.get(place) or await _stored_name(db, table, index, watch, place)
        if name is None:
            continue
        size_bytes += sum(len(text.encode("utf-8", "replace")) for text in name)
        if size_bytes > KEPT_BYTES:
            break
        keys.append((name, weight))
    return Contributions(
        minute, keys, sketch.unique(), sketch.count, sketch.total, sketch.least, sketch.most
    )


def group_of(table: Table, index_name: str | None, kind: Kind) -> str:
    """The group of rows of one kind of keys of a table or index."""
    return f"{table.id}|{index_name or ''}|{kind}"


def merged(minutes: Sequence[Contributions]) -> dict[int, Contributions]:
    """By minute, what several processes have counted added up."""
    found: dict[int, Contributions] = {}
    for each in minutes:
        before = found.get(each.minute)
        if before is None:
            found[each.minute] = each
            continue
        weights = dict(before.keys)
        for name, weight in each.keys:
            weights[name] = weights.get(name, 0.0) + weight
        keys = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))
        found[each.minute] = Contributions(
            each.minute,
            keys,
            max(len(keys), before.unique, each.unique),
            before.count + each.count,
            before.total + each.total,
            min(before.least, each.least),
            max(before.most, each.most),
        )
    return found


async def _stored_name(
    db: Database, table: Table, index: Index | None, watch: Watch, place: bytes
) -> Name | None:
    """The name of a place by a row that lies there."""
    sort = place[TOKEN_BYTES:]
    page = await db.engine.range(
        table.space if index is None else index.space,
        place[:TOKEN_BYTES],
        sort or None,
        sort or None,
        item_limit=1,
        byte_limit=1,
    )
    if not page.entries:
        return None
    item = orjson.loads(page.entries[0].value[4:])
    return watch.texts(item, partition_only=not sort)
