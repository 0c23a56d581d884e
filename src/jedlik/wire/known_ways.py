"""The ways of one operation that were made of what it answered (`api/ways.py`), and which to take.

Bounded in number; how often one is made is rationed, for clients whose bodies are never alike.
"""

from __future__ import annotations

from collections.abc import Callable

from jedlik.api.ways import Way
from jedlik.identity import Identity

_WAYS_MAX = 64
_BODY_BYTES_MAX = 4096  # a longer body that is like another is rare, and finding out takes long
_REST_S = 0.01

Count = Callable[[float], None]


class KnownWay:
    """A way, for whom it is, and where it is counted: how long an answer took."""

    __slots__ = ("answer", "count", "identity")

    def __init__(self, identity: Identity, way: Way, count: Count | None) -> None:
        self.identity = identity
        self.answer = way.answer
        self.count = count


class KnownWays:
    """recent: the way that gave the last answer."""

    __slots__ = ("_known", "_next_s", "recent")

    def __init__(self) -> None:
        self._known: list[KnownWay] = []
        self._next_s = 0.0
        self.recent: KnownWay | None = None

    def answer(self, identity: Identity, body: bytes, now: float) -> bytes | None:
        """The answer, if there is a way for it; then `recent` is that way."""
        recent = self.recent
        if recent is not None and recent.identity is identity:
            answer: bytes | None = recent.answer(body, now)
            if answer is not None:
                return answer
        for known in self._known:
            if known.identity is identity and known is not recent:
                answer = known.answer(body, now)
                if answer is not None:
                    self.recent = known
                    return answer
        return None

    def wants(self, body: bytes, now: float) -> bool:
        """Whether a way for such bodies is to be made now."""
        if len(body) > _BODY_BYTES_MAX or 0.0 <= self._next_s - now <= _REST_S:
            return False
        self._next_s = now + _REST_S
        return True

    def add(self, known: KnownWay) -> None:
        """Keep a way; the oldest goes if there are too many."""
        if len(self._known) >= _WAYS_MAX:
            del self._known[0]
        self._known.append(known)
        self.recent = known
