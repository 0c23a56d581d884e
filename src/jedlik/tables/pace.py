"""How background work leaves room for requests: it asks for a turn before each small piece.

While nobody else wants the loop, pieces are of a millisecond or so and follow each other at once.
While others do, pieces are an eighth of that, since whoever comes waits for the one that has begun.
After each of them the others get OTHERS_S of the loop's time, so that few of those who come all the
time meet one; and if they want less the loop rests for REST_S, so that most of those who come now
and then meet none. While the engine is behind with what it was given, there are no turns at all:
the room that is left there is for requests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from jedlik.storage.waist import Engine, is_behind

OTHERS_S = 0.008
"""Of the loop's time, for others, after a piece of less than a tenth of that."""
REST_S = 0.002
"""After a piece, while answers are asked for, but not all the time."""
SMALLER = 8
LATELY_S = 0.1
"""So long after others were seen, they are taken to be around."""
ALONE_S = 0.00012
"""A round of the loop that takes no longer has done nothing for anybody."""
BEHIND_S = 0.005
BEHIND_S_MAX = 10.0
"""After so long there is a turn even so: it may be the disk that is full."""


class Pace:
    """One for a database. answering_s: how much time answers have taken so far, as the server knows
    it: it grows when others come, though a round with one of them may be as short as an empty one.
    """

    def __init__(self, engine: Engine) -> None:
        self.answering_s: Callable[[], float] = lambda: 0.0
        self._engine = engine
        self._seen_at = 0.0
        self._asked_at = float("-inf")
        self._seen_s = 0.0

    def items(self, many: int) -> int:
        """How many items the next piece shall have, if `many` are a piece for who is alone."""
        if time.perf_counter() - self._seen_at > LATELY_S:
            return many
        return max(1, many // SMALLER)

    async def turn(self) -> None:
        """Wait until another piece may be done."""
        given = 0.0
        at = time.perf_counter()
        while given < OTHERS_S:
            await asyncio.sleep(0)
            now = time.perf_counter()
            if now - at < ALONE_S:
                break
            given += now - at
            at = self._seen_at = now
        seen = self.answering_s()
        if seen != self._seen_s:
            self._seen_at = self._asked_at = at
            self._seen_s = seen
        if given < OTHERS_S and at - self._asked_at <= LATELY_S:
            await asyncio.sleep(REST_S)
        if is_behind(self._engine):
            until = time.perf_counter() + BEHIND_S_MAX
            while is_behind(self._engine) and time.perf_counter() < until:  # noqa: ASYNC110
                await asyncio.sleep(BEHIND_S)
