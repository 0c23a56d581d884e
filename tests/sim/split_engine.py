"""A storage engine for the simulation: memory with SQLite's way of committing, and worse luck.

What was committed waits in a group; `step` takes a group through begin, commit and report, and
between any two of them the process may die. Only what passed "commit" is there afterwards. A
group may also fail: for want of room, or without anybody knowing whether it was written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

from jedlik.storage.memory import MemoryEngine
from jedlik.storage.waist import (
    ABSENT,
    ANY,
    Batch,
    Conflict,
    Delete,
    Health,
    Key,
    Put,
    Row,
    SpaceDropped,
    StorageError,
    StorageFull,
    Unknown,
)

STEPS = ("begin", "commit", "report")
_NOTHING = object()


class Group:
    """Batches that share a commit. `state`: waiting, durable, published or failed."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.trims: list[tuple[int, int, int]] = []
        self.drops: list[int] = []
        self.rows: dict[Key, Row | None] = {}
        self.waiters: list[asyncio.Future[None]] = []
        self.state = "waiting"


class SplitEngine:
    """`stored` is what lies on the disk; it outlives this engine."""

    def __init__(self, stored: MemoryEngine, highest_version: int = 0) -> None:
        self.stored = stored
        self.highest_version = highest_version
        self.open_group = Group()
        self.in_flight: Group | None = None
        self._dropped: set[int] = set(stored._dropped)
        self._next_step = "begin"

    # What the waist asks for

    async def get_one(self, key: Key, *, pending: bool = False) -> Row | None:
        if pending:
            row = self._pending(key)
            if row is not _NOTHING:
                return row
        return None if key[0] in self._dropped else self.stored._row(key)

    async def get(
        self, keys: Sequence[Key], *, pending: bool = False, snapshot: bool = False
    ) -> list[Row | None]:
        return [await self.get_one(key, pending=pending) for key in keys]

    async def range(self, space: int, *place: Any, **asked: Any) -> Any:
        return await self.stored.range(self._there(space), *place, **asked)

    async def scan(self, space: int, *place: Any, **asked: Any) -> Any:
        return await self.stored.scan(self._there(space), *place, **asked)

    async def log_read(self, space: int, *place: Any, **asked: Any) -> Any:
        return await self.stored.log_read(self._there(space), *place, **asked)

    async def log_bounds(self, space: int, part: int) -> Any:
        return await self.stored.log_bounds(self._there(space), part)

    async def stats(self, space: int) -> Any:
        return await self.stored.stats(self._there(space))

    async def version_floor(self) -> int:
        return self.highest_version

    async def health(self) -> Health:
        return Health("split", True, None, {})

    async def commit(self, batch: Batch) -> Conflict | None:
        named = [write[0][0] for write in batch.writes]
        named += [change[0] for change in batch.changes] + [tally[0] for tally in batch.tallies]
        if self._dropped.intersection(named):
            raise SpaceDropped("dropped")
        for index, write in enumerate(batch.writes):
            if write.expect != ANY:
                row = await self.get_one(write.key, pending=True)
                if (ABSENT if row is None else row.version) != write.expect:
                    return Conflict(index, row)
        waits_for = self.group_of(batch)
        if waits_for is None:
            return None
        if writes(batch):
            waits_for.batches.append(batch)
            for write in batch.writes:
                if isinstance(write, Put):
                    waits_for.rows[write.key] = Row(batch.version, write.value)
                elif isinstance(write, Delete):
                    waits_for.rows[write.key] = None
        await self._wait(waits_for)
        return None

    async def log_trim(self, space: int, part: int, upto: int) -> None:
        self.open_group.trims.append((space, part, upto))
        await self._wait(self.open_group)

    async def space_create(self, space: int) -> None:
        if space in self._dropped:
            raise SpaceDropped("dropped")

    async def space_drop(self, space: int) -> None:
        new = space not in self._dropped
        self._dropped.add(space)
        self.open_group.drops.append(space)
        try:
            await self._wait(self.open_group)
        except StorageError:
            if new:
                self._dropped.discard(space)
            raise

    async def close(self) -> None:
        pass

    # What the disk does

    @property
    def busy(self) -> bool:
        return self.in_flight is not None or bool(self.open_group.waiters)

    def group_of(self, batch: Batch) -> Group | None:
        """The group that must be durable before `batch` is answered."""
        if writes(batch) or self.open_group.waiters:
            return self.open_group
        return self.in_flight

    def step(self) -> str:
        """Do the next step of the group in flight, and name it."""
        step = self._next_step
        self._next_step = STEPS[(STEPS.index(step) + 1) % len(STEPS)]
        if step == "begin":
            self.in_flight, self.open_group = self.open_group, Group()
        else:
            assert self.in_flight is not None
            if step == "commit":
                self.in_flight.state = "durable"
            else:
                group, self.in_flight = self.in_flight, None
                self._store(group)
                _answer(group, None)
        return step

    def fail(self, random: Random) -> str:
        """Have the group in flight fail, and with it all that was checked against it."""
        assert self.in_flight is not None and self._next_step == "commit"
        self._next_step = "begin"
        group, self.in_flight = self.in_flight, None
        behind, self.open_group = self.open_group, Group()
        how = random.choice(("full", "unknown and lost", "unknown and kept"))
        if how == "unknown and kept":
            self._store(group)
        else:
            group.state = "failed"
        behind.state = "failed"
        _answer(group, StorageFull("full") if how == "full" else Unknown("unknown"))
        _answer(behind, StorageFull("full") if how == "full" else StorageError("behind"))
        return how

    def die(self) -> MemoryEngine:
        """What the disk holds when the process ends now."""
        if self.in_flight is not None and self.in_flight.state == "durable":
            self._store(self.in_flight)
        return self.stored

    def _store(self, group: Group) -> None:
        for batch in group.batches:
            self.highest_version = max(self.highest_version, batch.version)
            kept = batch._replace(writes=[w._replace(expect=ANY) for w in batch.writes])
            assert _now(self.stored.commit(kept)) is None
        for trim in group.trims:
            _now(self.stored.log_trim(*trim))
        for space in group.drops:
            self.stored._dropped.add(space)
            self.stored._spaces.pop(space, None)
        group.state = "published"

    def _pending(self, key: Key) -> Any:
        for group in (self.open_group, self.in_flight):
            if group is not None and key in group.rows:
                return None if key[0] in self._dropped else group.rows[key]
        return _NOTHING

    def _there(self, space: int) -> int:
        return -1 if space in self._dropped else space

    async def _wait(self, group: Group) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        group.waiters.append(future)
        await future


def writes(batch: Batch) -> bool:
    """Whether anything is stored, or the batch only guards."""
    acts = any(isinstance(write, Put | Delete) for write in batch.writes)
    return acts or bool(batch.changes or batch.tallies)


def _answer(group: Group, failure: StorageError | None) -> None:
    for future in group.waiters:
        if not future.done():
            if failure is None:
                future.set_result(None)
            else:
                future.set_exception(type(failure)(*failure.args))


def _now(coroutine: Any) -> Any:
    """The result of a coroutine that does not suspend."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("suspended")
