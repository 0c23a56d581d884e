"""The engine that the database under simulation sees: the store's, with a witness.

Every commit is noted with the client operation that made it. When its group is durable for all to
see, the model does the same operation; what a client is told later must be what the model found.
The witness also answers with conflicts that a rival in another process might have caused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from jedlik.storage.waist import (
    ABSENT,
    ANY,
    Batch,
    Change,
    Conflict,
    Delete,
    Engine,
    Key,
    LogEntry,
    Put,
    Row,
    SpaceDropped,
    Tally,
)
from tests.sim.model import Model
from tests.sim.split_engine import writes


class Operation(Protocol):
    """What commits are made for. `may_conflict`: a conflict out of the blue is something that
    its code must cope with."""

    may_conflict: bool

    def committed(self, model: Model, submission: Submission) -> None:
        """Do to the model what this commit must have done to the store."""


@dataclass(eq=False)
class Submission:
    operation: Operation | None
    batch: Batch
    at_ms: int
    group: Any
    applied: bool = False

    @property
    def stores(self) -> bool:
        return writes(self.batch)


current: ContextVar[Operation | None] = ContextVar("current", default=None)


class WatchedEngine:
    """`store` answers `group_of(batch)` and `state_of(group)`; see stores.py."""

    def __init__(
        self, store: Any, model: Model, clock: Any, random: Random, *, conflicts: float, far: bool
    ) -> None:
        self.store = store
        self.model = model
        self._inner: Engine = store.engine
        self._clock = clock
        self._random = random
        self._conflicts = conflicts
        self._far = far
        self.waiting: list[Submission] = []
        self.doubtful: list[Submission] = []
        self.versions: set[int] = set()
        self.failure: Exception | None = None
        self.trims_asked: dict[tuple[int, int], int] = {}

    def catch_up(self) -> None:
        """Tell the model about everything that became visible since."""
        while self.waiting:
            submission = self.waiting[0]
            state = self.store.state_of(submission.group)
            if state == "waiting":
                return
            self.waiting.pop(0)
            if state == "published":
                self.apply(submission, self.model)
            elif state == "doubtful":
                self.doubtful.append(submission)

    def apply(self, submission: Submission, model: Model) -> None:
        """Have the model do what this commit was made for."""
        try:
            self._apply(submission, model)
        except Exception as error:
            self.failure = self.failure or error
            raise

    def _apply(self, submission: Submission, model: Model) -> None:
        batch = submission.batch
        if submission.stores:
            self.doubtful.clear()  # it has taken their place in the log
            if any(isinstance(write, Put) for write in batch.writes):
                assert batch.version not in self.versions, f"version {batch.version} used twice"
                self.versions.add(batch.version)
        submission.applied = True
        if submission.operation is not None:
            submission.operation.committed(model, submission)

    async def commit(self, batch: Batch) -> Conflict | None:
        await self._travel()
        operation = current.get()
        guard = next((at for at, w in enumerate(batch.writes) if w.expect != ANY), None)
        if guard is not None and operation is not None and operation.may_conflict:
            if self._random.random() < self._conflicts:
                key = batch.writes[guard].key
                return Conflict(guard, await self._inner.get_one(key, pending=True))
        self.catch_up()
        group = self.store.group_of(batch)
        submission = Submission(operation, batch, self._clock.now_ms(), group)
        self.waiting.append(submission)
        try:
            conflict = await self._inner.commit(batch)
        except SpaceDropped:
            if submission in self.waiting:
                self.waiting.remove(submission)
            raise
        if conflict is not None:
            self.waiting.remove(submission)
        self.catch_up()
        return conflict

    async def log_trim(self, space: int, part: int, upto: int) -> None:
        asked = self.trims_asked.get((space, part), 0)
        self.trims_asked[space, part] = max(asked, upto)
        await self._inner.log_trim(space, part, upto)

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        await self._travel()
        return self._seen(await self._inner.get_one(key, pending=pending))

    async def get(
        self, keys: Sequence[Key], *, pending: bool = False, snapshot: bool = False
    ) -> list[Row | None]:
        await self._travel()
        return self._seen(await self._inner.get(keys, pending=pending, snapshot=snapshot))

    async def range(self, *place: Any, **asked: Any) -> Any:
        await self._travel()
        return self._seen(await self._inner.range(*place, **asked))

    async def scan(self, *place: Any, **asked: Any) -> Any:
        await self._travel()
        return self._seen(await self._inner.scan(*place, **asked))

    async def log_read(self, *place: Any, **asked: Any) -> list[LogEntry]:
        await self._travel()
        found: list[LogEntry] = self._seen(await self._inner.log_read(*place, **asked))
        return found

    async def stats(self, space: int) -> Any:
        await self._travel()
        return self._seen(await self._inner.stats(space))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _seen(self, answer: Any) -> Any:
        self.catch_up()
        return answer

    async def _travel(self) -> None:
        """Where the store is far, others may come between a look and a commit."""
        if self._far:
            await asyncio.sleep(self._random.random() * 0.003)


class NearEngine(WatchedEngine):
    """One whose short way for puts is taken, too; there nobody can come between."""

    embedded = True

    def peek(self, key: Key) -> Row | None:
        row: Row | None = self._seen(self._inner.peek(key))  # type: ignore[attr-defined]
        return row

    def put_seen(
        self,
        key: Key,
        version: int,
        value: bytes,
        rows: int,
        size: int,
        change: Change | None = None,
    ) -> Awaitable[None]:
        self.catch_up()
        inner: Any = self._inner
        row = inner.peek(key)
        put = Put(key, ABSENT if row is None else row.version, value)
        changes = () if change is None else (change,)
        batch = Batch(version, (put,), changes, (Tally(key[0], rows, size),))
        group = self.store.group_of(batch)
        durable = inner.put_seen(key, version, value, rows, size, change)
        submission = Submission(current.get(), batch, self._clock.now_ms(), group)
        self.waiting.append(submission)
        return self._until(durable)

    async def _until(self, durable: Awaitable[None] | None) -> None:
        self.catch_up()
        if durable is not None:
            await durable
        self.catch_up()


def deleted_keys(batch: Batch) -> list[Key]:
    return [write.key for write in batch.writes if isinstance(write, Delete)]
