"""How background work leaves room for requests: it asks for a turn before each small piece.

A piece takes half a millisecond or so of the loop. While nobody else wants it, pieces follow each
other at once; while others do, they get OTHERS_S of the loop's time after every piece, and while
the engine is behind with what it was given, there are no turns at all: the room that is left there
is for requests.
"""

from __future__ import annotations

import asyncio
import time

from jedlik.storage.waist import Engine, is_behind

OTHERS_S = 0.0015
"""Of the loop's time, for others, after a piece of about a third of that."""
ALONE_S = 0.00012
"""A round of the loop that takes no longer has done nothing for anybody."""
BEHIND_S = 0.005
BEHIND_S_MAX = 10.0
"""After so long there is a turn even so: it may be the disk that is full."""


class Pace:
    """One for a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

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
            at = now
        if is_behind(self._engine):
            until = time.perf_counter() + BEHIND_S_MAX
            while is_behind(self._engine) and time.perf_counter() < until:  # noqa: ASYNC110
                await asyncio.sleep(BEHIND_S)
