"""Where plain PostgreSQL and Citus part ways: all of it, and nothing else.

* Plain: a batch over any number of parts is one statement; a read of many keys is one snapshot;
  a scan is one stretch of the index.
* Citus: a statement must stay in one part, or it becomes a distributed query. A batch over several
  parts is a transaction with a statement per part, in the order of the parts (so that two of them
  never wait for each other), each of which begins with its guarded writes: row locks were seen to
  be lost while a shard moved. No snapshot spans parts, so a consistent read holds every row.

Both run on both: nothing of the second needs the extension but `create_distributed_table`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import asyncpg

from jedlik.storage.postgres_commit import (
    PLACEHOLDER,
    Plan,
    lock,
    placeholders,
    remove_placeholders,
    statement,
)
from jedlik.storage.postgres_faults import FAULTS
from jedlik.storage.postgres_parts import Parts
from jedlik.storage.postgres_pool import Connection
from jedlik.storage.waist import Key, Row

WRITTEN, REFUSED, DROPPED = "written", "refused", "dropped"

GET_ONE = (
    "SELECT ver, val FROM kv"
    " WHERE part = $1 AND space = $2 AND token = $3 AND sort = $4 AND sub = $5"
)
_GET_MANY = (
    "SELECT g.i, kv.ver, kv.val FROM unnest($1::int8[], $2::int8[], $3::bytea[], $4::bytea[],"
    " $5::bytea[]) WITH ORDINALITY AS g(part, space, token, sort, sub, i), kv"
    " WHERE kv.part = g.part AND kv.space = g.space AND kv.token = g.token AND kv.sort = g.sort"
    " AND kv.sub = g.sub"
)
_GET_MANY_OF_PART = (
    "SELECT g.i, kv.ver, kv.val FROM unnest($2::int8[], $3::bytea[], $4::bytea[], $5::bytea[])"
    " WITH ORDINALITY AS g(space, token, sort, sub, i), kv WHERE kv.part = $1"
    " AND kv.space = g.space AND kv.token = g.token AND kv.sort = g.sort AND kv.sub = g.sub"
)
_HOLD = GET_ONE + " FOR SHARE"
_HOLD_ABSENT = (
    "INSERT INTO kv (part, space, token, sort, sub, ver, val)"
    f" VALUES ($1, $2, $3, $4, $5, {PLACEHOLDER}, '') ON CONFLICT DO NOTHING RETURNING 1"
)


class Dialect(Protocol):
    name: str

    async def write(self, connection: Connection, plan: Plan) -> str:
        """Do the plan: WRITTEN, or REFUSED or DROPPED with nothing written."""

    async def get(
        self, connection: Connection, keys: Sequence[Key], parts: Parts, *, snapshot: bool
    ) -> list[Row | None]:
        """The rows of different keys."""

    def stretches(self, space: int, parts: Parts) -> Iterable[int | None]:
        """The parts that a scan asks one after the other; None: all at once."""


class Plain:
    name = "postgresql"

    async def write(self, connection: Connection, plan: Plan) -> str:
        if not plan.stay_absent:
            return await _write(connection, plan, pinned=None, touch=False)
        async with _Transaction(connection) as transaction:
            if not await _place(connection, plan, pinned=None):
                return REFUSED
            answer = await _write(connection, plan.placed, pinned=None, touch=False)
            if answer == WRITTEN:
                await connection.fetchval(*_call(remove_placeholders(plan, pinned=None)))
                await transaction.commit()
            return answer

    async def get(
        self, connection: Connection, keys: Sequence[Key], parts: Parts, *, snapshot: bool
    ) -> list[Row | None]:
        columns = [list(column) for column in zip(*keys, strict=True)]
        found = await connection.fetch(_GET_MANY, [parts.of_key(key) for key in keys], *columns)
        return _in_order(found, len(keys))

    def stretches(self, space: int, parts: Parts) -> Iterable[int | None]:
        return (None,)


class Citus:
    name = "citus"

    def __init__(self, *, has_extension: bool) -> None:
        self._has_extension = has_extension

    async def write(self, connection: Connection, plan: Plan) -> str:
        pieces = plan.by_part()
        if len(pieces) == 1 and not plan.stay_absent:
            return await _write(connection, plan, pinned=pieces[0][0], touch=True)
        async with _Transaction(connection) as transaction:
            for part, piece in pieces:
                if piece.stay_absent and not await _place(connection, piece, pinned=part):
                    return REFUSED
                rest = piece.placed if piece.stay_absent else piece
                answer = await _write(connection, rest, pinned=part, touch=True)
                if answer != WRITTEN:
                    return answer
            for part, piece in pieces:
                if piece.stay_absent:
                    await connection.fetchval(*_call(remove_placeholders(piece, pinned=part)))
            await transaction.commit()
            if transaction.warned and self._has_extension:
                # A part may still wait for the second phase; it is decided, and this ends it.
                try:
                    await connection.execute("SELECT recover_prepared_transactions()")
                except FAULTS as fault:  # not known, whatever kind of fault it was
                    raise asyncpg.ConnectionDoesNotExistError(str(fault)) from fault
            return WRITTEN

    async def get(
        self, connection: Connection, keys: Sequence[Key], parts: Parts, *, snapshot: bool
    ) -> list[Row | None]:
        by_part: dict[int, list[int]] = {}
        for at, key in enumerate(keys):
            by_part.setdefault(parts.of_key(key), []).append(at)
        found: list[Row | None] = [None] * len(keys)
        if snapshot and len(by_part) > 1:
            return await _hold_all(connection, keys, by_part, found)
        for part, places in sorted(by_part.items()):
            columns = [list(column) for column in zip(*[keys[at] for at in places], strict=True)]
            rows = await connection.fetch(_GET_MANY_OF_PART, part, *columns)
            for at, row in zip(places, _in_order(rows, len(places)), strict=True):
                found[at] = row
        return found

    def stretches(self, space: int, parts: Parts) -> Iterable[int | None]:
        return parts.of_space(space)


async def _write(connection: Connection, plan: Plan, *, pinned: int | None, touch: bool) -> str:
    if not plan.writes and not plan.keep and not plan.fences:
        return WRITTEN  # placeholders were all there was to it
    text, arguments = statement(plan, pinned=pinned, touch=touch)
    try:
        alive, ok = await connection.fetchrow(text, *arguments)
    except asyncpg.DivisionByZeroError:
        return REFUSED
    return WRITTEN if ok else REFUSED if alive else DROPPED


async def _place(connection: Connection, plan: Plan, *, pinned: int | None) -> bool:
    """Put placeholders where rows must be absent; first lock what is there, as everybody does."""
    if plan.lockable and not await connection.fetchval(*_call(lock(plan, pinned=pinned))):
        return False
    return bool(await connection.fetchval(*_call(placeholders(plan, pinned=pinned))))


async def _hold_all(
    connection: Connection,
    keys: Sequence[Key],
    by_part: dict[int, list[int]],
    found: list[Row | None],
) -> list[Row | None]:
    """Hold row after row against writers, absent ones by a placeholder, and let all go at the end:
    who sees one row of a batch then waits for its other rows."""
    async with _Transaction(connection):
        for part, places in sorted(by_part.items()):
            for at in sorted(places, key=lambda place: keys[place]):
                while True:
                    row = await connection.fetchrow(_HOLD, part, *keys[at])
                    if row is not None:
                        found[at] = Row(row[0], row[1])
                        break
                    if await connection.fetchval(_HOLD_ABSENT, part, *keys[at]):
                        break
    return found


class _Transaction:
    """BEGIN … COMMIT, or ROLLBACK unless `commit` was called. `warned`: the server warned of
    something meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._transaction = connection.transaction()
        self._open = False
        self.warned = False

    async def commit(self) -> None:
        self._connection.add_log_listener(self._note)
        try:
            await self._transaction.commit()
            self._open = False
        finally:
            self._connection.remove_log_listener(self._note)

    async def __aenter__(self) -> _Transaction:
        await self._transaction.start()
        self._open = True
        return self

    async def __aexit__(self, kind: object, fault: object, trace: object) -> None:
        if self._open and not self._connection.is_closed():
            await self._transaction.rollback()

    def _note(self, connection: Any, message: Any) -> None:
        self.warned = True


def _call(made: tuple[str, list[Any]]) -> list[Any]:
    return [made[0], *made[1]]


def _in_order(found: Sequence[Any], count: int) -> list[Row | None]:
    rows: list[Row | None] = [None] * count
    for place, version, value in found:
        rows[place - 1] = Row(version, value)
    return rows
