"""Store: what `records.py` lists, for one account and region."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import orjson

from jedlik.services.athena import errors
from jedlik.services.athena.limits import TOKEN_MS, WORK_GROUPS_MAX
from jedlik.services.athena.records import (
    ENGINE,
    PRIMARY,
    TABLE,
    Execution,
    NamedQuery,
    Prepared,
    Used,
    WorkGroup,
)
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import LAST, Change, InternalTable, Kind

RETRIES_MAX = 20
T = TypeVar("T", NamedQuery, Prepared, WorkGroup)


class Store:
    """Cheap to make; holds nothing."""

    def __init__(self, db: Database, account: str, region: str) -> None:
        self.db = db
        self._place = f"{account}|{region}"
        self.account, self.region = account, region
        self.table = InternalTable(db, TABLE)

    def new_id(self) -> str:
        """A UUID that is unique for the store and the same in a replayed run."""
        made = self.db.versions.next() << 64 | int.from_bytes(
            hashlib.blake2b(self._place.encode(), digest_size=8).digest(), "big"
        )
        digest = hashlib.blake2b(made.to_bytes(16, "big"), digest_size=16).digest()
        return str(UUID(bytes=digest, version=4))

    @property
    def now_ms(self) -> int:
        return self.db.clock.now_ms()

    # Queries

    async def execution(self, query_id: str) -> Execution:
        """Raises InvalidRequestException."""
        row = await self.table.get(f"queries|{self._place}", query_id)
        if row is None:
            raise errors.no_query(query_id)
        return msgspec.json.decode(row.document, type=Execution)

    async def used(self, token: str | None, request: dict[str, Any]) -> str | None:
        """The query that this client token began. Raises InvalidRequestException if it was used
        for another request."""
        row = await self.table.get(f"tokens|{self._place}", token) if token else None
        if row is None:
            return None
        found = msgspec.json.decode(row.document, type=Used)
        if found.at_ms + TOKEN_MS < self.now_ms:
            return None
        if found.fingerprint != fingerprint(request):
            raise errors.token_used()
        return found.id

    async def add_execution(
        self, new: Execution, token: str | None, request: dict[str, Any]
    ) -> None:
        """Raises Contended if its token is used at the same time."""
        changes = [
            Change(f"queries|{self._place}", new.id, msgspec.json.encode(new)),
            Change(f"listed|{self._place}|{new.work_group}", listed_name(new), b"{}"),
            Change("active", f"{self._place}|{new.id}", orjson.dumps({"runner": new.runner})),
        ]
        if token:
            group = f"tokens|{self._place}"
            used = Used(new.id, fingerprint(request), new.submitted_ms)
            old = await self.table.get(group, token)
            changes.append(Change(group, token, msgspec.json.encode(used), seen=old))
        await self.table.write(*changes)

    async def change_execution(
        self, query_id: str, next_of: Callable[[Execution], Execution]
    ) -> Execution:
        """Store what `next_of` makes of it; one that is done stays as it is."""
        for _ in range(RETRIES_MAX):
            group = f"queries|{self._place}"
            row = await self.table.get(group, query_id)
            if row is None:
                raise errors.no_query(query_id)
            old = msgspec.json.decode(row.document, type=Execution)
            if old.done:
                return old
            new = next_of(old)
            changes = [Change(group, query_id, msgspec.json.encode(new), seen=row)]
            if new.done:
                name = f"{self._place}|{query_id}"
                active = await self.table.get("active", name)
                if active is not None:
                    changes.append(Change("active", name, None, seen=active))
            try:
                await self.table.write(*changes)
            except Contended:
                continue
            return new
        raise Contended

    async def listed(
        self, work_group: str, *, before: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        """Ids, the newest first, and the place where the next page begins."""
        group = f"listed|{self._place}|{work_group}"
        rows = await self.table.range(group, high=before, limit=limit + 2, reverse=True)
        names = [row.name for row in rows if row.name != before]
        shown = names[:limit]
        return [name.split("|")[1] for name in shown], shown[-1] if len(names) > limit else None

    async def active_count(self) -> int:
        prefix = f"{self._place}|"
        rows = await self.table.range("active", low=prefix, high=prefix + LAST)
        return len(rows)

    # Work groups

    async def work_groups(self) -> list[WorkGroup]:
        rows = await self.table.range(f"work groups|{self._place}")
        found = [msgspec.json.decode(row.document, type=WorkGroup) for row in rows]
        if all(each.name != PRIMARY for each in found):
            found.append(_primary())
        return sorted(found, key=lambda each: each.name)

    async def work_group(self, name: str) -> WorkGroup:
        """Raises InvalidRequestException."""
        row = await self.table.get(f"work groups|{self._place}", name)
        if row is not None:
            return msgspec.json.decode(row.document, type=WorkGroup)
        if name == PRIMARY:
            return _primary()
        raise errors.no_work_group(name)

    async def add_work_group(self, new: WorkGroup) -> None:
        if new.name == PRIMARY:
            raise errors.work_group_exists()
        if len(await self.work_groups()) >= WORK_GROUPS_MAX:
            if await self.table.get(f"work groups|{self._place}", new.name) is None:
                raise errors.too_many_work_groups()
        await self._add(f"work groups|{self._place}", new.name, new, errors.work_group_exists)

    async def change_work_group(self, name: str, next_of: Callable[[WorkGroup], WorkGroup]) -> None:
        """Raises InvalidRequestException, Contended."""

        def changed(old: WorkGroup | None) -> WorkGroup:
            if old is None and name != PRIMARY:
                raise errors.no_work_group(name)
            return next_of(old or _primary())

        await self.table.replace(Kind(f"work groups|{self._place}", WorkGroup), name, changed)

    async def delete_work_group(self, name: str) -> None:
        await self.work_group(name)
        for named in await self.named_queries(name):
            await self.delete("named", named.id)
        for prepared in await self.prepared_statements(name):
            await self.delete(f"prepared|{name}", prepared.name)
        await self.delete("work groups", name)

    # Named queries, prepared statements

    async def named_queries(self, work_group: str) -> list[NamedQuery]:
        rows = await self.table.range(f"named|{self._place}")
        found = [msgspec.json.decode(row.document, type=NamedQuery) for row in rows]
        return [each for each in found if each.work_group == work_group]

    async def named_query(self, query_id: str) -> NamedQuery:
        row = await self.table.get(f"named|{self._place}", query_id)
        if row is None:
            raise errors.no_named_query(query_id)
        return msgspec.json.decode(row.document, type=NamedQuery)

    async def put_named_query(self, new: NamedQuery) -> None:
        await self._put(f"named|{self._place}", new.id, new)

    async def prepared_statements(self, work_group: str) -> list[Prepared]:
        rows = await self.table.range(self._prepared(work_group))
        return [msgspec.json.decode(row.document, type=Prepared) for row in rows]

    async def prepared(self, work_group: str, name: str) -> Prepared:
        """Raises ResourceNotFoundException."""
        row = await self.table.get(self._prepared(work_group), name)
        if row is None:
            raise errors.no_prepared_statement(name, work_group)
        return msgspec.json.decode(row.document, type=Prepared)

    async def add_prepared(self, new: Prepared) -> None:
        await self._add(
            self._prepared(new.work_group),
            new.name,
            new,
            lambda: errors.prepared_statement_exists(new.name),
        )

    async def put_prepared(self, new: Prepared) -> None:
        await self._put(self._prepared(new.work_group), new.name, new)

    async def delete(self, kind: str, name: str) -> bool:
        """Forget a record ("named", "work groups" or "prepared|<work group>"); False if there is
        none."""
        kind, _, rest = kind.partition("|")
        group = self._prepared(rest) if rest else f"{kind}|{self._place}"
        row = await self.table.get(group, name)
        if row is None:
            return False
        await self.table.write(Change(group, name, None, seen=row))
        return True

    def _prepared(self, work_group: str) -> str:
        return f"prepared|{self._place}|{work_group}"

    async def _add(self, group: str, name: str, new: T, there: Callable[[], Exception]) -> None:
        try:
            await self.table.write(Change(group, name, msgspec.json.encode(new)))
        except Contended:
            raise there() from None

    async def _put(self, group: str, name: str, new: T) -> None:
        old = await self.table.get(group, name)
        await self.table.write(Change(group, name, msgspec.json.encode(new), seen=old))


def _primary() -> WorkGroup:
    """That of an account that never changed it."""
    configuration = {
        "ResultConfiguration": {},
        "EnforceWorkGroupConfiguration": False,
        "PublishCloudWatchMetricsEnabled": True,
        "RequesterPaysEnabled": False,
        "EngineVersion": ENGINE,
    }
    return WorkGroup(name=PRIMARY, created_ms=0, configuration=configuration)


def listed_name(of: Execution) -> str:
    return f"{of.submitted_ms:014d}|{of.id}"


def fingerprint(request: dict[str, Any]) -> str:
    """The same for the same parameters."""
    return hashlib.sha256(msgspec.json.encode(request, order="deterministic")).hexdigest()
