"""Moving house: everything of one store into an empty one, whatever the engines of the two.

    source ── pages of rows and log entries, as they are ──▶ target, each with the place reached
       └── digests of each space ── compared with ── what the target then holds ──┘

Not over the waist, because commits would give rows new versions and records new numbers: point-in-
time recovery compares the two, and readers of streams hold places in the log. So the ends of a
move (`moving_sqlite`, `moving_postgres`) read and write the engines' own tables, while nobody else
uses either store. A target says that it is unfinished until the very end: no server starts on it.

The place reached is stored in the transaction of the page, so a move that was killed goes on where
it was; if somebody wrote to the source meanwhile, it begins anew. A digest is the sum of its rows'
hashes, so that it grows page by page, and the order of rows does not matter.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

from jedlik.storage.waist import Entry, LogBounds, LogEntry, Page, Stats, StorageError

PAGE_ROWS = 1000
PAGE_BYTES = 2 << 20
_PLACE = "place"
_SOURCE = "source"
_MODULUS = 1 << 128


class Differs(StorageError):
    """What the target holds is not what the source had."""


class Reading(Protocol):
    """What both ends can tell. Rows of spaces that were dropped are not there."""

    label: str

    async def spaces(self) -> list[int]:
        """Every space with rows, logs or tallies, in order."""

    async def dropped(self) -> list[int]:
        """The spaces of which the store knows that they were dropped."""

    async def rows(self, space: int, after: tuple[bytes, bytes, bytes] | None) -> Page:
        """A page of at most PAGE_ROWS and, beyond its first row, PAGE_BYTES."""

    async def lanes(self, space: int) -> dict[int, LogBounds]:
        """The parts of a space's log that were ever written, each with its bounds."""

    async def log(self, space: int, lane: int, after: int) -> list[LogEntry]: ...

    async def stats(self, space: int) -> Stats: ...

    async def version_floor(self) -> int: ...

    async def close(self) -> None: ...


Marks = Mapping[str, bytes]


class Writing(Reading, Protocol):
    """The target. Each call is one transaction with the marks that belong to it."""

    async def marks(self) -> dict[str, bytes]:
        """What an earlier attempt has left, or nothing."""

    async def clear(self, marks: Marks) -> None:
        """Forget everything of an earlier attempt."""

    async def put_rows(self, space: int, entries: Sequence[Entry], marks: Marks) -> None: ...

    async def put_log(
        self, space: int, lane: int, entries: Sequence[LogEntry], marks: Marks
    ) -> None: ...

    async def put_ends(
        self, space: int, lanes: Mapping[int, LogBounds], stats: Stats, marks: Marks
    ) -> None:
        """Where each log begins and goes on, and the tallies."""

    async def finish(self, version_floor: int, dropped: Sequence[int]) -> None:
        """From now on it is a store like any other. Durable when this returns."""


class Contents(NamedTuple):
    """What a move found of a space: counts, and sums of hashes."""

    rows: int = 0
    rows_sum: int = 0
    records: int = 0
    records_sum: int = 0

    def with_rows(self, entries: Sequence[Entry]) -> Contents:
        added = sum(_row_hash(entry) for entry in entries)
        return self._replace(
            rows=self.rows + len(entries), rows_sum=(self.rows_sum + added) % _MODULUS
        )

    def with_records(self, lane: int, entries: Sequence[LogEntry]) -> Contents:
        added = sum(_record_hash(lane, entry) for entry in entries)
        return self._replace(
            records=self.records + len(entries),
            records_sum=(self.records_sum + added) % _MODULUS,
        )


def _row_hash(entry: Entry) -> int:
    token, sort, sub, version, value = entry
    head = b"%d %d %d %d\n" % (len(token), len(sort), len(sub), version)
    hashed = blake2b(head + token + sort + sub, digest_size=16)
    hashed.update(value)
    return int.from_bytes(hashed.digest(), "big")


def _record_hash(lane: int, entry: LogEntry) -> int:
    hashed = blake2b(b"%d %d\n" % (lane, entry.seq), digest_size=16)
    hashed.update(entry.record)
    return int.from_bytes(hashed.digest(), "big")


class Place(NamedTuple):
    """How far a space was copied: its rows (lane None), then lane after lane of its log."""

    space: int
    lane: int | None
    after: tuple[bytes, bytes, bytes] | int | None
    contents: Contents

    def encoded(self) -> bytes:
        after: Any = self.after
        if isinstance(after, tuple):
            after = [part.hex() for part in after]
        return json.dumps([self.space, self.lane, after, self.contents]).encode()

    @classmethod
    def decoded(cls, text: bytes) -> Place:
        space, lane, after, contents = json.loads(text)
        if isinstance(after, list):
            after = tuple(bytes.fromhex(part) for part in after)
        return cls(space, lane, after, Contents(*contents))


class Moved(NamedTuple):
    """What a move has done."""

    spaces: int
    rows: int
    records: int


class Move:
    """One move. advanced: is told how many rows and records were just copied or compared."""

    def __init__(
        self,
        source: Reading,
        target: Writing,
        *,
        advanced: Callable[[int], None] = lambda count: None,
        told: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._source = source
        self._target = target
        self.advanced = advanced
        self._told = told

    async def size(self) -> int:
        """About how often `advanced` will count: tallies count items, not all there is."""
        total = 0
        for space in await self._source.spaces():
            total += (await self._source.stats(space)).rows
            for first, last in (await self._source.lanes(space)).values():
                total += last - first + 1
        return 2 * total

    async def run(self) -> Moved:
        """Copy and compare. Raises Differs, or another StorageError; then it may be run again."""
        source, target = self._source, self._target
        spaces = await source.spaces()
        marks = await self._take_up(spaces)
        place = Place.decoded(marks[_PLACE]) if _PLACE in marks else None
        found: dict[int, Contents] = {}
        for space in spaces:
            done = marks.get(_name(space))
            if done is not None:
                found[space] = Contents(*json.loads(done))
                self.advanced(found[space].rows + found[space].records)
                continue
            begun = place if place is not None and place.space == space else None
            found[space] = await self._copy(space, begun)
        await self._compare(found)
        dropped = set(await source.dropped()) - set(spaces)
        await target.finish(await source.version_floor(), sorted(dropped))
        return Moved(
            len(found),
            sum(each.rows for each in found.values()),
            sum(each.records for each in found.values()),
        )

    async def _take_up(self, spaces: Sequence[int]) -> Marks:
        """The marks of an earlier attempt, if the source is as it was then."""
        marks = await self._target.marks()
        source = await self._identity(spaces)
        if marks.get(_SOURCE) == source:
            self._told("going on where the last attempt ended")
            return marks
        if marks:
            self._told("the source has changed since the last attempt: beginning anew")
        await self._target.clear({_SOURCE: source})
        return {}

    async def _identity(self, spaces: Sequence[int]) -> bytes:
        """What changes with every write to the source."""
        hashed = blake2b(b"%d" % await self._source.version_floor(), digest_size=16)
        for space in spaces:
            lanes = sorted((await self._source.lanes(space)).items())
            hashed.update(repr((space, lanes, await self._source.stats(space))).encode())
        return hashed.digest()

    async def _copy(self, space: int, begun: Place | None) -> Contents:
        source, target = self._source, self._target
        contents = begun.contents if begun is not None else Contents()
        self.advanced(contents.rows + contents.records)
        if begun is None or begun.lane is None:
            after = begun.after if begun is not None else None
            assert not isinstance(after, int)
            more = True
            while more:
                entries, more = await source.rows(space, after)
                await asyncio.sleep(0)  # SQLite's calls never suspend: here Ctrl-C is heard
                if not entries:
                    break
                contents = contents.with_rows(entries)
                after = entries[-1][:3]
                mark = Place(space, None, after, contents).encoded()
                await target.put_rows(space, entries, {_PLACE: mark})
                self.advanced(len(entries))
        lanes = await source.lanes(space)
        for lane, (first, _) in sorted(lanes.items()):
            seq = first - 1
            if begun is not None and begun.lane is not None:
                if lane < begun.lane:
                    continue
                if lane == begun.lane:
                    assert isinstance(begun.after, int)
                    seq = begun.after
            while records := await source.log(space, lane, seq):
                await asyncio.sleep(0)
                contents = contents.with_records(lane, records)
                seq = records[-1].seq
                mark = Place(space, lane, seq, contents).encoded()
                await target.put_log(space, lane, records, {_PLACE: mark})
                self.advanced(len(records))
        stats = await source.stats(space)
        await target.put_ends(space, lanes, stats, {_name(space): json.dumps(contents).encode()})
        return contents

    async def _compare(self, found: Mapping[int, Contents]) -> None:
        """Raises Differs unless the target holds just what was found."""
        source, target = self._source, self._target
        for space in sorted({*found, *await target.spaces()}):
            there = Contents()
            after: tuple[bytes, bytes, bytes] | None = None
            more = True
            while more:
                entries, more = await target.rows(space, after)
                await asyncio.sleep(0)
                if entries:
                    there = there.with_rows(entries)
                    after = entries[-1][:3]
                    self.advanced(len(entries))
            lanes = await target.lanes(space)
            for lane, (first, _) in lanes.items():
                seq = first - 1
                while records := await target.log(space, lane, seq):
                    await asyncio.sleep(0)
                    there = there.with_records(lane, records)
                    seq = records[-1].seq
                    self.advanced(len(records))
            for name, here, now in (
                ("rows and records", found.get(space, Contents()), there),
                ("log", await source.lanes(space), lanes),
                ("tallies", await source.stats(space), await target.stats(space)),
            ):
                if here != now:
                    raise Differs(
                        f"{target.label} is not what {source.label} is: the {name} of space"
                        f" {space} differ; empty the target and begin anew"
                    )


def _name(space: int) -> str:
    return f"space {space}"
