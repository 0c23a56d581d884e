"""Writes the objects of one delivery: the records of a plan, through their processors, to S3.

Records are read twice where they may go to different objects: first to find out where each goes
(`sorting.py`), then to write, some objects at a time. Neither holds more than a page of records. An
object that is there already was written before a crash: its name follows from the plan.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from jedlik.services.firehose import prefixes
from jedlik.services.firehose.compression import (
    CONTENT_ENCODINGS,
    CONTENT_TYPE,
    Compressor,
    compressor,
)
from jedlik.services.firehose.destinations import bucket
from jedlik.services.firehose.processing import Failed, Processing, failed_line
from jedlik.services.firehose.records import DeliveryStream, Plan, Record
from jedlik.services.firehose.roles import Roles
from jedlik.services.firehose.sorting import Sorting, Target, split
from jedlik.services.firehose.store import Store
from jedlik.services.s3 import Objects, ObjectWriter
from jedlik.tables.database import Database

OBJECTS_AT_ONCE = 64
Open = dict[int, tuple[ObjectWriter, Compressor]]
"""What is being written, by the place of its target."""


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
        self._sorting = Sorting(plan.destination, self._processing)
        self._written = Written()

    async def run(self) -> Written:
        """Raises S3Error, Refused and whatever keeps an object from being written."""
        if self._processing.may_fail:
            await self._sorting.run(self._pages())
            self._written.failures = self._sorting.counts
        else:
            self._sorting.targets.append(Target({}, False, self._plan.oldest_ms))
        targets = self._sorting.targets
        for target in targets:
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
        for first in range(0, len(targets), OBJECTS_AT_ONCE):
            await self._write(range(first, min(first + OBJECTS_AT_ONCE, len(targets))))
        return self._written

    async def _pages(self) -> AsyncIterator[list[Record]]:
        after = self._after
        while page := await self._store.read(self._stream, after, self._plan.upto):
            yield [record for _, record in page]
            after = page[-1][0]
            await asyncio.sleep(0)

    async def _write(self, group: range) -> None:
        """The objects of some targets, all at once."""
        async with AsyncExitStack() as stack:
            open_: Open = {}
            for place in group:
                target = self._sorting.targets[place]
                if await self._objects.exists(bucket(self._to), target.key):
                    continue
                kind = self._to["CompressionFormat"]
                encoding = CONTENT_ENCODINGS.get(kind)
                writer = self._objects.writer(
                    bucket(self._to),
                    target.key,
                    content_type=CONTENT_TYPE,
                    headers={"content-encoding": encoding} if encoding else None,
                )
                packed = compressor(kind, target.key.rpartition("/")[2])
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

    def _made(self, page: Sequence[Record], open_: Open, done: int) -> tuple[dict[int, bytes], int]:
        """What each object grows by; and how many places were used by then. In a thread."""
        grown: dict[int, list[bytes]] = {}
        delimiter, now_ms = self._processing.delimiter, self._db.clock.now_ms()
        sorting = self._sorting
        failed_place = next((i for i, each in enumerate(sorting.targets) if each.failed), -1)
        for record, pieces in zip(page, split(page, self._processing), strict=True):
            for piece in [record.data] if isinstance(pieces, Failed) else pieces:
                place = sorting.places[done] if sorting.places else 0
                done += 1
                if place < 0:
                    if failed_place in open_:
                        line = failed_line(record, piece, sorting.failures[~place], now_ms)
                        grown.setdefault(failed_place, []).append(line)
                elif place in open_:
                    grown.setdefault(place, []).append(piece + delimiter if delimiter else piece)
                    self._written.records += 1
                    self._written.size += len(piece)
        return {
            place: open_[place][1].feed(b"".join(pieces)) for place, pieces in grown.items()
        }, done
