"""Which streams there are: for every stream a row of its own, which outlives its table.

Keyspace: `(STREAMS_SPACE, token of "account|region", table name + "\\0" + label, "") -> Stream as
JSON`. The row is made, and closed, in the same commit that switches the table's setting. The
records themselves are in the table's log (`changes/record.py`), in a space of their own, so that a
deleted table's rows can go at once and its log can stay for as long as it may be read.

A stream is the stretch of the log between its enabling and its disabling, cut into shards
(`changes/shards.py`). What is concurrent with either may be on either side of the cut; but once a
reader was told where a shard ends, it stays so: while an end is being written, readers are held
back at it (`_held`).

Readers in other processes cannot be held so. Where there are any, a shard is first marked as
`closing`, and its end is what is in the log after that: whoever reads looks at the stream again
before it answers (`settled`), and says nothing of a shard that is closing. So nobody was told of a
record behind the end.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from hashlib import blake2b

import msgspec

from jedlik.changes.shards import Shard, closed, first_shards, rolled
from jedlik.storage.waist import ABSENT, Batch, Delete, Engine, Entry, Key, Put, is_shared
from jedlik.tables.clock import VersionSource
from jedlik.tables.errors import Contended
from jedlik.tables.model import KeySchema, StreamSettings, Table

STREAMS_SPACE = 3
RETRIES_MAX = 10
PAGE_ITEMS = 200
PAGE_BYTES = 8 << 20
SECRET_BYTES = 32

_SECRET_KEY = (STREAMS_SPACE, b"secret".ljust(16, b"\0"), b"", b"")


class Stream(msgspec.Struct, frozen=True):
    """One stream. `trimmed` is, for each part, the last seq that is too old to be read."""

    account: str
    region: str
    table: str
    label: str
    view_type: str
    keys: KeySchema
    log_space: int
    opened_at_ms: int
    shards: tuple[Shard, ...]
    trimmed: tuple[int, ...]
    closed_at_ms: int | None = None
    closing: tuple[tuple[int, int], ...] = ()
    """Part and ordinal of shards whose end is about to be written."""

    @property
    def arn(self) -> str:
        """The stream's Amazon resource name."""
        return (
            f"arn:aws:dynamodb:{self.region}:{self.account}:table/{self.table}/stream/{self.label}"
        )

    @property
    def key(self) -> Key:
        """Where its row is."""
        return _key(self.account, self.region, self.table, self.label)

    @property
    def unsealed(self) -> bool:
        """Closed, but it is not written yet where: an earlier process died in between."""
        return self.closed_at_ms is not None and any(s.upto is None for s in self.shards)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Stream).decode


class Streams:
    """Look-up of streams, and their guarded changes."""

    def __init__(
        self,
        engine: Engine,
        versions: VersionSource,
        *,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._engine = engine
        self._versions = versions
        self._entropy = entropy
        self._held: dict[tuple[Key, int, int], int] = {}
        self._secret = b""
        self.shared = is_shared(engine)

    async def get(self, account: str, region: str, table: str, label: str) -> Stream | None:
        """The stream of that table and label, or None."""
        row = await self._engine.get_one(_key(account, region, table, label))
        return None if row is None else _decode(row.value)

    async def page(
        self,
        account: str,
        region: str,
        *,
        table: str | None = None,
        after: tuple[str, str] | None = None,
        limit: int = PAGE_ITEMS,
    ) -> tuple[list[Stream], bool]:
        """Up to `limit` streams by table and label, from the one after (table, label) `after` on;
        and whether there are more. Of one table, or of all."""
        page = await self._engine.range(
            STREAMS_SPACE,
            _token(account, region),
            f"{table}\0".encode() if table is not None else None,
            f"{table}\1".encode() if table is not None else None,
            after=(_sort(*after), b"") if after is not None else None,
            item_limit=limit,
            byte_limit=PAGE_BYTES,
        )
        return [_decode(entry.value) for entry in page.entries], page.more

    async def all(self) -> AsyncIterator[Stream]:
        """Every stream of every account and region; for workers and start-up.

        Whatever is done with each, requests have a turn between two streams.
        """
        after: tuple[bytes, bytes, bytes] | None = None
        while True:
            page = await self._engine.scan(
                STREAMS_SPACE, b"", None, after=after, item_limit=PAGE_ITEMS, byte_limit=PAGE_BYTES
            )
            for entry in page.entries:
                if not _is_secret(entry):
                    await asyncio.sleep(0)
                    yield _decode(entry.value)
            if not page.more:
                return
            last = page.entries[-1]
            after = (last.token, last.sort, last.sub)

    async def of_log(self, table: Table) -> list[Stream]:
        """The streams that are stretches of this table's log."""
        found, more = await self.page(table.account, table.region, table=table.name)
        while more:
            place = (table.name, found[-1].label)
            next_found, more = await self.page(
                table.account, table.region, table=table.name, after=place
            )
            found += next_found
        return [stream for stream in found if stream.log_space == table.log_space]

    def end_of(self, stream: Stream, shard: Shard) -> int | None:
        """The last seq that may be read from a shard now; None if it is open and free."""
        if shard.upto is not None:
            return shard.upto
        return self._held.get((stream.key, shard.part, shard.ordinal))

    async def settled(self, stream: Stream, shard: Shard) -> tuple[Shard, bool] | None:
        """A shard as it is after it was read, and whether what was read may be told; None if it is
        not there any more. For those who read where others write ends."""
        if not self.shared:
            return shard, True
        row = await self._engine.get_one(stream.key)
        if row is None:
            return None
        now = _decode(row.value)
        for each in now.shards:
            if (each.part, each.ordinal) == (shard.part, shard.ordinal):
                return each, each.upto is not None or not _is_closing(now, each)
        return None

    async def secret(self) -> bytes:
        """What iterators are signed with: made once and kept, so that they outlive a restart."""
        while not self._secret:
            row = await self._engine.get_one(_SECRET_KEY)
            if row is not None:
                self._secret = row.value
            else:
                put = Put(_SECRET_KEY, ABSENT, self._entropy(SECRET_BYTES))
                await self._engine.commit(Batch(self._versions.next(), (put,)))
        return self._secret

    async def switched(self, old: Table | None, new: Table | None, now_ms: int) -> list[Put]:
        """What must be committed along with a change of a table: rows of streams that it opens
        and closes. The caller calls `seal` when it is done."""
        before, after = _enabled(old), _enabled(new)
        if before is not None and after is not None and before.label == after.label:
            return []
        puts: list[Put] = []
        if old is not None and before is not None:
            row = await self._engine.get_one(
                _key(old.account, old.region, old.name, before.label), pending=True
            )
            if row is not None:
                stream = msgspec.structs.replace(_decode(row.value), closed_at_ms=now_ms)
                puts.append(Put(stream.key, row.version, _encode(stream)))
        if new is not None and after is not None:
            stream = await self._opened(new, after, now_ms)
            puts.append(Put(stream.key, ABSENT, _encode(stream)))
        return puts

    async def seal(self, table: Table) -> None:
        """Write down where the stream that was just closed on `table` ends.

        Everything that was submitted before the closing is durable by now.
        """
        settings = _enabled(table)
        if settings is None:
            return
        stream = await self.get(table.account, table.region, table.name, settings.label)
        if stream is not None and stream.unsealed:
            await self._end(stream, closed, stream.closed_at_ms or 0)

    async def seal_all(self) -> None:
        """Do what an earlier process could not do any more. Called at start."""
        async for stream in self.all():
            if stream.unsealed:
                await self.finish(stream)

    async def finish(self, stream: Stream) -> None:
        """Write down where a closed stream ends, if that is not yet known."""
        await self._end(stream, closed, stream.closed_at_ms or 0)

    async def roll(self, stream: Stream, *, now_ms: int, age_ms: int) -> None:
        """Close the shards that have been open for `age_ms`, and open their children."""
        due = [
            shard
            for shard in stream.shards
            if shard.upto is None
            and (now_ms - shard.opened_at_ms >= age_ms or _is_closing(stream, shard))
        ]
        if stream.closed_at_ms is None and due:
            await self._end(stream, rolled, now_ms, parts={shard.part for shard in due})

    async def update(
        self, stream: Stream, change: Callable[[Stream], Stream | None]
    ) -> Stream | None:
        """Store what `change` makes of the stream as it is now; None deletes it.

        Raises Contended when others are always faster. Returns what is stored.
        """
        for _ in range(RETRIES_MAX):
            row = await self._engine.get_one(stream.key, pending=True)
            if row is None:
                return None
            now = _decode(row.value)
            changed = change(now)
            if changed == now:
                return now
            write = (
                Delete(stream.key, row.version)
                if changed is None
                else Put(stream.key, row.version, _encode(changed))
            )
            version = self._versions.next(row.version)
            if await self._engine.commit(Batch(version, (write,))) is None:
                return changed
        raise Contended

    async def _opened(self, table: Table, settings: StreamSettings, now_ms: int) -> Stream:
        """A stream that begins after what is durable in the log: all that was acknowledged."""
        ends = [
            (await self._engine.log_bounds(table.log_space, part)).last
            for part in range(table.parts)
        ]
        return Stream(
            account=table.account,
            region=table.region,
            table=table.name,
            label=settings.label,
            view_type=settings.view_type,
            keys=table.keys,
            log_space=table.log_space,
            opened_at_ms=now_ms,
            shards=first_shards(ends, now_ms),
            trimmed=tuple(ends),
        )

    async def _end(
        self,
        stream: Stream,
        how: Callable[[tuple[Shard, ...], Mapping[int, int], int], tuple[Shard, ...]],
        now_ms: int,
        *,
        parts: set[int] | None = None,
    ) -> None:
        """Give the open shards (of these parts) an end: the last durable seq of their part."""
        open_shards = [
            shard
            for shard in stream.shards
            if shard.upto is None and (parts is None or shard.part in parts)
        ]
        if self.shared and how is rolled:
            marks = {(shard.part, shard.ordinal) for shard in open_shards}
            await self.update(
                stream,
                lambda now: msgspec.structs.replace(
                    now, closing=(*sorted({*now.closing, *marks}),)
                ),
            )
        ends: dict[int, int] = {}
        for shard in open_shards:
            end = (await self._engine.log_bounds(stream.log_space, shard.part)).last
            ends[shard.part] = max(end, shard.after)
            self._held[stream.key, shard.part, shard.ordinal] = ends[shard.part]

        ordinals = {shard.part: shard.ordinal for shard in open_shards}

        def ended(now: Stream) -> Stream:
            if how is rolled and now.closed_at_ms is not None:
                return now
            # Another process may have been faster: its shards are not ours to end.
            left = {
                s.part for s in now.shards if s.upto is None and s.ordinal == ordinals.get(s.part)
            }
            mine = {part: end for part, end in ends.items() if part in left}
            kept = tuple(mark for mark in now.closing if ordinals.get(mark[0]) != mark[1])
            return msgspec.structs.replace(now, shards=how(now.shards, mine, now_ms), closing=kept)

        # If this raises, the ends may be on disk all the same: readers stay held at them until the
        # next attempt, which sets later ones and gets to know.
        await self.update(stream, ended)
        for shard in open_shards:
            self._held.pop((stream.key, shard.part, shard.ordinal), None)


def _enabled(table: Table | None) -> StreamSettings | None:
    if table is None or table.stream is None or not table.stream.enabled:
        return None
    return table.stream


def _is_closing(stream: Stream, shard: Shard) -> bool:
    return stream.closed_at_ms is not None or (shard.part, shard.ordinal) in stream.closing


def _token(account: str, region: str) -> bytes:
    return blake2b(f"streams|{account}|{region}".encode(), digest_size=16).digest()


def _sort(table: str, label: str) -> bytes:
    return f"{table}\0{label}".encode()


def _key(account: str, region: str, table: str, label: str) -> Key:
    return (STREAMS_SPACE, _token(account, region), _sort(table, label), b"")


def _is_secret(entry: Entry) -> bool:
    return entry.token == _SECRET_KEY[1]
