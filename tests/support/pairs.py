"""Two databases that are to come to the same: in one of them writes go by an operation's ways where
those take them, in the other by the operation.
"""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import Operation
from jedlik.api.ways import Way
from jedlik.changes.record import decode_record
from jedlik.tables.database import Database
from jedlik.tables.errors import Invalid, TableNotFound
from jedlik.tables.model import KeyAttribute, KeySchema, KeyType, StreamSettings, Table
from jedlik.values.errors import Malformed

NOW = 1_700_000_000.0
KEYS: dict[str, tuple[KeyType, KeyType | None]] = {
    "text": ("S", None),
    "number": ("N", None),
    "bytes": ("B", None),
    "both": ("S", "N"),
    "texts": ("S", "S"),
    "logged": ("S", None),
}
"""Tables and their keys; the last one has a stream."""


class HandClock:
    def __init__(self) -> None:
        self.ms = int(NOW * 1000)

    def now_ms(self) -> int:
        return self.ms


async def context(engine: Any) -> Context:
    db = Database(engine, clock=HandClock())
    await db.open()
    for name, (partition, sort) in KEYS.items():
        keys = KeySchema(
            (KeyAttribute("pk", partition),), (KeyAttribute("sk", sort),) if sort else ()
        )
        types: dict[str, KeyType] = {"pk": partition} | ({"sk": sort} if sort else {})
        stream = StreamSettings("KEYS_ONLY", "then") if name == "logged" else None
        await db.create_table(Table("1", "r", name, keys, types, stream=stream))
    return Context(db, "1", "r", None, "", NOW)


class Pair:
    """way: what goes by ways where there are some; ordinary: what never does."""

    def __init__(self, way: Context, ordinary: Context, operation: Operation) -> None:
        self.way, self.ordinary, self.operation = way, ordinary, operation

    async def write(self, found: Way | None, body: bytes) -> bool:
        """Write on both sides; whether the way took it. What is refused there is on both."""
        answer = None if found is None else found.answer(body, NOW)
        took = answer is not None
        outcome = answer if took else await self.outcome(self.way, body)
        if took and not isinstance(answer, bytes):
            await answer.waiting
            outcome = answer.answer()
        assert outcome == await self.outcome(self.ordinary, body)
        return took

    async def alike(self) -> None:
        """Rows, tallies, logs and what was counted."""
        for name in KEYS:
            seen = []
            for ctx in (self.way, self.ordinary):
                table = await ctx.db.catalog.get("1", "r", name)
                page = await ctx.db.engine.scan(
                    table.space, b"", None, item_limit=100_000, byte_limit=1 << 30
                )
                rows = [(e.token, e.sort, e.sub, e.value) for e in page.entries]
                lane = ctx.db.flows.of(table).write
                counts = lane.count, lane.total, lane.most, lane.least, lane.shut_until
                stats = await ctx.db.engine.stats(table.space)
                seen.append((rows, stats, await log_of(ctx.db, table), counts))
            assert seen[0] == seen[1]

    async def outcome(self, ctx: Context, body: bytes) -> Any:
        """The operation's answer, or in which words it refuses."""
        try:
            req = orjson.loads(body)
        except orjson.JSONDecodeError:
            return "no JSON"
        try:
            self.operation.check(req)
            return await self.operation(ctx, req)
        except (ApiError, Invalid, Malformed, TableNotFound) as refusal:
            return type(refusal), str(refusal)


async def log_of(db: Database, table: Table) -> list[Any]:
    """What its log holds, part by part: times and images."""
    found = []
    for part in range(table.parts):
        for entry in await db.engine.log_read(table.log_space, part, 0, 100_000):
            record = decode_record(entry.record)
            found.append((part, record.at_ms, record.old, record.new, record.actor))
    return found
