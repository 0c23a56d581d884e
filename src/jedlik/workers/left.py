"""What an earlier process left half-made, in the moment between two commits.

Where one process has the store, whatever is half-made at its start is left. Where several share
it, another may just be making it: there it counts as left after LEFT_S.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

LEFT_S = 120.0
LOOK_S = 15.0

IsLeft = Callable[[str], bool]
"""Given the id of something half-made, whether nobody will finish it."""


class Left:
    """forget: looks for what is half-made, and undoes what is left."""

    def __init__(self, forget: Callable[[IsLeft], Awaitable[None]], *, shared: bool) -> None:
        self._forget = forget
        self._shared = shared
        self._looked_at_s: float | None = None
        self._first_seen_s: dict[str, float] = {}

    async def look(self) -> None:
        """At every step of a worker; does something when it is time."""
        now_s = time.monotonic()
        if self._looked_at_s is not None and (
            not self._shared or now_s - self._looked_at_s < LOOK_S
        ):
            return
        seen: dict[str, float] = {}

        def is_left(what: str) -> bool:
            seen[what] = self._first_seen_s.get(what, now_s)
            return not self._shared or now_s - seen[what] >= LEFT_S

        await self._forget(is_left)
        self._looked_at_s = now_s
        self._first_seen_s = seen
