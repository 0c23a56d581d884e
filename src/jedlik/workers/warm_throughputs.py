"""Stores what on-demand tables and indexes have grown to, so that a restart does not forget it.

The peaks of the last half hour, and what is left of bursts, are not stored: after a restart a
provisioned table has its burst again, and an on-demand one begins a new half hour.
"""

from __future__ import annotations

from msgspec.structs import replace

from jedlik.tables.database import Database
from jedlik.tables.errors import Contended, TableNotFound
from jedlik.tables.model import Index, Table, WarmThroughput
from jedlik.tables.throughput.flows import ON_DEMAND_READ_UNITS, ON_DEMAND_WRITE_UNITS

INITIAL = WarmThroughput(ON_DEMAND_READ_UNITS, ON_DEMAND_WRITE_UNITS)


class WarmThroughputs:
    """Looks at the tables that were used, once a minute; writes only where one has grown."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def step(self, now_ms: int) -> bool:
        """Store what has grown; there is never more to do right away."""
        for flow in self._db.flows:
            known = flow.table
            table = self._db.catalog.cached(known.account, known.region, known.name)
            if table is None or table.id != known.id:
                continue  # deleted, or not used since another process changed it
            if table.billing != "PAY_PER_REQUEST":
                continue
            grown = self._grown(table)
            if grown is table:
                continue
            try:
                self._db.flows.of(await self._db.replace_table(table, grown))
            except (Contended, TableNotFound):
                continue  # it was changed meanwhile: the next look finds it
        return False

    def _grown(self, table: Table) -> Table:
        """The table with the warm throughput it has now; itself where that is stored already."""
        indexes = tuple(
            replace(index, warm=warm)
            if index.kind == "global" and (warm := self._warmer(table, index)) is not None
            else index
            for index in table.indexes
        )
        warm = self._warmer(table, None)
        if warm is None and all(
            new is old for new, old in zip(indexes, table.indexes, strict=True)
        ):
            return table
        return replace(table, warm=warm or table.warm, indexes=indexes)

    def _warmer(self, table: Table, index: Index | None) -> WarmThroughput | None:
        stored = (table if index is None else index).warm or INITIAL
        warm = self._db.flows.warm(table, index)
        return None if warm == stored else warm
