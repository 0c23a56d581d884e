"""How an import or a bulk put is done: objects in order of their keys, records in their order.

A step writes some records through the write door, without taking capacity, and stores how far it
came. After a restart the object that was being read is read again and its done records are
skipped. Records that are no items are counted, and told once: those of imports in CloudWatch Logs,
in the group /aws-dynamodb/imports, in the commit that stores the place reached; those of bulk puts
in objects below the request's output prefix, which are named for the place at which their step
began. The step that is done again after a restart replaces them, or takes them away.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson
from msgspec.structs import replace

from jedlik.api.errors import ApiError
from jedlik.services.dynamodb import coding, limits, transfers
from jedlik.services.dynamodb.coding import Decoding, Read, Source, coders_of
from jedlik.services.dynamodb.item_keys import refuse_paths_into_keys
from jedlik.services.dynamodb.request_expressions import only_condition
from jedlik.services.dynamodb.seen_keys import SeenKeys
from jedlik.services.dynamodb.transfer_objects import callers_of, objects_of
from jedlik.services.dynamodb.transfers import LOG_GROUP, Transfer
from jedlik.services.logs.store import Logs
from jedlik.tables.database import Database
from jedlik.tables.errors import (
    CollectionTooLarge,
    ConditionFailed,
    Contended,
    Invalid,
    TableNotFound,
    Throttled,
)
from jedlik.tables.indexes import write_units
from jedlik.tables.internal import Beside, Change
from jedlik.tables.item_writes import PackedPut, Written
from jedlik.tables.keys import Key
from jedlik.tables.model import Table
from jedlik.tables.pace import Pace
from jedlik.tables.write import write_batch, write_new, write_one
from jedlik.values import Invalid as InvalidValue
from jedlik.values import Malformed

ERRORS_TOLD_MAX = 10_000
"""Of one import; the rest is only counted (developer guide)."""
LOG_ACTIONS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
"""What who asks for an import has to be allowed to do with its log."""
PIECES = 10
"""Of what a decoding hands over, at a step of an import; its place is stored once for all of them.
In a table that clients write to it is stored for each."""
NEVER_MS = 1 << 62
"""When a table becomes ready by itself that is made by an import."""
LARGE_BYTES = 1 << 20
"""Objects with so much in them are decoded in a process of their own."""


@dataclass(slots=True)
class Reading:
    """An object that is being read, kept between steps. at: records taken from it."""

    key: str
    decoding: Decoding
    at: int = 0


@dataclass(slots=True)
class Batch:
    """What a step found."""

    puts: list[tuple[int, PackedPut]]
    problems: list[tuple[int, str]]
    refused: list[dict[str, Any]]
    processed: int = 0
    size: int = 0
    ended: bool = False


class Importer:
    """Does one import or bulk put; holds the object that is being read."""

    def __init__(self, db: Database, transfer: Transfer) -> None:
        self._db = db
        self._callers = callers_of(db, transfer)
        self._objects = objects_of(db, transfer, source_of(transfer), self._callers)
        self._reading: Reading | None = None
        self._not_before_ms = 0.0
        # All that was put into a new table by the time that `_known` was stored, if this importer
        # did all of it; None: somebody else may have put more.
        self._seen: SeenKeys | None = None
        self._known: Transfer | None = None
        self._sure_from: int | None = None
        """How many records come before the first that no step can have done without being stored;
        None: as many as a step takes, from the place that is stored."""

    def may_go_on(self, now_ms: int) -> bool:
        """Whether the request's write rate allows more already."""
        return now_ms >= self._not_before_ms

    async def advance(self, now: Transfer) -> bool:
        """Do a bounded amount; whether there is more to do."""
        try:
            table = await self._table(now)
        except TableNotFound:
            await self._end(now, "FAILED", "ResourceNotFound", f"Table not found: {now.table}")
            return False
        try:
            if now.status == "CANCELLING":
                await self._end(now, "CANCELLED", "Cancelled", "The operation was cancelled")
                return False
            if now.stage == "begin":
                return await self._begin(now)
            return await self._read(now, table)
        except ApiError as refusal:  # what S3 has to say
            await self._end(now, "FAILED", *transfers.failure_of(refusal))
            return False

    async def _table(self, now: Transfer) -> Table:
        table = await self._db.catalog.get(now.account, now.region, now.table)
        if table.id != now.table_id:
            raise TableNotFound(now.table)
        return table

    async def _begin(self, now: Transfer) -> bool:
        source, total, count = source_of(now), 0, 0
        async for info in self._objects.list(prefix=_prefix(source)):
            total += info.size
            count += 1
        if not count:
            await self._end(now, "FAILED", "S3NoSuchKey", "No objects were found below the prefix")
            return False
        if now.kind == "import":
            beyond = await self._beyond(now, count, total)
            if beyond is not None:
                await self._end(now, "FAILED", "LimitExceeded", beyond)
                return False
            refused = self._callers.refused(LOG_ACTIONS, _log_arn(now))
            if refused is not None:
                # The guide names the actions. Unverified: the code and the text.
                text = f"The caller is not authorized to perform: {refused}"
                await self._end(now, "FAILED", "CloudWatchLogsAccessDenied", text)
                return False
            logs = Logs(self._db, now.account, now.region)
            await logs.ensure(LOG_GROUP, error_stream(now))
            if not self._db.catalog.shared:
                self._seen, self._known = SeenKeys(), now
        sized = await transfers.of(self._db, now).sized(now.id, total)
        begun = msgspec.structs.replace(now, stage="read", total_bytes=total)
        await self._replace(now, begun, also=[sized])
        self._sure_from = 0
        return True

    async def _beyond(self, now: Transfer, count: int, total: int) -> str | None:
        """What an import is too large for, with the others that are under way. Unverified: that it
        fails for that, and the texts; the numbers are the developer guide's."""
        if self._db.flows.mode != "on":
            return None
        if count > limits.IMPORT_OBJECTS_MAX:
            return f"An import takes up to {limits.IMPORT_OBJECTS_MAX} Amazon S3 objects"
        running = await transfers.of(self._db, now).running()
        others = sum(each.bytes for name, each in running.items() if name != now.id)
        most = limits.IMPORT_BYTES_MAX_IN.get(now.region, limits.IMPORT_BYTES_MAX)
        if others + total > most:
            return f"Imports under way take up to {most >> 40} TB of source objects together"
        return None

    async def _read(self, now: Transfer, table: Table) -> bool:
        if now != self._known:
            self._seen = None
        if self._reading is None or self._reading.key != now.key:
            self._reading = await self._open(now, table)
            if self._reading is None:
                await self._finish(now, table)
                return False
            if self._reading.key != now.key:
                now = await self._store(now, key=self._reading.key, records=0)
        reading = self._reading
        if reading.at != now.records:  # a step before this one was not stored
            self.forget()
            self._sure_from = None
            return True
        if self._sure_from is None:
            self._sure_from = now.processed + coding.RECORDS
        following = now
        lines: list[str] = []
        for _ in range(PIECES if now.kind == "import" else 1):
            batch = await self._take(reading, table, now)
            imported, usage = await self._write(batch, table, following)
            batch.problems.sort()
            if now.kind == "bulk":
                await self._put_errors(following, reading.key, batch)
            else:
                lines += _log_lines(following, reading.key, batch)
            following = msgspec.structs.replace(
                following,
                key=reading.key + "\0" if batch.ended else reading.key,
                records=0 if batch.ended else following.records + batch.processed,
                processed=following.processed + batch.processed,
                imported=following.imported + imported,
                errors=following.errors + len(batch.problems),
                size_bytes=following.size_bytes + batch.size,
                usage=usage,
            )
            if batch.ended:
                self.forget()
            if batch.ended or not self.may_go_on(self._db.clock.now_ms()):
                break
        await self._replace(now, following, lines=lines)
        return True

    def forget(self) -> None:
        """Let go of the object that is being read."""
        if self._reading is not None:
            self._reading.decoding.close()
            self._reading = None

    async def _open(self, now: Transfer, table: Table) -> Reading | None:
        """The object at the place reached, its done records skipped; None after the last."""
        source = source_of(now)
        after = now.key.removesuffix("\0") if now.key.endswith("\0") else ""
        async for info in self._objects.list(prefix=_prefix(source), after=after):
            if info.key < now.key:
                continue
            request = now.request.get("InputS3Configuration", now.request)
            skip = now.records if info.key == now.key else 0
            compression = request.get("InputCompressionType", "NONE")
            few = LARGE_BYTES if compression == "NONE" else LARGE_BYTES // 8
            coders = coders_of(self._db, large=(now.total_bytes or 0) >= few)
            decoding = await coders.decoding(
                Source(
                    kind=request["InputFormat"],
                    compression=compression,
                    csv=request.get("InputFormatOptions", {}).get("Csv"),
                    table=table,
                    skip=skip,
                ),
                _read_from(self._objects.read(info.key)),
            )
            return Reading(info.key, decoding, skip)
        return None

    async def _take(self, reading: Reading, table: Table, now: Transfer) -> Batch:
        batch = Batch([], [], [])
        taken = await reading.decoding.take()
        for record in taken.records:
            batch.size += record.size
            if record.error is not None:
                batch.problems.append((record.place, record.error))
                continue
            key = Key(record.token, record.sort)
            write = PackedPut(table, key, record.value)
            if now.kind == "bulk" and record.condition is not None:
                try:
                    write.condition = _condition_of(record.condition, table)
                except (Invalid, InvalidValue, Malformed) as fault:
                    batch.problems.append((record.place, fault.message))
                    continue
                except ApiError as fault:
                    batch.problems.append((record.place, fault.message or fault.code))
                    continue
            batch.puts.append((record.place, write))
        batch.processed = len(taken.records)
        batch.ended = taken.ended
        reading.at += batch.processed
        if taken.fault is not None:
            batch.problems.append((reading.at, taken.fault))
        return batch

    async def _write(self, batch: Batch, table: Table, now: Transfer) -> tuple[int, dict[str, int]]:
        """Put what the records hold, the last of each key; how many were put, and the bytes."""
        usage = dict(now.usage)
        imported = units = 0
        for puts in _pieces(self._db.pace, batch.puts):
            await self._db.pace.turn()
            done: Sequence[Written | Throttled] | None = None
            if all(write.condition is None for _, write in puts):
                try:
                    done = await self._put([write for _, write in puts], now)
                except (Invalid, InvalidValue, CollectionTooLarge):
                    done = None  # one of them: now one by one
            for at, (index, write) in enumerate(puts):
                try:
                    written = (
                        done[at]
                        if done is not None
                        else await write_one(self._db, write, actor=now.kind)
                    )
                except (Invalid, InvalidValue) as fault:
                    batch.problems.append((index, fault.message))
                    continue
                except CollectionTooLarge:
                    batch.problems.append((index, "Collection size exceeded."))
                    continue
                except ConditionFailed as fault:
                    old = fault.old.item if fault.old is not None else None
                    if old == write.item and self._repeats(now):
                        imported += 1  # by the step that was not stored
                        usage[""] = usage.get("", 0) + write.size
                        continue
                    batch.refused.append(
                        {"Item": write.item, **({"ExistingItem": old} if old else {})}
                    )
                    continue
                imported += 1
                units += write_units(write.size)
                _count(usage, table, write.size, written)
        rate = now.request.get("MaxWriteRequestUnits")
        if rate:
            at_ms = self._db.clock.now_ms()
            self._not_before_ms = max(self._not_before_ms, at_ms) + units * 1000 / rate
        return imported, usage

    async def _put(self, writes: list[PackedPut], now: Transfer) -> Sequence[Written | Throttled]:
        """Put items of different keys. While clients cannot write to the table, and what is in it
        is known, nobody looks for items that are not there."""
        if self._seen is not None:
            known = [self._seen.add(write.key) for write in writes]
            if not any(known):
                done = await write_new(self._db, writes, actor=now.kind)
                assert done is not None  # it has no guard
                return done
        return await write_batch(self._db, writes, actor=now.kind)

    async def _put_errors(self, now: Transfer, key: str, batch: Batch) -> None:
        """Objects of what a bulk put's step could not put."""
        bucket = source_of(now)["S3Bucket"]
        output = now.request["OutputS3Configuration"]
        objects = objects_of(self._db, now, output, self._callers)
        pointers = [
            {"itemS3Pointer": {"bucket": bucket, "key": key, "itemIndex": index},
             "errorMessages": [text]}
            for index, text in batch.problems
        ]  # fmt: skip
        for kind, lines_ in (("ERROR", pointers), ("CONDITION_CHECK_FAILURE", batch.refused)):
            if kind not in output["OutputType"]:
                continue
            prefix = output.get("S3KeyPrefix", "")
            name = f"{now.processed:012d}-{now.errors:012d}.json"  # no other step's that tells
            place = f"{prefix.rstrip('/') + '/' if prefix else ''}{now.id}/{kind}/{name}"
            if not lines_ and self._repeats(now):
                # An earlier process may have told more of what begins here before it died.
                await objects.take_back(place)
            elif lines_:
                data = b"".join(orjson.dumps(line) + b"\n" for line in lines_)
                await objects.put(
                    place,
                    data,
                    content_type="application/json",
                    encryption=transfers.encryption_of(output),
                )

    def _repeats(self, now: Transfer) -> bool:
        """Whether the step of a bulk put from this place on may have been done before."""
        return self._sure_from is None or now.processed < self._sure_from

    async def _finish(self, now: Transfer, table: Table) -> None:
        if now.kind == "bulk":
            status = "COMPLETED_WITH_ERRORS" if now.errors else "COMPLETED"
            await self._end(now, status, None, None)
        elif now.errors:
            await self._end(
                now,
                "FAILED",
                "ItemValidationError",
                "Some of the items failed validation checks and were not imported. Please check "
                "CloudWatch error logs for more details.",
            )
        else:
            await self._end(now, "COMPLETED", None, None)

    async def _end(self, now: Transfer, status: str, code: str | None, text: str | None) -> None:
        """The table is ready for use, however its import ended; one of which nothing was read is
        not made (developer guide, "Import format quotas and validation")."""
        if now.kind == "import" and now.stage != "begin":
            try:
                table = await self._table(now)
                if table.status == "CREATING":
                    await self._db.replace_table(table, replace(table, status="ACTIVE"))
            except TableNotFound:
                pass
        await self._store(
            now,
            stage="done",
            status=status,
            failure_code=code,
            failure_message=text,
            end_ms=self._db.clock.now_ms(),
        )
        if now.kind == "import" and now.stage == "begin":
            try:
                # If that does not come to pass, `forget_what_never_began` does it.
                await self._db.drop_table(await self._table(now))
            except TableNotFound:
                pass

    async def _store(self, old: Transfer, **changes: Any) -> Transfer:
        return await self._replace(old, msgspec.structs.replace(old, **changes))

    async def _replace(
        self,
        old: Transfer,
        new: Transfer,
        *,
        also: Sequence[Change] = (),
        lines: Sequence[str] = (),
    ) -> Transfer:
        """lines: what is told in the log, in the same commit."""
        store = transfers.of(self._db, old)
        try:
            if lines:
                at_ms = self._db.clock.now_ms()
                logs = Logs(self._db, old.account, old.region)
                await logs.ensure(LOG_GROUP, error_stream(old))
                place = Beside(store.table, await store.storing(old, new, also))
                events = [(at_ms, line) for line in lines]
                await logs.put(LOG_GROUP, error_stream(old), events, also=[place])
            else:
                await store.store(old, new, also)
        except Contended:
            self.forget()  # it was cancelled meanwhile: look again
            self._sure_from = None
            raise
        if old == self._known:
            self._known = new
        return new


def _read_from(pieces: AsyncIterator[bytes]) -> Read:
    async def read() -> bytes:
        return await anext(pieces, b"")

    return read


async def forget_what_never_began(db: Database, is_left: Callable[[str], bool]) -> None:
    """Take away the tables of imports that a process made which died before it stored the import.

    is_left: whether the table of that id is such a one; another process may just be making it.
    """
    begun: set[str] | None = None
    async for table in db.catalog.tables():
        if table.status != "CREATING" or table.settles_at_ms != NEVER_MS:
            continue
        if begun is None:
            begun = {each.table_id for each in await transfers.active(db)}
        is_own = table.created_at_ms >= db.opened_at_ms  # its import may just be being stored
        if table.id not in begun and not is_own and is_left(table.id):
            await db.drop_table(table)


def _condition_of(given: dict[str, Any], table: Table) -> Any:
    """Raises Invalid, Malformed or ApiError for what is no condition."""
    condition = only_condition(given)
    refuse_paths_into_keys(table, condition)
    return condition


def _pieces(pace: Pace, puts: list[tuple[int, PackedPut]]) -> Iterator[list[tuple[int, PackedPut]]]:
    """Pieces of work, with every key once in each."""
    at = 0
    while at < len(puts):
        some = puts[at : at + pace.items(len(puts))]
        at += len(some)
        yield from _without_rivals(some)


def _without_rivals(puts: list[tuple[int, PackedPut]]) -> list[list[tuple[int, PackedPut]]]:
    """The puts in batches of different keys, each key's in their order."""
    batches: list[list[tuple[int, PackedPut]]] = []
    seen: dict[Any, int] = {}
    for index, write in puts:
        at = seen.get(write.key, -1) + 1
        seen[write.key] = at
        if at == len(batches):
            batches.append([])
        batches[at].append((index, write))
    return batches


def _count(usage: dict[str, int], table: Table, size: int, written: Written | Throttled) -> None:
    """Bytes put, by index; "" is the table."""
    usage[""] = usage.get("", 0) + size
    assert not isinstance(written, Throttled)
    for name, units in (written.index_units or {}).items():
        usage[name] = usage.get(name, 0) + units * 1024


def source_of(now: Transfer) -> dict[str, Any]:
    """Bucket and prefix of the input."""
    found: dict[str, Any] = now.request.get("S3BucketSource") or now.request["InputS3Configuration"]
    return found


def _prefix(source: dict[str, Any]) -> str:
    return str(source.get("S3KeyPrefix", ""))


def _log_lines(now: Transfer, key: str, batch: Batch) -> list[str]:
    """What an import tells of the records of one object that are no items."""
    bucket = source_of(now)["S3Bucket"]
    return [
        orjson.dumps(
            {
                "itemS3Pointer": {"bucket": bucket, "key": key, "itemIndex": index},
                "importArn": now.arn,
                "errorMessages": [text],
            }
        ).decode()
        for index, text in batch.problems[: max(0, ERRORS_TOLD_MAX - now.errors)]
    ]


def _log_arn(now: Transfer) -> str:
    group = f"arn:aws:logs:{now.region}:{now.account}:log-group:{LOG_GROUP}"
    return f"{group}:log-stream:{error_stream(now)}"


def error_stream(now: Transfer) -> str:
    """Where an import tells of its errors (developer guide, "Import format quotas and
    validation")."""
    return f"{now.id}/error"
