"""Images of a table's past: taken while writes go on, kept as backups, loaded into new tables.

What a table held at an instant is found from both ends. First every row is copied as it is; what
has changed since, or disappears meanwhile, has its changes in the log. Then the log is read
backwards, from its end to the instant, and each change is undone in the copy, so that the oldest
one, whose old image is what stood there at the instant, comes last. Versions are the time: they
grow with every change of an item, whatever the clock does, and a transaction has one.

For this a table logs while it is being copied (`Table.held_by`), and its log is kept; with
point-in-time recovery on, it always does. The image is loaded through the write door, which makes
the indexes anew. Every step stores the place it reached, so a restart goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from jedlik.changes.record import Record, decode_record
from jedlik.storage.waist import ANY, Batch, Delete, Keep, Page, Put, Row, Tally, Write
from jedlik.storage.waist import Key as RowKey
from jedlik.tables.backups import Backup, Job, Source, Span, Target, new_id, source_of
from jedlik.tables.clock import VERSIONS_PER_MS, last_version_of
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended, TableNotFound
from jedlik.tables.instants import Instant
from jedlik.tables.item_writes import PackedPut
from jedlik.tables.keys import Key, key_extractor
from jedlik.tables.model import RestoreSource, Table
from jedlik.tables.net_changes import collect
from jedlik.tables.stored import Stored, size_of
from jedlik.tables.write import write_new

PAGE_ITEMS = 100
PAGE_BYTES = 64 << 10
UNDO_RECORDS = 64
"""A page, or so many records, are a piece of work for who is alone: `tables/pace.py`."""
ACTOR = "restore"
UNORDERED_MS = 10_000
"""By how much records of several processes may stand in the log out of their versions' order."""
RETRIES_MAX = 10
EXPORTS = "export:"
"""How the ids of jobs begin that only need a table's past, which outlives the table."""


async def begin_backup(db: Database, table: Table, name: str) -> Backup:
    """Back the table up as it is now; `workers/backups.py` does it. Raises Contended."""
    space = await _new_space(db)
    job_id = new_id(db.clock.now_ms(), db.versions.next())
    table = await _hold(db, table, job_id)
    # Whatever has a smaller version was submitted, and is durable once the job is.
    version_max = db.versions.next()
    at_ms = db.clock.now_ms()
    backup = Backup(id=job_id, name=name, kind="USER", table=table, space=space, at_ms=at_ms)
    job = Job(
        id=job_id,
        account=table.account,
        region=table.region,
        table=table.name,
        phase="copy",
        space=space,
        keeps=True,
        source=source_of(table),
        held=True,
        version_max=version_max,
        at_ms=at_ms,
        backup=backup.id,
    )
    await db.backups.add(Put(backup.key, ANY, backup.row), job.put)
    db.backup_work.set()
    return backup


async def begin_restore(db: Database, target: Table, backup: Backup) -> Table:
    """Make `target` with what a finished backup holds. Raises TableExists."""
    job_id = new_id(db.clock.now_ms(), db.versions.next())
    made = await _make_target(
        db, target, RestoreSource(backup.table.arn, backup.at_ms, backup_arn=backup.arn)
    )
    job = Job(
        id=job_id,
        account=backup.table.account,
        region=backup.table.region,
        table=backup.table.name,
        phase="load",
        space=backup.space,
        keeps=True,
        backup=backup.id,
        target=_target_of(made),
    )
    await db.backups.add(job.put)
    db.backup_work.set()
    return made


async def begin_recovery(db: Database, target: Table, past: Table | Backup, at_ms: int) -> Table:
    """Make `target` with what a table, or one that was deleted since, held at the end of that
    millisecond. Raises TableExists, Contended."""
    space = await _new_space(db)
    job_id = new_id(db.clock.now_ms(), db.versions.next())
    kept = past if isinstance(past, Backup) else None
    source = past.table if isinstance(past, Backup) else await _hold(db, past, job_id)
    version_max = min(last_version_of(at_ms), db.versions.next())
    try:
        made = await _make_target(db, target, RestoreSource(source.arn, at_ms))
    except BaseException:
        if kept is None:
            await _release(db, source, job_id)
        raise
    job = Job(
        id=job_id,
        account=source.account,
        region=source.region,
        table=source.name,
        phase="copy",
        space=space,
        keeps=False,
        source=source_of(source),
        held=kept is None,
        version_max=version_max,
        at_ms=at_ms,
        backup=kept.id if kept is not None else None,
        target=_target_of(made),
    )
    await db.backups.add(job.put)
    db.backup_work.set()
    return made


async def begin_image(
    db: Database,
    job_id: str,
    past: Table | Backup,
    *,
    version_max: int,
    version_min: int | None = None,
    span: Span | None = None,
) -> None:
    """Take an image of a table's past for somebody else: what it held when `version_max` was the
    last version, or, with `version_min`, the net changes after that one; of all rows, or of a
    span. job_id begins with EXPORTS; a second call with the same id does nothing.
    `db.transfer_work` is set when the image is there. Raises Contended, TableNotFound."""
    if await db.backups.job(job_id) is not None:
        return
    kept = past if isinstance(past, Backup) else None
    source = past.table if isinstance(past, Backup) else past
    if kept is None and job_id not in source.held_by:
        source = await _hold(db, source, job_id)
    space = await _new_space(db)
    job = Job(
        id=job_id,
        account=source.account,
        region=source.region,
        table=source.name,
        phase="copy" if version_min is None else "collect",
        space=space,
        keeps=False,
        source=source_of(source),
        span=span,
        held=kept is None,
        version_max=version_max,
        at_ms=version_max // VERSIONS_PER_MS,
        version_min=version_min or 0,
        from_ms=(version_min or 0) // VERSIONS_PER_MS,
        backup=kept.id if kept is not None else None,
        waits=True,
    )
    await db.backups.add(job.put)
    db.backup_work.set()


async def drop_image(db: Database, job_id: str) -> None:
    """Forget an image that was taken for somebody else, whether it is ready or not."""
    job = await db.backups.job(job_id)
    if job is None:
        return
    await _let_go(db, job)
    await _end(db, job)


async def delete_backup(db: Database, backup: Backup) -> None:
    """Forget a backup that no job needs, and give its room back."""
    spaces = [backup.space]
    if backup.kind == "SYSTEM" and not await db.streams.of_log(backup.table):
        spaces.append(backup.table.log_space)
    await db.drop_spaces(spaces, Delete(backup.key, ANY))


async def forget_what_never_began(
    db: Database, is_left: Callable[[str], bool] = lambda what: True
) -> None:
    """Undo what a process left that died before its job was stored. Called at start.

    is_left: whether what has this id is such a thing; it may be another process's, which is just
    about to store its job.
    """
    begun = {job.id for job in await db.backups.jobs()}
    targets = {job.target.id for job in await db.backups.jobs() if job.target is not None}
    async for table in db.catalog.tables():
        for job_id in table.held_by:
            if job_id not in begun and is_left(job_id):
                await _release(db, table, job_id)
        restored = table.restored
        unfinished = restored is not None and restored.in_progress
        if unfinished and table.id not in targets and is_left(table.id):
            await db.drop_table(table)


async def advance(db: Database, job: Job) -> bool:
    """Do a bounded amount of a job; whether it goes on."""
    await db.pace.turn()
    try:
        if job.phase == "copy":
            await _copy(db, job)
        elif job.phase == "undo":
            return await _undo(db, job)
        elif job.phase == "collect":
            if await collect(db, job, unordered=UNORDERED_MS * VERSIONS_PER_MS):
                return True
            return await _image_is_ready(db, job)
        elif job.phase == "ready":
            return False
        else:
            return await _load(db, job)
    except TableNotFound:
        await _end(db, job)
        return False
    return True


async def _copy(db: Database, job: Job) -> None:
    """Copy a page of rows, also those that were put since the instant: what changed has a record
    that will be undone, and what a put left as it was has none."""
    page = await _page(db, _source(job).space, job)
    space = job.space
    writes = [Put((space, each.token, each.sort, b""), ANY, each.value) for each in page.entries]
    size_bytes = sum(size_of(write.value) for write in writes)
    if page.more:
        last = page.entries[-1]
        reached = msgspec.structs.replace(job, after=last.token + last.sort)
    else:
        reached = msgspec.structs.replace(job, phase="undo", after=b"", part=0, before=-1)
    tally = Tally(job.space, len(writes), size_bytes)
    await db.engine.commit(Batch(db.versions.next(), [*writes, reached.put], (), (tally,)))


async def _page(db: Database, space: int, job: Job) -> Page:
    """The next rows that a job is to copy or load: those after the place it reached."""
    after, span, items = job.after, job.span, db.pace.items(PAGE_ITEMS)
    if span is None:
        place = (after[:16], after[16:], b"") if after else None
        return await db.engine.scan(
            space, b"", None, after=place, item_limit=items, byte_limit=PAGE_BYTES
        )
    return await db.engine.range(
        space,
        span.token,
        span.low,
        span.high,
        low_open=span.low_open,
        high_open=span.high_open,
        after=(after[16:], b"") if after else None,
        item_limit=items,
        byte_limit=PAGE_BYTES,
    )


async def _undo(db: Database, job: Job) -> bool:
    """Undo some changes of one part of the log; whether there is more to do."""
    source = _source(job)
    if job.part >= source.parts:
        return await _image_is_ready(db, job)
    first, last = await db.engine.log_bounds(source.log_space, job.part)
    before = job.before if job.before >= 0 else last
    some = db.pace.items(UNDO_RECORDS)
    records = await _records(db, source, job.part, max(first - 1, before - some), before)
    low = before - len(records)
    then: dict[RowKey, bytes | None] = {}
    key_of = key_extractor(source.keys)
    long_before = job.version_max - UNORDERED_MS * VERSIONS_PER_MS
    instant = Instant(job.version_max, job.at_ms)
    reached_instant = low < first
    for record in reversed(records):
        if not instant.takes_in(record):
            image = record.new if record.old is None else record.old
            assert image is not None
            key = key_of(Stored(0, image).item)
            if job.span is None or job.span.holds(key):
                then[job.space, key.token, key.sort, b""] = record.old
        elif record.version < long_before:
            reached_instant = True
    if reached_instant:
        reached = msgspec.structs.replace(job, part=job.part + 1, before=-1)
    else:
        reached = msgspec.structs.replace(job, before=low)
    keys = list(then)
    rows = await db.engine.get(keys, pending=True) if keys else []
    writes, tally = _restoring(job.space, then, dict(zip(keys, rows, strict=True)))
    await db.engine.commit(Batch(db.versions.next(), [*writes, reached.put], (), (tally,)))
    return True


def _restoring(
    space: int, then: dict[RowKey, bytes | None], now: dict[RowKey, Row | None]
) -> tuple[list[Write], Tally]:
    """The writes that make these rows of an image what they were, and what that adds up to."""
    writes: list[Write] = []
    count = size_bytes = 0
    for key, value in then.items():
        row = now[key]
        if row is not None:
            count, size_bytes = count - 1, size_bytes - size_of(row.value)
        if value is not None:
            writes.append(Put(key, ANY, value))
            count, size_bytes = count + 1, size_bytes + size_of(value)
        elif row is not None:
            writes.append(Delete(key, ANY))
    return writes, Tally(space, count, size_bytes)


async def _records(db: Database, source: Source, part: int, after: int, upto: int) -> list[Record]:
    """The records with after < seq ≤ upto."""
    found: list[Record] = []
    while after < upto:
        entries = await db.engine.log_read(source.log_space, part, after, upto - after)
        if not entries:
            break
        found += [decode_record(entry.record) for entry in entries]
        after = entries[-1].seq
    return found


async def _image_is_ready(db: Database, job: Job) -> bool:
    """The image is complete: let go of its source; whether it is to be loaded."""
    await _let_go(db, job)
    if job.waits:
        ready = msgspec.structs.replace(job, phase="ready", held=False)
        await db.engine.commit(Batch(db.versions.next(), (ready.put,)))
        db.transfer_work.set()
        return False
    if job.target is not None:
        load = msgspec.structs.replace(job, phase="load", held=False, after=b"")
        await db.engine.commit(Batch(db.versions.next(), (load.put,)))
        return True
    stats = await db.engine.stats(job.space)
    backup = await db.backups.get(job.account, job.region, job.backup or "")
    if backup is not None:
        await db.backups.update(
            backup,
            lambda now: msgspec.structs.replace(
                now, status="AVAILABLE", rows=stats.rows, size_bytes=stats.bytes
            ),
        )
    await _end(db, job)
    return False


async def _load(db: Database, job: Job) -> bool:
    """Put a page of the image into the table; whether there is more to do."""
    assert job.target is not None
    target = job.target
    table = await db.catalog.get(target.account, target.region, target.name)
    if table.id != job.target.id:
        raise TableNotFound(table.name)
    page = await _page(db, job.space, job)
    # The keys are the source's, so an item's place is the same in both.
    writes = [PackedPut(table, Key(entry.token, entry.sort), entry.value) for entry in page.entries]
    # With the place reached, also that of the last page: no item is counted twice after a restart,
    # and a worker that is not the one any more does not put items back that clients have changed.
    also: Put | Keep = Keep(job.key, job.version)
    if page.entries:
        last = page.entries[-1]
        also = msgspec.structs.replace(job, after=last.token + last.sort).put
    # Nobody else writes to a table that is being made, and what comes before the place reached is
    # there.
    if await write_new(db, writes, actor=ACTOR, also=also) is None:
        return True
    if page.entries:
        return True  # the end is another step's: the job has a new version by now
    assert table.restored is not None
    done = replace(table.restored, in_progress=False)
    await db.replace_table(table, replace(table, status="ACTIVE", restored=done))
    await _end(db, job)
    return False


async def _let_go(db: Database, job: Job) -> None:
    """The job's source may be deleted again."""
    if job.held:
        try:
            table = await db.catalog.get(job.account, job.region, job.table)
            await _release(db, table, job.id)
        except TableNotFound:
            pass


async def _end(db: Database, job: Job) -> None:
    """Forget a job, and its image if that was only made for it."""
    await db.drop_spaces([] if job.keeps else [job.space], job.delete)


async def _hold(db: Database, table: Table, job_id: str) -> Table:
    return await db.replace_table(table, replace(table, held_by=(*table.held_by, job_id)))


async def _release(db: Database, table: Table, job_id: str) -> None:
    for _ in range(RETRIES_MAX):
        table = await db.current(table)
        held_by = tuple(other for other in table.held_by if other != job_id)
        if held_by == table.held_by:
            return
        try:
            await db.replace_table(table, replace(table, held_by=held_by))
            return
        except Contended:
            continue
    raise Contended


async def _new_space(db: Database) -> int:
    space = await db.catalog.reserve_spaces(1)
    await db.engine.space_create(space)
    return space


async def _make_target(db: Database, target: Table, source: RestoreSource) -> Table:
    return await db.create_table(replace(target, status="CREATING", restored=source))


def _target_of(table: Table) -> Target:
    return Target(table.account, table.region, table.name, table.id)


def _source(job: Job) -> Source:
    assert job.source is not None
    return job.source
