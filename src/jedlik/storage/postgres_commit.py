"""A batch as one statement: guarded writes first, and everything else only if they all took effect.

    alive    no space named was dropped
    fenced   rows that many look at and next to none changes, held together with those many
    locked   where there are several guards: all rows, in the order of their keys (no deadlocks)
    ins      rows that must be absent          each goes ahead only if all before it were complete
    upd del  rows that must have a version
    kept     rows that are only looked at
    ok       true: all guards held; false: nothing was written; otherwise the statement fails
    …        unguarded rows, change records, tallies: only where ok

What a statement cannot do is to make sure that an absent row stays absent while others are
written: for that a placeholder is put there first and taken away last, in an explicit transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from jedlik.storage.postgres_parts import Parts
from jedlik.storage.waist import ABSENT, ANY, FENCE, Batch, Conflict, Delete, Key, Put, Row

PLACEHOLDER = 0  # as a version; no reader ever sees one


@dataclass(slots=True)
class Plan:
    """A batch in the engine's terms. Rows are (part, space, token, sort, sub, expected, value)."""

    version: int
    guards: list[tuple[int, Key, int]] = field(default_factory=list)
    """(index in the batch or FENCE, key, expected version or ABSENT): fences first, then in the
    order of the batch"""
    contradicts: bool = False
    create: list[tuple[Any, ...]] = field(default_factory=list)
    update: list[tuple[Any, ...]] = field(default_factory=list)
    delete: list[tuple[Any, ...]] = field(default_factory=list)
    keep: list[tuple[Any, ...]] = field(default_factory=list)
    stay_absent: list[tuple[Any, ...]] = field(default_factory=list)
    put_any: list[tuple[Any, ...]] = field(default_factory=list)
    delete_any: list[tuple[Any, ...]] = field(default_factory=list)
    changes: list[tuple[Any, ...]] = field(default_factory=list)  # part, space, lane, n, record
    tallies: list[tuple[Any, ...]] = field(default_factory=list)  # part, space, n, rows, bytes
    fences: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Whether it would change anything."""
        return bool(
            self.create
            or self.update
            or self.delete
            or self.put_any
            or self.delete_any
            or self.changes
            or self.tallies
        )

    @property
    def versioned(self) -> list[tuple[Any, ...]]:
        """The rows that must be there."""
        return [*self.update, *self.delete, *self.keep]

    @property
    def lockable(self) -> list[tuple[Any, ...]]:
        """All rows that may be there, in the order of their keys: everybody locks in this order,
        and before inserting anything, so that no two wait for each other."""
        rows = [*self.versioned, *((*row[:5], None) for row in (*self.put_any, *self.delete_any))]
        return sorted((row[:6] for row in rows), key=lambda row: row[:5])

    @property
    def placed(self) -> Plan:
        """What is left to do once placeholders stand for all absent rows."""
        update = sorted((*self.update, *((*row[:5], PLACEHOLDER, row[6]) for row in self.create)))
        return replace(self, create=[], update=update, stay_absent=[])

    @property
    def evidence(self) -> Key | None:
        """A key whose row, at the batch's version, proves that the batch was written."""
        for rows in (self.create, self.update, self.put_any):
            if rows:
                return rows[0][1], rows[0][2], rows[0][3], rows[0][4]
        return None

    def conflict(self, found: Iterable[Row | None]) -> Conflict | None:
        """The first guard that does not hold for the rows found, in the order of `guards`."""
        for (index, _, expect), row in zip(self.guards, found, strict=True):
            if (ABSENT if row is None else row.version) != expect:
                return Conflict(index, row)
        return None

    def by_part(self) -> list[tuple[int, Plan]]:
        """The same, cut into one plan for each part, in the order of the parts."""
        cut: dict[int, Plan] = {}
        for name in _SECTIONS:
            for row in getattr(self, name):
                piece = cut.get(row[0])
                if piece is None:
                    piece = cut[row[0]] = Plan(self.version)
                getattr(piece, name).append(row)
        return sorted(cut.items())


_SECTIONS = (
    "create", "update", "delete", "keep", "stay_absent", "put_any", "delete_any", "changes",
    "tallies", "fences",
)  # fmt: skip


def plan_batch(batch: Batch, parts: Parts) -> Plan:
    """What is to be done to each key, and under which guard; the last write of a key stands."""
    plan = Plan(batch.version)
    for key, expect in batch.fences:
        plan.guards.append((FENCE, key, expect))
        plan.contradicts |= expect in (ANY, ABSENT)  # the caller's mistake: it never lands
        plan.fences.append((parts.of_key(key), *key, expect))
    plan.fences.sort()
    merged: dict[Key, tuple[int, Put | Delete | None]] = {}
    for index, write in enumerate(batch.writes):
        key, expect = write[0], write[1]
        action = write if isinstance(write, Put | Delete) else None
        if expect != ANY:
            plan.guards.append((index, key, expect))
        before = merged.get(key)
        if before is not None:
            if before[0] != ANY:
                plan.contradicts |= expect not in (ANY, before[0])
                expect = before[0]
            action = action or before[1]
        merged[key] = (expect, action)
    for key, (expect, action) in sorted(merged.items()):
        row = (parts.of_key(key), *key, expect, action.value if isinstance(action, Put) else None)
        if isinstance(action, Put):
            by = plan.put_any if expect == ANY else plan.create if expect == ABSENT else plan.update
        elif expect == ABSENT:
            by = plan.stay_absent
        elif action is None:
            if expect == ANY:
                continue
            by = plan.keep
        else:
            by = plan.delete_any if expect == ANY else plan.delete
        by.append(row)
    for n, (space, lane, record) in enumerate(batch.changes):
        plan.changes.append((parts.of_log(space, lane), space, lane, n, record))
    homes = {key[0]: parts.of_key(key) for key in merged} if batch.tallies else {}
    for n, (space, rows, size) in enumerate(batch.tallies):
        home = homes.get(space)
        home = parts.of_space(space)[0] if home is None else home
        plan.tallies.append((home, space, n, rows, size))
    return plan


def statement(plan: Plan, *, pinned: int | None, touch: bool) -> tuple[str, list[Any]]:
    """The SQL text and its arguments; the answer is one row (alive, ok).

    pinned: the only part the plan names, then pinned as a plain parameter; None: each row its own.
    touch: rows that are only looked at are written, too (where row locks are not to be relied on).
    """
    sql = _Text(plan.version, pinned)
    spaces = {(row[0], row[1]) for name in _SECTIONS for row in getattr(plan, name)}
    sql.alive(sorted(spaces))
    condition = "(SELECT yes FROM alive)"
    fenced = ""
    if plan.fences:
        fenced = condition = sql.fence(plan.fences, condition)
    wanted: list[str] = []
    guarded = len(plan.create) + len(plan.versioned)
    if guarded != 1 or (plan.keep and not touch):
        if lockable := plan.lockable:
            condition = sql.lock(lockable, condition)
            if fenced:
                condition = f"({condition} AND {fenced})"
    locked = condition
    if plan.create:
        sql.create(plan.create, condition)
        count = sql.add(len(plan.create), "int8")
        wanted.append(f"(SELECT count(*) FROM ins) = {count}")
        condition = wanted[-1]
    written = [name for name, rows in (("ins", plan.create), ("upd", plan.update)) if rows]
    if plan.update:
        sql.update(plan.update, condition)
        wanted.append(f"(SELECT count(*) FROM upd) = {sql.add(len(plan.update), 'int8')}")
    if plan.delete:
        sql.delete("del", plan.delete, condition, guarded=True)
        wanted.append(f"(SELECT count(*) FROM del) = {sql.add(len(plan.delete), 'int8')}")
        written.append("del")
    if plan.keep and touch:
        sql.touch(plan.keep, condition)
        wanted.append(f"(SELECT count(*) FROM kept) = {sql.add(len(plan.keep), 'int8')}")
        written.append("kept")
    sql.verdict(locked, wanted, written)
    if plan.put_any:
        sql.put_any(plan.put_any)
    if plan.delete_any:
        sql.delete("gone", plan.delete_any, "(SELECT yes FROM ok)", guarded=False)
    if plan.changes:
        sql.append_changes(plan.changes)
    if plan.tallies:
        sql.append_tallies(plan.tallies)
    return sql.text(), sql.arguments


def lock(plan: Plan, *, pinned: int | None) -> tuple[str, list[Any]]:
    """Lock the rows that are there, in the order of their keys; whether all guards on them hold."""
    sql = _Text(PLACEHOLDER, pinned)
    condition = sql.lock(plan.lockable, "true")
    return sql.text(f"SELECT {condition}"), sql.arguments


def placeholders(plan: Plan, *, pinned: int | None) -> tuple[str, list[Any]]:
    """Take the place of all rows that must be absent, in the order of their keys; the answer is
    whether all were."""
    sql = _Text(PLACEHOLDER, pinned)
    rows = sorted((*plan.stay_absent, *plan.create), key=lambda row: row[:5])
    sql.placeholders(rows)
    return sql.text(f"SELECT count(*) = {sql.add(len(rows), 'int8')} FROM ins"), sql.arguments


def remove_placeholders(plan: Plan, *, pinned: int | None) -> tuple[str, list[Any]]:
    """What `placeholders` put there is taken away; nobody else can have seen it."""
    sql = _Text(PLACEHOLDER, pinned)
    sql.delete("gone", plan.stay_absent, "true", guarded=False)
    return sql.text("SELECT count(*) FROM gone"), sql.arguments


_ROW = "part int8, space int8, token bytea, sort bytea, sub bytea"
_SAME_ROW = "kv.space = g.space AND kv.token = g.token AND kv.sort = g.sort AND kv.sub = g.sub"


class _Text:
    """A statement that grows by CTEs. Texts depend on the shape of a batch only, never on its
    values, so the server and the driver prepare each once."""

    def __init__(self, version: int, pinned: int | None) -> None:
        self.arguments: list[Any] = []
        self._ctes: list[str] = []
        self._pin = None if pinned is None else self.add(pinned, "int8")
        self._number = version
        self._mark: str | None = None

    def add(self, value: Any, kind: str) -> str:
        """Another argument; its place in the text."""
        self.arguments.append(value)
        return f"${len(self.arguments)}::{kind}"

    def text(self, answer: str = "SELECT (SELECT yes FROM alive), (SELECT yes FROM ok)") -> str:
        return "WITH " + ",\n".join(self._ctes) + "\n" + answer

    def alive(self, spaces: list[tuple[int, int]]) -> None:
        rows = self._source([(part, space) for part, space in spaces], "part int8, space int8")
        self._cte(
            "alive AS MATERIALIZED",
            f"SELECT NOT EXISTS (SELECT 1 FROM {rows}, graves WHERE {self._same_part('graves')}"
            " AND graves.space = g.space) AS yes",
        )

    def lock(self, rows: list[tuple[Any, ...]], condition: str) -> str:
        """Rows with an expected version, or None for any; the condition that all guards hold."""
        source = self._source(rows, f"{_ROW}, ver int8")
        self._cte(
            "locked AS MATERIALIZED",
            f"SELECT g.ver IS NOT NULL AS guarded FROM {source}, kv WHERE {self._same_part('kv')}"
            f" AND {_SAME_ROW} AND (g.ver IS NULL OR kv.ver = g.ver) AND {condition}"
            " ORDER BY g.space, g.token, g.sort, g.sub FOR UPDATE OF kv",
        )
        guarded = self.add(sum(row[5] is not None for row in rows), "int8")
        return f"(SELECT count(*) FILTER (WHERE guarded) FROM locked) = {guarded}"

    def fence(self, rows: list[tuple[Any, ...]], condition: str) -> str:
        """Rows that must have a version, held in common; the condition that all have."""
        source = self._source(rows, f"{_ROW}, ver int8")
        self._cte(
            "fenced AS MATERIALIZED",
            f"SELECT 1 FROM {source}, kv WHERE {self._same_part('kv')} AND {_SAME_ROW}"
            f" AND kv.ver = g.ver AND {condition}"
            " ORDER BY g.space, g.token, g.sort, g.sub FOR SHARE OF kv",
        )
        return f"(SELECT count(*) FROM fenced) = {self.add(len(rows), 'int8')}"

    def create(self, rows: list[tuple[Any, ...]], condition: str) -> None:
        source = self._source([(*row[:5], row[6]) for row in rows], f"{_ROW}, val bytea")
        self._cte(
            "ins AS",
            "INSERT INTO kv (part, space, token, sort, sub, ver, val)"
            f" SELECT {self._part}, g.space, g.token, g.sort, g.sub, {self._version}, g.val"
            f" FROM {source} WHERE {condition} ON CONFLICT DO NOTHING RETURNING 1",
        )

    def placeholders(self, rows: list[tuple[Any, ...]]) -> None:
        source = self._source([row[:5] for row in rows], _ROW)
        self._cte(
            "ins AS",
            "INSERT INTO kv (part, space, token, sort, sub, ver, val)"
            f" SELECT {self._part}, g.space, g.token, g.sort, g.sub, {self._version}, ''::bytea"
            f" FROM {source} ON CONFLICT DO NOTHING RETURNING 1",
        )

    def update(self, rows: list[tuple[Any, ...]], condition: str) -> None:
        source = self._source([row[:7] for row in rows], f"{_ROW}, ver int8, val bytea")
        self._cte(
            "upd AS",
            f"UPDATE kv SET ver = {self._version}, val = g.val FROM {source}"
            f" WHERE {self._same_part('kv')} AND {_SAME_ROW} AND kv.ver = g.ver AND {condition}"
            " RETURNING 1",
        )

    def touch(self, rows: list[tuple[Any, ...]], condition: str) -> None:
        source = self._source([row[:6] for row in rows], f"{_ROW}, ver int8")
        self._cte(
            "kept AS",
            f"UPDATE kv SET ver = kv.ver FROM {source} WHERE {self._same_part('kv')}"
            f" AND {_SAME_ROW} AND kv.ver = g.ver AND {condition} RETURNING 1",
        )

    def delete(
        self, name: str, rows: list[tuple[Any, ...]], condition: str, *, guarded: bool
    ) -> None:
        if guarded:
            source = self._source([row[:6] for row in rows], f"{_ROW}, ver int8")
        else:
            source = self._source([row[:5] for row in rows], _ROW)
        guard = " AND kv.ver = g.ver" if guarded else ""
        self._cte(
            f"{name} AS",
            f"DELETE FROM kv USING {source} WHERE {self._same_part('kv')} AND {_SAME_ROW}{guard}"
            f" AND {condition} RETURNING 1",
        )

    def verdict(self, locked: str, wanted: list[str], written: list[str]) -> None:
        if not wanted:
            self._cte("ok AS MATERIALIZED", f"SELECT {locked} AND (SELECT yes FROM alive) AS yes")
            return
        some = " + ".join(f"(SELECT count(*) FROM {name})" for name in written)
        # Written in part: nothing but an error takes it back. Never folded, for it needs `some`.
        self._cte(
            "ok AS MATERIALIZED",
            f"SELECT CASE WHEN {' AND '.join(wanted)} THEN true WHEN {some} = 0 THEN false"
            f" ELSE 1 / ({some} - ({some})) = 0 END AS yes",
        )

    def put_any(self, rows: list[tuple[Any, ...]]) -> None:
        source = self._source([(*row[:5], row[6]) for row in rows], f"{_ROW}, val bytea")
        self._cte(
            "put AS",
            "INSERT INTO kv (part, space, token, sort, sub, ver, val)"
            f" SELECT {self._part}, g.space, g.token, g.sort, g.sub, {self._version}, g.val"
            f" FROM {source} WHERE (SELECT yes FROM ok) ON CONFLICT (space, token, sort, sub, part)"
            " DO UPDATE SET ver = excluded.ver, val = excluded.val RETURNING 1",
        )

    def append_changes(self, rows: list[tuple[Any, ...]]) -> None:
        source = self._source(rows, "part int8, space int8, lane int8, n int4, rec bytea")
        self._cte(
            "noted AS",
            "INSERT INTO inbox (part, space, lane, ver, n, rec)"
            f" SELECT {self._part}, g.space, g.lane, {self._version}, g.n, g.rec FROM {source}"
            " WHERE (SELECT yes FROM ok) RETURNING 1",
        )

    def append_tallies(self, rows: list[tuple[Any, ...]]) -> None:
        source = self._source(rows, "part int8, space int8, n int4, rows int8, bytes int8")
        self._cte(
            "counted AS",
            "INSERT INTO tallies (part, space, ver, n, rows, bytes)"
            f" SELECT {self._part}, g.space, {self._version}, g.n, g.rows, g.bytes FROM {source}"
            " WHERE (SELECT yes FROM ok) RETURNING 1",
        )

    @property
    def _version(self) -> str:
        # Only where it is used: a parameter that is not has no type.
        self._mark = self._mark or self.add(self._number, "int8")
        return self._mark

    @property
    def _part(self) -> str:
        return "g.part" if self._pin is None else self._pin

    def _same_part(self, table: str) -> str:
        return f"{table}.part = {self._part}"

    def _cte(self, head: str, body: str) -> None:
        self._ctes.append(f"{head} ({body})")

    def _source(self, rows: list[tuple[Any, ...]], columns: str) -> str:
        """The rows as a relation `g`: of plain parameters if it is one row, else of arrays."""
        pairs = [column.split() for column in columns.split(", ")]
        first = 0 if self._pin is None else 1  # a pinned part is no column
        kept = pairs[first:]
        if len(rows) == 1:
            values = zip(rows[0][first:], kept, strict=True)
            named = ", ".join(
                f"{self.add(value, kind)} AS {name}" for value, (name, kind) in values
            )
            return f"(SELECT {named}) AS g"
        arrays = zip(list(zip(*rows, strict=True))[first:], kept, strict=True)
        unnested = ", ".join(self.add(list(values), f"{kind}[]") for values, (_, kind) in arrays)
        return f"unnest({unnested}) AS g({', '.join(name for name, _ in kept)})"
