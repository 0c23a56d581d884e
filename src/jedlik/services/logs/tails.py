"""Live tail: whoever looks on gets events as they are put, once a second.

`Logs.put` offers what it has stored; only sessions of the same process see it, so that there are
none where several processes share a store.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

from jedlik.services.logs.errors import session_over
from jedlik.services.logs.filters import Came, Place
from jedlik.services.logs.matching import Pattern
from jedlik.tables.database import Database

SESSIONS_MAX = 15
"""Of an account and region at the same time (user guide, quotas)."""
SESSION_S = 3 * 3600.0
UPDATE_S = 1.0
EVENTS_MAX = 500
"""In one update; of more, these are the first, and the update says that it is sampled."""
LOOK_S = 0.2
"""So often it is found out whether the client is still there."""


class Session:
    """groups: their names, and how the request named each. streams: names, or prefixes of them;
    all, where there are neither."""

    def __init__(
        self,
        account: str,
        region: str,
        groups: dict[str, str],
        *,
        streams: Sequence[str],
        prefixes: Sequence[str],
        matches: Pattern,
    ) -> None:
        self.id = str(uuid.uuid4())
        self.place = account, region
        self._groups = groups
        self._streams = frozenset(streams)
        self._prefixes = tuple(prefixes)
        self._matches = matches
        self._found: list[dict[str, Any]] = []
        self._sampled = False

    def offer(self, place: Place, events: Sequence[Came], ingested_ms: int) -> None:
        group = self._groups.get(place.group)
        if group is None or (place.account, place.region) != self.place:
            return
        if self._streams and place.stream not in self._streams:
            return
        if self._prefixes and not place.stream.startswith(self._prefixes):
            return
        for event in events:
            if self._matches(event.message) is None:
                continue
            if len(self._found) >= EVENTS_MAX:
                self._sampled = True
                return
            self._found.append(
                {
                    "logStreamName": place.stream,
                    "logGroupIdentifier": group,
                    "message": event.message,
                    "timestamp": event.at_ms,
                    "ingestionTime": ingested_ms,
                }
            )

    def update(self) -> dict[str, Any]:
        """What came since the last one."""
        found, sampled = self._found, self._sampled
        self._found, self._sampled = [], False
        return {"sessionMetadata": {"sampled": sampled}, "sessionResults": found}


class Tails:
    """The sessions of this process."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}

    @classmethod
    def of(cls, db: Database) -> Tails:
        return db.one(cls)

    def count(self, account: str, region: str) -> int:
        return sum(each.place == (account, region) for each in self.sessions.values())

    def offer(self, place: Place, events: Sequence[Came], ingested_ms: int) -> None:
        for session in self.sessions.values():
            session.offer(place, events, ingested_ms)

    async def events(
        self, session: Session, start: dict[str, Any]
    ) -> AsyncIterator[tuple[str, dict[str, Any]] | None]:
        """Name and members of each event; None where there is nothing to say."""
        self.sessions[session.id] = session
        try:
            yield "sessionStart", {**start, "sessionId": session.id}
            began_at = told_at = time.monotonic()
            while time.monotonic() - began_at < SESSION_S:
                await asyncio.sleep(LOOK_S)
                if time.monotonic() - told_at < UPDATE_S:
                    yield None
                    continue
                told_at = time.monotonic()
                yield "sessionUpdate", session.update()
            raise session_over()
        finally:
            del self.sessions[session.id]
