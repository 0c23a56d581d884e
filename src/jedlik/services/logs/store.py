"""Groups, streams and events, in the internal tables "logs" and "log_events":

    ("groups|account|region", group)                  -> Group
    ("streams|account|region|group's id", stream)     -> Stream
    log_events: (stream's id, time | number)          -> Event
    log_events: (stream's id|rest, time | number | part) -> the rest of a long event's message

Ids are new with each group and stream, so that one which is made again does not show old events.
Events sort by their time, then as they came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from jedlik.api.errors import ApiError
from jedlik.services.logs import filters
from jedlik.services.logs.errors import group_exists, no_group, no_stream, stream_exists
from jedlik.services.logs.tails import Tails
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import LAST, Beside, Change, InternalTable, Kind, Record

TABLE, EVENTS_TABLE = "logs", "log_events"
PAGE = 500
PART_CHARS = 50_000
"""Of a message in one row: as JSON that is less than an item may have, whatever the characters."""
EVENT_OVERHEAD_BYTES = 26
"""Of each event in what is stored (API reference, PutLogEvents)."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    id: str
    created_ms: int
    account: str
    region: str
    days: int | None = None
    tags: dict[str, str] = {}
    kind: str = "STANDARD"
    key: str | None = None
    protected: bool = False
    stored_bytes: int = 0
    metric_filters: tuple[filters.MetricFilter, ...] = ()
    subscriptions: tuple[filters.Subscription, ...] = ()

    @property
    def arn(self) -> str:
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.name}"


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    id: str
    created_ms: int
    first_ms: int | None = None
    last_ms: int | None = None
    ingested_ms: int | None = None


class Event(msgspec.Struct, frozen=True, array_like=True):
    """message: all of it, or the first PART_CHARS of a long one. parts: how many rows have the
    rest; size: bytes of the whole message, where there are some."""

    at_ms: int
    ingested_ms: int
    message: str
    parts: int = 0
    size: int = 0

    @property
    def size_bytes(self) -> int:
        return self.size or len(self.message.encode())


class Logs:
    """Those of one account and region."""

    def __init__(self, db: Database, account: str, region: str) -> None:
        self._db = db
        self._account, self._region = account, region
        self._table = InternalTable(db, TABLE)
        self._events = InternalTable(db, EVENTS_TABLE)

    @property
    def _groups(self) -> str:
        return f"groups|{self._account}|{self._region}"

    def _streams(self, group: Group) -> str:
        return f"streams|{self._account}|{self._region}|{group.id}"

    async def groups(self, prefix: str = "") -> list[Group]:
        rows = await self._table.range(self._groups, low=prefix, high=prefix + LAST)
        return [msgspec.json.decode(row.document, type=Group) for row in rows]

    async def group(self, name: str) -> Group:
        """Raises ResourceNotFoundException."""
        row = await self._table.get(self._groups, name)
        if row is None:
            raise no_group()
        return msgspec.json.decode(row.document, type=Group)

    async def add_group(
        self,
        name: str,
        *,
        tags: dict[str, str] | None = None,
        kind: str = "STANDARD",
        key: str | None = None,
        protected: bool = False,
    ) -> None:
        """Raises ResourceAlreadyExistsException."""
        made = Group(
            name=name,
            id=self._new_id(),
            created_ms=self._db.clock.now_ms(),
            account=self._account,
            region=self._region,
            tags=tags or {},
            kind=kind,
            key=key,
            protected=protected,
        )
        try:
            await self._table.write(Change(self._groups, name, msgspec.json.encode(made)))
        except Contended:
            raise group_exists() from None

    async def change_group(self, name: str, next_of: Callable[[Group], Group]) -> None:
        """Raises ResourceNotFoundException, Contended."""

        def changed(old: Group | None) -> Group:
            if old is None:
                raise no_group()
            return next_of(old)

        await self._table.replace(Kind(self._groups, Group), name, changed)

    async def delete_group(self, name: str) -> None:
        """What it holds first: a deletion that was cut off can be asked for again."""
        row = await self._table.get(self._groups, name)
        if row is None:
            raise no_group()
        group = msgspec.json.decode(row.document, type=Group)
        for stream in await self.streams(group):
            await self.delete_stream(group, stream.name)
        await self._table.write(Change(self._groups, name, None, seen=row))

    async def streams(self, group: Group, prefix: str = "") -> list[Stream]:
        rows = await self._table.range(self._streams(group), low=prefix, high=prefix + LAST)
        return [msgspec.json.decode(row.document, type=Stream) for row in rows]

    async def stream(self, group: Group, name: str) -> Stream:
        """Raises ResourceNotFoundException."""
        row = await self._table.get(self._streams(group), name)
        if row is None:
            raise no_stream()
        return msgspec.json.decode(row.document, type=Stream)

    async def add_stream(self, group: Group, name: str) -> None:
        """Raises ResourceAlreadyExistsException."""
        made = Stream(name=name, id=self._new_id(), created_ms=self._db.clock.now_ms())
        try:
            await self._table.write(Change(self._streams(group), name, msgspec.json.encode(made)))
        except Contended:
            raise stream_exists() from None

    async def delete_stream(self, group: Group, name: str) -> None:
        row = await self._table.get(self._streams(group), name)
        if row is None:
            raise no_stream()
        stream = msgspec.json.decode(row.document, type=Stream)
        await self._table.write(Change(self._streams(group), name, None, seen=row))
        await self.forget(stream, None)

    async def ensure(self, group_name: str, stream_name: str) -> None:
        """Make the group and the stream where they are not there; for services of ours."""
        with _or_there():
            await self.add_group(group_name)
        group = await self.group(group_name)
        with _or_there():
            await self.add_stream(group, stream_name)

    async def put(
        self,
        group_name: str,
        stream_name: str,
        events: Sequence[tuple[int, str]],
        *,
        also: Sequence[Beside] = (),
    ) -> None:
        """Add events (time in ms, message). Raises ResourceNotFoundException, Contended.

        also: what a service of ours writes with its events; then all is one commit. What is
        counted of events and shown of them live comes after it, and a crash may lose that.
        """
        group = await self.group(group_name)
        ingested_ms = self._db.clock.now_ms()
        first, last = min(at for at, _ in events), max(at for at, _ in events)
        size = sum(len(text.encode()) + EVENT_OVERHEAD_BYTES for _, text in events)

        def stretched(old: Stream | None) -> Stream:
            if old is None:
                raise no_stream()
            return msgspec.structs.replace(
                old,
                first_ms=first if old.first_ms is None else min(first, old.first_ms),
                last_ms=last if old.last_ms is None else max(last, old.last_ms),
                ingested_ms=ingested_ms,
            )

        kind = Kind(self._streams(group), Stream)
        _, stream = await self._table.replace(kind, stream_name, stretched)
        assert stream is not None
        named = [(event_name(at, self._db.versions.next()), at, text) for at, text in events]
        changes = [
            change
            for name, at_ms, text in named
            for change in _written(stream, name, at_ms, ingested_ms, text)
        ]
        place = filters.Place(self._account, self._region, group.name, stream_name)
        page = len(changes) if also else PAGE
        tails = Tails.of(self._db)
        came = []
        if group.metric_filters or group.subscriptions or tails.sessions:
            came = [filters.Came(event_id(name), at, text) for name, at, text in named]
        if group.subscriptions:
            wanted = filters.deliveries(self._db, place, group.subscriptions, came, ingested_ms)
            also = (await wanted, *also)
        while len(changes) > page:
            await self._events.write(*changes[:page])
            changes = changes[page:]
        await self._events.write(*changes, also=also)
        filters.count(self._db, place, events=len(events), size=size)
        if came:
            tails.offer(place, came, ingested_ms)
            filters.measure(self._db, place, group.metric_filters, came)
        await self.change_group(
            group_name,
            lambda now: msgspec.structs.replace(now, stored_bytes=now.stored_bytes + size),
        )

    async def events(
        self, stream: Stream, *, low: str = "", high: str | None = None, limit: int
    ) -> list[tuple[str, Event]]:
        """Up to `limit` events from the name `low` on, up to `high` inclusive."""
        rows = await self._events.range(stream.id, low=low, high=high, limit=limit)
        return [(row.name, msgspec.json.decode(row.document, type=Event)) for row in rows]

    async def whole(self, stream: Stream, name: str, event: Event) -> Event:
        """An event with all of its message."""
        if not event.parts:
            return event
        rows = await self._events.range(_rest(stream), low=f"{name}|", high=f"{name}|~")
        rest = "".join(msgspec.json.decode(row.document, type=str) for row in rows)
        return msgspec.structs.replace(event, message=event.message + rest, parts=0)

    async def last_events(
        self, stream: Stream, *, low: str = "", high: str, limit: int
    ) -> list[tuple[str, Event]]:
        """Up to `limit` events before the name `high`, the last ones, in their order."""
        rows = await self._events.range(stream.id, low=low, high=high, limit=limit, reverse=True)
        return [(row.name, msgspec.json.decode(row.document, type=Event)) for row in reversed(rows)]

    async def forget(self, stream: Stream, before_ms: int | None) -> int:
        """Delete a stream's events, or those before that time; the bytes they took."""
        high = None if before_ms is None else event_name(before_ms, 0)
        size = 0
        while True:
            rows: list[Record] = await self._events.range(stream.id, high=high, limit=PAGE)
            if not rows:
                return size
            for row in rows:
                event = msgspec.json.decode(row.document, type=Event)
                size += event.size_bytes + EVENT_OVERHEAD_BYTES
                if event.parts:
                    rest = await self._events.range(
                        _rest(stream), low=f"{row.name}|", high=f"{row.name}|~"
                    )
                    await self._events.write(
                        *(Change(each.group, each.name, None, seen=each) for each in rest)
                    )
            await self._events.write(*(Change(stream.id, row.name, None, seen=row) for row in rows))

    def _new_id(self) -> str:
        return f"{self._db.versions.next():020d}"


def _rest(stream: Stream) -> str:
    return f"{stream.id}|rest"


def _written(
    stream: Stream, name: str, at_ms: int, ingested_ms: int, text: str
) -> Iterator[Change]:
    """An event's rows, the rest of a long message first."""
    parts = [text[at : at + PART_CHARS] for at in range(PART_CHARS, len(text), PART_CHARS)]
    for number, part in enumerate(parts):
        yield Change(_rest(stream), f"{name}|{number:04d}", msgspec.json.encode(part))
    size = len(text.encode()) if parts else 0
    event = Event(at_ms, ingested_ms, text[:PART_CHARS], len(parts), size)
    yield Change(stream.id, name, msgspec.json.encode(event))


@contextmanager
def _or_there() -> Iterator[None]:
    """What is added may be there already."""
    try:
        yield
    except ApiError as fault:
        if fault.code != "ResourceAlreadyExistsException":
            raise


def event_name(at_ms: int, number: int) -> str:
    """Sorts by time, then as they came."""
    return f"{at_ms:015d}|{number:020d}"


def event_id(name: str) -> str:
    """How clients know an event."""
    return name.replace("|", "")
