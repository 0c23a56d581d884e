"""Writes the objects of one delivery: the records of a plan, through their processors, to S3.

Records are read twice where they may go to different objects: first to find out where each goes
(a number for each is all that is kept), then to write, some objects at a time. Neither holds more
than a page of records. An object that is there already was written before a crash: its name follows
from the plan.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from jedlik.services.firehose import prefixes
from jedlik.services.firehose.compression import Compressor, compressor
from jedlik.services.firehose.destinations import bucket
from jedlik.services.firehose.jq_process import NO_KEYS
from jedlik.services.firehose.limits import PARTITIONS_MAX, PREFIX_CHARACTERS_MAX
from jedlik.services.firehose.partition_keys import Extractor, Keys
from jedlik.services.firehose.processing import (
    EXTRACTION_FAILED,
    TOO_MANY_PARTITIONS,
    Failed,
    Processing,
    failed_line,
)
from jedlik.services.firehose.records import DeliveryStream, Plan, Record
from jedlik.services.firehose.roles import Roles
from jedlik.services.firehose.store import Store
from jedlik.services.s3 import Objects, ObjectWriter
from jedlik.tables.database import Database

OBJECTS_AT_ONCE = 64
QUERIED_AT_ONCE = 500
Open = dict[int, tuple[ObjectWriter, Compressor]]
"""What is being written, by the place of its target."""


@dataclass
class Target:
    """An object in the making. oldest_ms: when the oldest of its records arrived."""

    keys: Mapping[str, str]
    failed: bool
    oldest_ms: int
    key: str = ""


@dataclass
class Written:
    """What a delivery came to. failures: how many records went to the error prefix, by the code and
    the text of the first of its kind."""

    objects: int = 0
    records: int = 0
    size: int = 0
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)


class Writing:
    """One delivery. after: the seq before its first record."""

    def __init__(
        self, db: Database, roles: Roles, stream: DeliveryStream, plan: Plan, after: int
    ) -> None:
        self._db = db
        self._roles = roles
        self._store = Store.of(db)
        self._stream = stream
        self._plan = plan
        self._after = after
        self._to = plan.destination
        self._processing = Processing.of(plan.destination)
        self._objects = Objects(db, account=stream.account, region=stream.region)
        self._targets: list[Target] = []
        self._places = array("i")
        """For each record, after they were split: its target; below 0, why it failed: ~index."""
        self._failures: list[Failed] = []
        self._written = Written()

    async def run(self) -> Written:
        """Raises S3Error, Refused and whatever keeps an object from being written."""
        if self._processing.may_fail:
            await self._sort_out()
        else:
            self._targets.append(Target({}, False, self._plan.oldest_ms))
        for target in self._targets:
            target.key = prefixes.object_key(
                self._to,
                target.oldest_ms,
                stream=self._stream.name,
                version=self._plan.version,
                seed=self._plan.seed,
                keys=target.keys,
                failed=target.failed,
            )
            await self._roles.require_object(
                self._stream, self._to["RoleARN"], bucket(self._to), target.key
            )
        for first in range(0, len(self._targets), OBJECTS_AT_ONCE):
            await self._write(range(first, min(first + OBJECTS_AT_ONCE, len(self._targets))))
        return self._written

    async def _pages(self) -> AsyncIterator[list[Record]]:
        after = self._after
        while page := await self._store.read(self._stream, after, self._plan.upto):
            yield [record for _, record in page]
            after = page[-1][0]
            await asyncio.sleep(0)

    # Where each record goes

    async def _sort_out(self) -> None:
        places: dict[tuple[str, ...] | None, int] = {}
        known: dict[tuple[str, str], int] = {}
        prefix = self._to.get("Prefix", "")
        names = sorted(
            prefixes.keys(prefix, prefixes.FROM_QUERY) | prefixes.keys(prefix, prefixes.FROM_LAMBDA)
        )

        def place_of(record: Record, keys: Mapping[str, str]) -> int:
            """Raises Failed."""
            try:
                values = tuple(keys[name] for name in names)
            except KeyError:
                raise Failed(EXTRACTION_FAILED, NO_KEYS) from None
            place = places.get(values)
            if place is None:
                used = dict(zip(names, values, strict=True))
                self._check_prefix(record, used)
                if len(places) > PARTITIONS_MAX:
                    text = f"There are more than {PARTITIONS_MAX} active partitions"
                    raise Failed(TOO_MANY_PARTITIONS, text)
                place = places[values] = len(self._targets)
                self._targets.append(Target(used, False, record.at_ms))
            return place

        def fail(record: Record, failed: Failed) -> None:
            self._written.failures[failed.code, failed.message] += 1
            index = known.setdefault((failed.code, failed.message), len(self._failures))
            if index == len(self._failures):
                self._failures.append(failed)
            self._places.append(~index)
            place = places.get(None)
            if place is None:
                place = places[None] = len(self._targets)
                self._targets.append(Target({}, True, record.at_ms))
            target = self._targets[place]
            target.oldest_ms = min(target.oldest_ms, record.at_ms)

        async with AsyncExitStack() as stack:
            extractor = None
            if self._processing.query is not None and names:
                extractor = await stack.enter_async_context(Extractor(self._processing.query))
            async for page in self._pages():
                split = await asyncio.to_thread(_split, page, self._processing)
                found = await _keys_of(split, extractor)
                taken = iter(found)
                for record, pieces in zip(page, split, strict=True):
                    if isinstance(pieces, Failed):
                        fail(record, pieces)
                        continue
                    for _ in pieces:
                        keys = next(taken)
                        try:
                            if isinstance(keys, str):
                                raise Failed(EXTRACTION_FAILED, keys)
                            place = place_of(record, keys)
                        except Failed as failed:
                            fail(record, failed)
                            continue
                        self._places.append(place)
                        target = self._targets[place]
                        target.oldest_ms = min(target.oldest_ms, record.at_ms)

    def _check_prefix(self, record: Record, keys: Mapping[str, str]) -> None:
        try:
            when = datetime.fromtimestamp(record.at_ms / 1000, UTC)
            prefixes.evaluated(self._to, when, seed="", keys=keys)
        except (prefixes.TooLong, UnicodeEncodeError):
            text = f"The prefix is longer than {PREFIX_CHARACTERS_MAX} characters"
            raise Failed(EXTRACTION_FAILED, text) from None

    # The objects

    async def _write(self, group: range) -> None:
        """The objects of some targets, all at once."""
        async with AsyncExitStack() as stack:
            open_: Open = {}
            for place in group:
                target = self._targets[place]
                if await self._objects.exists(bucket(self._to), target.key):
                    continue
                writer = self._objects.writer(bucket(self._to), target.key)
                packed = compressor(self._to["CompressionFormat"], target.key.rpartition("/")[2])
                open_[place] = await stack.enter_async_context(writer), packed
            if not open_:
                return
            done = 0
            async for page in self._pages():
                made, done = await asyncio.to_thread(self._made, page, open_, done)
                for place, data in made.items():
                    await open_[place][0].write(data)
            for writer, packed in open_.values():
                await writer.write(await asyncio.to_thread(packed.finish))
        self._written.objects += len(open_)

    def _made(
        self,
        page: Sequence[Record],
        open_: Open,
        done: int,
    ) -> tuple[dict[int, bytes], int]:
        """What each object grows by; and how many places were used by then. In a thread."""
        grown: dict[int, list[bytes]] = {}
        delimiter, now_ms = self._processing.delimiter, self._db.clock.now_ms()
        failed_place = next((i for i, each in enumerate(self._targets) if each.failed), -1)
        split = _split(page, self._processing)
        for record, pieces in zip(page, split, strict=True):
            for piece in [record.data] if isinstance(pieces, Failed) else pieces:
                place = self._places[done] if self._places else 0
                done += 1
                if place < 0:
                    if failed_place in open_:
                        line = failed_line(record, piece, self._failures[~place], now_ms)
                        grown.setdefault(failed_place, []).append(line)
                elif place in open_:
                    grown.setdefault(place, []).append(piece + delimiter if delimiter else piece)
                    self._written.records += 1
                    self._written.size += len(piece)
        return {
            place: open_[place][1].feed(b"".join(pieces)) for place, pieces in grown.items()
        }, done


def _split(page: Sequence[Record], processing: Processing) -> list[list[bytes] | Failed]:
    """What becomes of each record. In a thread."""
    found: list[list[bytes] | Failed] = []
    for record in page:
        try:
            found.append(processing.expanded(record.data))
        except Failed as failed:
            found.append(failed)
    return found


async def _keys_of(
    split: Sequence[list[bytes] | Failed], extractor: Extractor | None
) -> list[Keys]:
    pieces = [each for found in split if not isinstance(found, Failed) for each in found]
    if extractor is None:
        return [{}] * len(pieces)
    keys: list[Keys] = []
    for first in range(0, len(pieces), QUERIED_AT_ONCE):
        keys += await extractor.keys_of(pieces[first : first + QUERIED_AT_ONCE])
    return keys
