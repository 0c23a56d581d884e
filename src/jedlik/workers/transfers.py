"""Does exports, imports and bulk puts, a piece of each at a step.

They are stored (`services/dynamodb/transfers.py`); what a step does is in `exporting.py` and
`importing.py` there.
"""

from __future__ import annotations

import asyncio
from functools import partial

from jedlik.services.dynamodb import exporting, importing, transfers
from jedlik.services.dynamodb.coding import NoCoders
from jedlik.services.dynamodb.importing import Importer
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.workers.left import Left

PAUSE_S = 0.02


class Transfers:
    """Does what is stored."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._importers: dict[str, Importer] = {}
        self._left = Left(partial(importing.forget_what_never_began, db), shared=db.catalog.shared)
        db.transfer_work.set()  # an earlier process may have left some

    async def step(self, now_ms: int) -> bool:
        """Do some of each; whether there is more to do right away. What nobody expected of one is
        raised after the others had their turns, so that it does not hold them up."""
        await self._left.look()
        self._db.transfer_work.clear()
        going_on = paused = False
        fault: Exception | None = None
        found = await transfers.active(self._db)
        for gone in self._importers.keys() - {each.arn for each in found}:
            self._importers.pop(gone).forget()
        for each in found:
            try:
                if each.kind == "export":
                    going_on |= await exporting.advance(self._db, each)
                    continue
                importer = self._importers.setdefault(each.arn, Importer(self._db, each))
                if importer.may_go_on(now_ms) or each.status == "CANCELLING":
                    going_on |= await importer.advance(each)
                else:
                    paused = True
            except Contended:
                going_on = True  # it was changed meanwhile
            except NoCoders:
                going_on = True  # what is not stored is done again
                for importer in self._importers.values():
                    importer.forget()
            except Exception as unexpected:
                fault = fault or unexpected
                if each.arn in self._importers:
                    self._importers.pop(each.arn).forget()
        if fault is not None:
            raise fault
        if paused and not going_on:
            await asyncio.sleep(PAUSE_S)
        return going_on or paused
