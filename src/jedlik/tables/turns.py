"""Taking turns after a conflict, so that a hot item does not starve under optimistic writes.

The first attempt of a write is free of this. After a conflict its keys are locked in this process
(in key order), and every further attempt waits a little longer, with jitter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

FIRST_PAUSE_S = 0.001
PAUSE_S_MAX = 0.1

Sleep = Callable[[float], Awaitable[None]]


class Turns:
    """Locks per key, made when wanted and forgotten when free."""

    def __init__(self, random: Random, sleep: Sleep = asyncio.sleep) -> None:
        self._random = random
        self._sleep = sleep
        self._locks: dict[Hashable, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, keys: Sequence[Hashable]) -> AsyncIterator[None]:
        """Hold all of these keys; they come sorted, so two holders cannot deadlock."""
        async with AsyncExitStack() as stack:
            for key in keys:
                await stack.enter_async_context(self._one(key))
            yield

    async def pause(self, attempt: int) -> None:
        """Wait before attempt number `attempt` (1 is the first retry)."""
        longest = min(PAUSE_S_MAX, FIRST_PAUSE_S * (1 << min(attempt, 10)))
        await self._sleep(self._random.random() * longest)

    @asynccontextmanager
    async def _one(self, key: Hashable) -> AsyncIterator[None]:
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)
