"""The only door through which an item changes.

old image -> condition -> pure apply -> size and key checks -> index deltas -> change record -> one
guarded batch. PutItem, UpdateItem, DeleteItem, BatchWriteItem, TransactWriteItems, PartiQL and the
workers all enter here; none can forget indexes, the log, item collections or limits.

Reads made here may see what is not durable yet, because nothing is answered before a later fsync:
a refusal, too, waits for a guard-only commit that covers what it saw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from jedlik.storage.waist import (
    ABSENT,
    FENCE,
    Batch,
    Change,
    Delete,
    Engine,
    Keep,
    Put,
    Row,
    Tally,
    Write,
)
from jedlik.tables.change_records import change_of
from jedlik.tables.charges import (
    INNOCENT,
    admit_all,
    reserve,
    take,
    take_for_cancelled,
    take_for_indexes,
    throttled_reason,
)
from jedlik.tables.client_tokens import ClientToken, claim
from jedlik.tables.database import Database
from jedlik.tables.errors import (
    CollectionTooLarge,
    ConditionFailed,
    Contended,
    Invalid,
    Reason,
    Throttled,
    TransactionCancelled,
)
from jedlik.tables.indexes import WRITE_UNIT_BYTES, write_units
from jedlik.tables.item_writes import CheckWrite, ItemWrite, PutWrite, UpdateWrite, Written
from jedlik.tables.stored import Stored
from jedlik.tables.write_plan import Plan

RowKey = tuple[int, bytes, bytes, bytes]
# What `Put(...)`, `Tally(...)` and `Batch(...)` do, without their Python functions.
_new_put: Callable[[tuple[RowKey, int, bytes]], Put] = partial(tuple.__new__, Put)
_new_tally: Callable[[tuple[int, int, int]], Tally] = partial(tuple.__new__, Tally)
_new_batch: Callable[
    [tuple[int, Sequence[Write], Sequence[Change], Sequence[Tally], Sequence[Keep]]], Batch
] = partial(tuple.__new__, Batch)

RETRIES_MAX = 30
NO_UNITS: dict[str, int] = {}
"""What a write that no index knows of took from indexes. Never changed."""


async def write_one(db: Database, write: ItemWrite, *, actor: str | None = None) -> Written:
    """Do one write; raises ConditionFailed, Invalid, CollectionTooLarge, Throttled or Contended.

    Takes the capacity that it comes to; what the house itself does (an `actor`) takes none.
    """
    engine, table, key = db.engine, write.table, write.key
    if actor is not None:
        return await _write_one(
            db, write, await engine.get_one(_row_key(write), pending=True), actor
        )
    flow = db.flows.of(table)
    lane = flow.write
    now = db.clock.now_ms() / 1000
    place = key.token if lane.parts is None or not lane.parts.by_sort else key.token + key.sort
    if now < lane.shut_until:
        lane.admit(place, now)
    row_key = (table.space, key.token, key.sort, b"")
    kind = type(write)
    embedded = db.embedded
    if embedded is engine and table.plain and (kind is PutWrite or kind is UpdateWrite):
        # The shortest way: from here to `put_seen` nobody else's turn comes.
        row = embedded.peek(row_key)
        old = None if row is None else Stored(row.version, row.value)
        if write.condition is None or write.condition.holds(old.item if old else None):
            version = db.versions.next(0 if row is None else row.version)
            try:
                new = write.apply(old, version)
            except Invalid:
                await settle(engine, version)
                raise
            assert new is not None
            size, old_size = new.size, 0 if old is None else old.size
            more = 1 if old is None else 0
            change = None
            if table.logged:
                at_ms = db.clock.now_ms()
                change = change_of(table, key.token, old, new, at_ms=at_ms, version=version)
            durable = embedded.put_seen(row_key, version, new.value, more, size - old_size, change)
            if durable is not None:
                await durable
            units = -(-(old_size if old_size > size else size) // WRITE_UNIT_BYTES) or 1
            lane.take(place, units, now)
            return Written(old, new, NO_UNITS)
    row = await engine.get_one(row_key, pending=True)
    try:
        written = await _attempt_plain(db, write, row_key, row) if table.plain else None
        if written is None:
            written = await _write_one(db, write, row, None)
    except ConditionFailed as error:
        flow.conditions_failed.add(1.0)
        lane.take(place, write_units(error.charged_bytes), now)
        raise
    old, new = written.old, written.new
    size = new.size if new is not None else 0
    if old is not None and old.size > size:
        size = old.size
    units = -(-size // WRITE_UNIT_BYTES) or 1
    if written.index_units:
        units += take_for_indexes(flow, written, now)
    lane.take(place, units, now)
    return written


async def write_batch(
    db: Database,
    writes: Sequence[ItemWrite],
    *,
    actor: str | None = None,
    also: Put | Keep | None = None,
) -> list[Written | Throttled]:
    """Do several writes of different items; one commit carries them all, but for those that there
    is no capacity for.

    also: a row of the caller's, written or looked at in the same commit; if its guard does not
    hold, Contended is raised.

    Those that clients ask for are unconditional. Where one has a condition that does not hold,
    nothing is written and ConditionFailed is raised.
    """
    if actor is not None:
        return [*await _write_several(db, writes, actor, also)]
    now = db.clock.now_ms() / 1000
    # Each is charged what it takes at least before the next is admitted, as if they came one by
    # one; what it took beyond that follows.
    reserved = [reserve(db, write, now) for write in writes]
    admitted = [w for w, r in zip(writes, reserved, strict=True) if not isinstance(r, Throttled)]
    outcomes = iter(await _write_several(db, admitted, None, also) if admitted else ())
    done: list[Written | Throttled] = []
    for write, before in zip(writes, reserved, strict=True):
        if isinstance(before, Throttled):
            done.append(before)
            continue
        outcome = next(outcomes)
        done.append(outcome)
        if not isinstance(outcome, Throttled):
            take(db, write, outcome, now, reserved=before)
    return done


async def write_new(
    db: Database, writes: Sequence[ItemWrite], *, actor: str, also: Put | Keep | None = None
) -> list[Written] | None:
    """Do writes of different items to a table of which it is known that it has none of them and
    that nobody else writes to: nothing is read. also: a row of the caller's, as for `write_batch`,
    whose guard makes sure of that; None if it does not hold.

    Raises Invalid or CollectionTooLarge, and nothing is written."""
    plan = Plan(db, db.versions.next(), actor, new=True)
    done = [plan.add(write, None) for write in writes]
    await plan.meter_collections()
    await plan.settle_backfilling()
    if also is not None:
        plan.writes.append(also)
    return done if await _landed(db, writes, plan.batch()) else None


async def write_all(
    db: Database, writes: Sequence[ItemWrite], *, token: ClientToken | None = None
) -> list[Written] | None:
    """Do all or nothing; None when this token has done it before.

    Raises TransactionCancelled with a reason per write, or IdempotencyMismatch.
    """
    now = db.clock.now_ms() / 1000
    admit_all(db, writes, now)
    rows = await _read_olds(db.engine, writes)
    also = None if token is None else await claim(db, token)
    if token is not None and also is None:
        return None
    try:
        done = await _attempt(db, writes, rows, also=also, together=True)
        if done is None:
            done = await _take_turns(db, writes, token=token, together=True)
    except Contended:
        for write in writes:
            db.flows.of(write.table).conflicts.add(1.0)
        reason = Reason("TransactionConflict", "Transaction is ongoing for the item")
        raise TransactionCancelled([reason] * len(writes)) from None
    except TransactionCancelled as error:
        take_for_cancelled(db, writes, rows, error.reasons, now)
        raise
    for write, written in zip(writes, done or (), strict=False):
        assert not isinstance(written, Throttled)
        take(db, write, written, now, times=2)
    return None if done is None else [w for w in done if not isinstance(w, Throttled)]


async def settle(engine: Engine, version: int) -> None:
    """Wait until everything that a pending read can have seen is durable."""
    await engine.commit(Batch(version, ()))


def _row_key(write: ItemWrite) -> RowKey:
    return (write.table.space, write.key.token, write.key.sort, b"")


async def _write_one(db: Database, write: ItemWrite, row: Row | None, actor: str | None) -> Written:
    """The complete way of one write, over and over if others win."""
    lost = write.table.plain and actor is None  # the short way, on the same row
    done = None if lost else await _attempt(db, [write], [row], actor=actor)
    if done is None:
        done = await _take_turns(db, [write], actor=actor)
    assert done is not None
    written = done[0]
    if isinstance(written, Throttled):
        raise written
    return written


async def _write_several(
    db: Database, writes: Sequence[ItemWrite], actor: str | None, also: Put | Keep | None
) -> list[Written | Throttled]:
    rows = await _read_olds(db.engine, writes)
    done = await _attempt(db, writes, rows, actor=actor, also=also)
    if done is None:
        done = await _take_turns(db, writes, actor=actor, also=also)
    assert done is not None
    return done


async def _attempt_plain(
    db: Database, write: ItemWrite, row_key: RowKey, row: Row | None
) -> Written | None:
    """The short way: a table without indexes, item collections or expiry changes one row.

    Like `_attempt`, None when the guard found another row.
    """
    engine, space = db.engine, row_key[0]
    if row is None:
        old, seen, old_size = None, ABSENT, 0
    else:
        old = Stored(row.version, row.value)
        seen, old_size = row.version, old.size
    version = db.versions.next(seen)
    if write.condition is not None and not write.condition.holds(old.item if old else None):
        if await engine.commit(Batch(version, (Keep(row_key, seen),))) is None:
            raise ConditionFailed(old, charged_bytes=old_size)
        return None
    try:
        new = write.apply(old, version)
    except Invalid:
        await settle(engine, version)
        raise
    changed: Put | Delete | Keep
    tallies: tuple[Tally, ...] = ()
    if isinstance(write, CheckWrite):
        changed = Keep(row_key, seen)
    elif new is not None:
        changed = _new_put((row_key, seen, new.value))
        tallies = (_new_tally((space, 0 if old else 1, new.size - old_size)),)
    elif old is not None:
        changed = Delete(row_key, seen)
        tallies = (Tally(space, -1, -old_size),)
    else:
        changed = Keep(row_key, ABSENT)
    changes: tuple[Change, ...] = ()
    if write.table.logged:
        at_ms = db.clock.now_ms()
        change = change_of(write.table, row_key[1], old, new, at_ms=at_ms, version=version)
        if change is not None:
            changes = (change,)
    batch = _new_batch((version, (changed,), changes, tallies, ()))
    if db.catalog.shared:
        return Written(old, new, {}) if await _landed(db, (write,), batch) else None
    conflict = await engine.commit(batch)
    return None if conflict is not None else Written(old, new, {})


async def _landed(db: Database, writes: Sequence[ItemWrite], batch: Batch) -> bool:
    """Commit if the tables are still what the batch was made by; whether it was written.

    If not, their descriptions are looked at again: `_take_turns` then goes by new ones.
    """
    if not db.catalog.shared:
        return await db.engine.commit(batch) is None
    fences = await db.catalog.fences([(write.table, write.key.token) for write in writes])
    if fences is None:
        return False
    conflict = await db.engine.commit(batch._replace(fences=fences))
    if conflict is not None and conflict.index == FENCE:
        await db.catalog.mend([write.table for write in writes])
    return conflict is None


async def _take_turns(
    db: Database,
    writes: Sequence[ItemWrite],
    *,
    actor: str | None = None,
    token: ClientToken | None = None,
    also: Put | Keep | None = None,
    together: bool = False,
) -> list[Written | Throttled] | None:
    """Retry after a conflict, holding the keys against this process's other writers.

    None when a rival with the same token has done the work meanwhile.
    """
    keys = sorted((w.table.space, w.key.token, w.key.sort, b"") for w in writes)
    async with db.turns.of(keys):
        for attempt in range(1, RETRIES_MAX + 1):
            await db.turns.pause(attempt)
            await _bring_up_to_date(db, writes)
            rows = await _read_olds(db.engine, writes)
            if token is not None:
                also = await claim(db, token)
                if also is None:
                    return None
            done = await _attempt(db, writes, rows, actor=actor, also=also, together=together)
            if done is not None:
                return done
    raise Contended


async def _bring_up_to_date(db: Database, writes: Sequence[ItemWrite]) -> None:
    """A table may have been changed while its write waited: an index, stream or time to live that
    was enabled meanwhile must see the write. Raises TableNotFound."""
    for write in writes:
        write.table = await db.current(write.table)


async def _read_olds(engine: Engine, writes: Sequence[ItemWrite]) -> list[Row | None]:
    keys = [(w.table.space, w.key.token, w.key.sort, b"") for w in writes]
    return await engine.get(keys, pending=True)


async def _attempt(
    db: Database,
    writes: Sequence[ItemWrite],
    rows: Sequence[Row | None],
    *,
    actor: str | None = None,
    also: Put | Keep | None = None,
    together: bool = False,
) -> list[Written | Throttled] | None:
    """Evaluate every write on these rows and commit; None when a guard found other rows.

    A write that an index has no capacity for is left out, or cancels those that go together.
    """
    version = db.versions.next(max((row.version for row in rows if row), default=0))
    plan = Plan(db, version, actor)
    done: list[Written | Throttled] = []
    reasons: list[Reason] = []
    for write, row in zip(writes, rows, strict=True):
        old = None if row is None else Stored(row.version, row.value)
        try:
            done.append(plan.add(write, old))
            reasons.append(INNOCENT)
        except ConditionFailed:
            reasons.append(Reason("ConditionalCheckFailed", "The conditional request failed", old))
        except Invalid as error:
            reasons.append(Reason("ValidationError", error.message, old))
        except Throttled as fault:
            if together:
                reasons.append(throttled_reason(fault))
            else:
                done.append(fault)
                reasons.append(INNOCENT)
    if len(done) < len(writes):
        await _refuse(db, plan, writes, rows, reasons, together=together)
        return None
    try:
        await plan.meter_collections()
        await plan.settle_backfilling()
    except CollectionTooLarge as error:
        await settle(db.engine, version)
        if not together:
            raise
        code = "ItemCollectionSizeLimitExceeded"
        reason = Reason(code, "Collection size exceeded.")
        reasons = [reason if at in error.guilty else INNOCENT for at in range(len(writes))]
        raise TransactionCancelled(reasons) from error
    if also is not None:
        plan.writes.append(also)
    return done if await _landed(db, writes, plan.batch()) else None


async def _refuse(
    db: Database,
    plan: Plan,
    writes: Sequence[ItemWrite],
    rows: Sequence[Row | None],
    reasons: list[Reason],
    *,
    together: bool,
) -> None:
    """Say no, once what it was judged on is durable; return if that has changed: judge again."""
    guards = [
        Keep((w.table.space, w.key.token, w.key.sort, b""), row.version if row else ABSENT)
        for w, row in zip(writes, rows, strict=True)
    ]
    if await db.engine.commit(Batch(plan.version, guards)) is not None:
        return
    if together:
        raise TransactionCancelled(reasons)
    guilty = next(reason for reason in reasons if reason is not INNOCENT)
    if guilty.code == "ConditionalCheckFailed":
        raise ConditionFailed(guilty.old, charged_bytes=guilty.old.size if guilty.old else 0)
    raise Invalid(guilty.message or "")
