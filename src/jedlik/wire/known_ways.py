"""The ways of one operation that were made of what it answered (`api/ways.py`), and which to take.

Bounded in number; how often one is made is rationed, for clients whose bodies are never alike: few
ways are kept that have answered nothing yet, and each one that never did makes the next one rarer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jedlik.api.ways import Later, Way
from jedlik.identity import Identity

_WAYS_MAX = 64
_NEW_MAX = 4
_BODY_BYTES_MAX = 65536  # a longer body that is like another is rare
_REST_S = 0.01  # for each 4 KB of a body, for finding out takes that much longer
_REST_BYTES = 4096
_REST_MAX_S = 1.0

Count = Callable[[float], None]


class KnownWay:
    """A way, for whom it is, and where it is counted: how long an answer took. tables: what it is
    about, as `Context.tables` has it. is_new: it has answered nothing yet."""

    __slots__ = ("answer", "count", "identity", "is_new", "tables")

    def __init__(
        self, identity: Identity, way: Way, count: Count | None, tables: Any = None
    ) -> None:
        self.identity = identity
        self.answer = way.answer
        self.count = count
        self.tables = tables
        self.is_new = True


class KnownWays:
    """recent: the way that gave the last answer."""

    __slots__ = ("_known", "_next_s", "_rest_s", "recent")

    def __init__(self) -> None:
        self._known: list[KnownWay] = []
        self._next_s = 0.0
        self._rest_s = _REST_S
        self.recent: KnownWay | None = None

    def answer(self, identity: Identity, body: bytes, now: float) -> bytes | Later | None:
        """The answer, if there is a way for it; then `recent` is that way."""
        recent = self.recent
        if recent is not None and recent.identity is identity:
            answer: bytes | Later | None = recent.answer(body, now)
            if answer is not None:
                if recent.is_new:
                    self._tried(recent)
                return answer
        for known in self._known:
            if known.identity is identity and known is not recent:
                answer = known.answer(body, now)
                if answer is not None:
                    self.recent = known
                    if known.is_new:
                        self._tried(known)
                    return answer
        return None

    def wants(self, body: bytes, now: float) -> bool:
        """Whether a way for such bodies is to be made now."""
        if len(body) > _BODY_BYTES_MAX or 0.0 <= self._next_s - now <= _REST_MAX_S:
            return False
        rest_s = self._rest_s * (1 + len(body) // _REST_BYTES)
        self._next_s = now + (rest_s if rest_s < _REST_MAX_S else _REST_MAX_S)
        return True

    def add(self, known: KnownWay) -> None:
        """Keep a way; the oldest that answered nothing goes if there are too many of those, else
        the oldest."""
        new = [each for each in self._known if each.is_new]
        if len(new) >= _NEW_MAX:
            self._known.remove(new[0])
            if self._rest_s < _REST_MAX_S:
                self._rest_s *= 2
        elif len(self._known) >= _WAYS_MAX:
            del self._known[0]
        self._known.append(known)
        self.recent = known

    def _tried(self, known: KnownWay) -> None:
        """It has answered for the first time."""
        known.is_new = False
        self._rest_s = _REST_S
