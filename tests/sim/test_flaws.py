"""The simulation finds what it is meant to find: each of these engines has one deliberate flaw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from jedlik.storage.waist import ANY, Batch, Conflict, Delete, Keep, Put
from tests.sim.simulation import Failed, simulate
from tests.sim.split_engine import writes

SEEDS_MAX = 60
FIRST_ITEM_SPACE = 16


class Flawed:
    """Passes everything on, but spoils commits."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def commit(self, batch: Batch) -> Conflict | None:
        answer: Conflict | None = await self._engine.commit(self.spoilt(batch))
        return answer

    def spoilt(self, batch: Batch) -> Batch:
        return batch


class DropsAnIndexRow(Flawed):
    """The last row of a batch of several for one item is, more often than not, an index's."""

    def spoilt(self, batch: Batch) -> Batch:
        kept = [w for w in batch.writes if not (isinstance(w, Put) and w.key[3])]
        return batch._replace(writes=kept)


class LeavesIndexRows(Flawed):
    def spoilt(self, batch: Batch) -> Batch:
        kept = [w for w in batch.writes if not (isinstance(w, Delete) and w.key[3])]
        return batch._replace(writes=kept)


class ForgetsTheLog(Flawed):
    def spoilt(self, batch: Batch) -> Batch:
        return batch._replace(changes=())


class CountsNothing(Flawed):
    def spoilt(self, batch: Batch) -> Batch:
        return batch._replace(tallies=())


class LogsTwice(Flawed):
    def spoilt(self, batch: Batch) -> Batch:
        return batch._replace(changes=[*batch.changes, *batch.changes])


class SkipsGuards(Flawed):
    """Lost updates: only where clients can overtake each other."""

    def spoilt(self, batch: Batch) -> Batch:
        kept = [w._replace(expect=ANY) if w.key[0] >= FIRST_ITEM_SPACE else w for w in batch.writes]
        return batch._replace(writes=kept)


class RefusesAtOnce(Flawed):
    """A refusal does not wait for what it was judged on."""

    async def commit(self, batch: Batch) -> Conflict | None:
        if not writes(batch):
            return None
        return await super().commit(batch)


class AnswersAtOnce(Flawed):
    """A write is acknowledged before it is durable."""

    async def commit(self, batch: Batch) -> Conflict | None:
        if batch.writes and batch.writes[0].key[0] < FIRST_ITEM_SPACE:
            return await super().commit(batch)
        going = asyncio.ensure_future(self._engine.commit(batch))
        await asyncio.sleep(0)
        if going.done():
            answer: Conflict | None = going.result()
            return answer
        going.add_done_callback(lambda done: done.cancelled() or done.exception())
        return None


class TearsTransactions(Flawed):
    """Two commits where one was asked for."""

    async def commit(self, batch: Batch) -> Conflict | None:
        items = [w for w in batch.writes if not isinstance(w, Keep)]
        if len(items) < 2 or items[0].key[0] < FIRST_ITEM_SPACE:
            return await super().commit(batch)
        conflict = await super().commit(batch._replace(writes=batch.writes[:1]))
        if conflict is not None:
            return conflict
        rest = Batch(batch.version + 1, [w._replace(expect=ANY) for w in batch.writes[1:]])
        return await super().commit(rest)


class ForgetsClientTokens(Flawed):
    def spoilt(self, batch: Batch) -> Batch:
        return batch._replace(writes=[w for w in batch.writes if w.key[0] != 1])


class ShowsWhatIsPending(Flawed):
    """Plain reads are not confined to what is durable."""

    async def get_one(self, key: Any, *, pending: bool = False) -> Any:
        return await self._engine.get_one(key, pending=True)


FLAWS: list[Callable[[Any], Any]] = [
    DropsAnIndexRow,
    LeavesIndexRows,
    ForgetsTheLog,
    CountsNothing,
    LogsTwice,
    SkipsGuards,
    RefusesAtOnce,
    AnswersAtOnce,
    TearsTransactions,
    ForgetsClientTokens,
    ShowsWhatIsPending,
]


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_found(flaw: Callable[[Any], Any]) -> None:
    for seed in range(1, SEEDS_MAX):
        try:
            simulate(seed, flaw=flaw)
        except Failed:
            return
    raise AssertionError(f"{SEEDS_MAX} seeds did not notice")
