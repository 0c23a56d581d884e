"""end: cancels tasks, and waits until they have ended."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

AGAIN_S = 0.5


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Returns when all of them are done, whatever became of them.

    They are told more than once: a cancellation gets lost where a task is just being woken in
    Python 3.11's `asyncio.wait_for`, and the task would go on for ever.
    """
    pending = {*tasks}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_S)
