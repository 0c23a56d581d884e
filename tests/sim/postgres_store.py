"""A PostgreSQL store under the simulation: the real engine and a real server, stepped by hand.

The engine lives on an event loop of its own, in a thread; to the simulation each call of it takes
no time, so a seed tells the same story every time. Commits wait in a queue, and a step takes one
of them to the server, perhaps over a connection that is lost before the work or after it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from random import Random
from typing import Any

import asyncpg

from jedlik.storage.postgres import PostgresEngine
from jedlik.storage.postgres_schema import drop_schema
from jedlik.storage.waist import Batch, Conflict, Key, Row, Unknown


class Pending:
    """A batch that waits for its step."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.state = "waiting"
        self.answer: asyncio.Future[Conflict | None] | None = None


class PostgresStore:
    engine: QueuedEngine

    def __init__(self, random: Random, url: str) -> None:
        self._random = random
        self._url = url
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._real: PostgresEngine | None = None
        self._next = Pending(Batch(1, ()))

    def open(self) -> None:
        self._real = self.call(PostgresEngine.open(self._url))
        self.engine = QueuedEngine(self, self._real)
        self._real._dialect = Faulty(self._real._dialect)  # type: ignore[assignment]

    @property
    def busy(self) -> bool:
        return bool(self.engine.queue)

    def step(self, *, faulty: bool) -> str:
        pending = self.engine.queue.pop(0)
        fault = self._random.choice(("before", "after")) if faulty else ""
        self._faults.fault = fault
        answer = pending.answer
        assert answer is not None
        try:
            conflict = self.call(self.engine.real.commit(pending.batch))
        except Unknown as unknown:
            # The simulation knows what the engine cannot know.
            pending.state = "published" if self._faults.written else "failed"
            if not answer.done():
                answer.set_exception(unknown)
        except Exception as error:
            pending.state = "failed"
            if not answer.done():
                answer.set_exception(error)
        else:
            pending.state = "published" if conflict is None else "failed"
            if not answer.done():
                answer.set_result(conflict)
        self._faults.fault = ""
        return f"commit {fault}"

    def crash(self) -> str:
        """The process is gone at once; its queue was never on its way."""
        assert self._real is not None
        self.engine.queue.clear()
        for connection in (*self._real._pool._idle, *self._real._pool._busy):
            self._loop.call_soon_threadsafe(connection.terminate)
        self._close_engine()
        return "kill"

    def close(self) -> None:
        self._close_engine()
        self.call(self._drop())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def group_of(self, batch: Batch) -> Any:
        self._next = Pending(batch)
        return self._next

    def state_of(self, group: Any) -> str:
        state: str = group.state
        return state

    def submitted(self, batch: Batch) -> Pending:
        assert self._next.batch is batch
        return self._next

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    @property
    def _faults(self) -> Faulty:
        assert self._real is not None
        found: Any = self._real._dialect
        assert isinstance(found, Faulty)
        return found

    def _close_engine(self) -> None:
        real, self._real = self._real, None
        if real is not None:
            self.call(real.close())

    async def _drop(self) -> None:
        engine = await PostgresEngine.open(self._url)
        async with engine._pool.connection() as connection:
            await drop_schema(connection, engine._address.schema)
        await engine.close()


class Faulty:
    """A dialect that loses the next write's connection, before or after it was done."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.fault = ""
        self.written = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def write(self, connection: Any, plan: Any) -> str:
        fault, self.fault, self.written = self.fault, "", False
        if fault == "before":
            connection.terminate()
            raise asyncpg.ConnectionDoesNotExistError("lost")
        answer: str = await self._inner.write(connection, plan)
        self.written = answer == "written"
        if fault == "after":
            connection.terminate()
            raise asyncpg.ConnectionDoesNotExistError("lost")
        return answer


class QueuedEngine:
    """The waist, as the simulation's loop sees it: reads at once, commits in steps."""

    def __init__(self, store: PostgresStore, real: PostgresEngine) -> None:
        self._store = store
        self.real = real
        self.queue: list[Pending] = []

    async def commit(self, batch: Batch) -> Conflict | None:
        pending = self._store.submitted(batch)
        pending.answer = asyncio.get_running_loop().create_future()
        self.queue.append(pending)
        # Who stops waiting does not take the batch back.
        return await asyncio.shield(pending.answer)

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        found: Row | None = self._store.call(self.real.get_one(key, pending=pending))
        return found

    async def get(self, keys: Sequence[Key], **asked: Any) -> list[Row | None]:
        found: list[Row | None] = self._store.call(self.real.get(keys, **asked))
        return found

    def __getattr__(self, name: str) -> Any:
        async def call(*place: Any, **asked: Any) -> Any:
            if name == "space_drop":
                await self._drained()
            return self._store.call(getattr(self.real, name)(*place, **asked))

        return call

    async def _drained(self) -> None:
        """What was submitted before a space is dropped goes before it."""
        answers = [pending.answer for pending in self.queue if pending.answer is not None]
        if answers:
            await asyncio.wait(answers)
