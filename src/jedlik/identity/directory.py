"""The directory: users, groups, roles, policies and keys of all accounts, held in memory.

    find(access key, token) → Credential with its Principal          synchronous, remembered
    get / all                → records                                synchronous
    change(account, decide)  → rows written, then memory              one after the other

Everything is loaded at the start and written through, so look-ups on the way of a request never
wait. Whoever remembers something (shortcuts of signatures, decisions of policies) compares
`generation`, which every change moves. A row of the number of changes is part of every commit:
a process that has not seen the last change loads anew and decides again, and `refresh`, which a
worker calls now and then, sees changes of other processes.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import msgspec

from jedlik.api.context import Context
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable, Record

from .credentials import Credential
from .key_ids import Random, is_ours
from .managed import aws_managed_policy
from .persons import Persons
from .records import AWS, KINDS, AccessKey, ManagedPolicy, OidcProvider, Role, S, Stored, User
from .sessions import MARK, Session, Sessions

TABLE = "iam"
VERSION, SECRET, LAST_USED = "version", "secret", "last-used"
ONE = "one"
"""The name of a row of which there is only one."""
RETRIES_MAX = 20
_FOUND_MAX = 10_000

T = TypeVar("T")
Use = tuple[float, str, str]
"""When a key was used (epoch seconds), in which region, for which service."""


class Draft:
    """The directory as it would be after a change; see Directory.change."""

    def __init__(self, directory: Directory, account: str) -> None:
        self._directory = directory
        self.account = account
        self.staged: dict[tuple[type[Any], str], Stored | None] = {}

    def get(self, kind: type[S], key: str) -> S | None:
        staged = kind, _key(kind, key)
        if staged in self.staged:
            return cast("S | None", self.staged[staged])
        return self._directory.get(kind, self.account, key)

    def all(self, kind: type[S]) -> list[S]:
        """In order of their keys."""
        found = {each.key: each for each in self._directory.all(kind, self.account)}
        for (staged_kind, key), record in self.staged.items():
            if staged_kind is kind:
                found.pop(key, None)
                if record is not None:
                    found[key] = cast(S, record)
        return [found[key] for key in sorted(found)]

    def put(self, record: S) -> S:
        assert record.account == self.account
        self.staged[type(record), record.key] = record
        return record

    def delete(self, record: Stored) -> None:
        self.staged[type(record), record.key] = None

    def policy(self, arn: str) -> ManagedPolicy | None:
        """A managed policy, AWS's or the account's."""
        if arn.startswith(f"arn:aws:iam::{AWS}:"):
            return aws_managed_policy(arn)
        found = self.get(ManagedPolicy, arn.rpartition("/")[2].lower())
        return found if found is not None and found.arn == arn else None


class Directory:
    """root: the account's own key, if there is one; it is never stored.

    account: the one that developers with unknown keys work in.
    """

    def __init__(
        self,
        db: Database,
        *,
        account: str,
        root: Credential | None = None,
        random: Random = os.urandom,
    ) -> None:
        self.account = account
        self.random = random
        self.generation = 0
        self._db = db
        self._table = InternalTable(db, TABLE)
        self._root = root
        self._lock = asyncio.Lock()
        self._version = b""
        self._rows: dict[tuple[str, str], bytes] = {}
        self._records: dict[type[Any], dict[str, dict[str, Stored]]] = {}
        self._found: dict[tuple[str, str | None], Credential | None] = {}
        self._uses: dict[str, Use] = {}
        self._unsaved_uses: set[str] = set()
        self.has_uses = asyncio.Event()
        """Set when a use of a key waits to be written down."""
        self.watchers: list[Callable[[], Awaitable[None]]] = []
        """Told of every change before it is answered, for nodes in processes of their own."""
        self.persons = Persons(self)
        self.master = b""
        self.sessions: Sessions

    @classmethod
    def of(cls, ctx: Context) -> Directory:
        """The one of the server that a request came to."""
        return cast(Directory, ctx.db.beside[cls])

    # Beginning, and what other processes did

    async def open(self) -> None:
        """Load everything; with the first one, make the secret of this data folder."""
        await self._table.make()
        found = await self._table.get(SECRET, ONE)
        while found is None:
            new = b64encode(self.random(32))
            try:
                await self._table.write(Change(SECRET, ONE, new))
            except Contended:  # another process was faster
                pass
            found = await self._table.get(SECRET, ONE)
        self.master = b64decode(found.document)
        self.sessions = Sessions(self.master, self.random)
        for row in await self._table.range(LAST_USED):
            self._uses[row.name] = msgspec.json.decode(row.document, type=Use)
        await self._load()

    async def refresh(self) -> bool:
        """Load anew if another process has changed something; whether it was so."""
        version = await self._table.get(VERSION, ONE)
        if (version.document if version else b"") == self._version:
            return False
        await self._load()
        await self._tell()
        return True

    async def _load(self) -> None:
        while True:
            before = await self._table.get(VERSION, ONE)
            rows: dict[tuple[str, str], bytes] = {}
            records: dict[type[Any], dict[str, dict[str, Stored]]] = {}
            for kind in KINDS:
                for row in await self._table.range(kind.kind):
                    rows[kind.kind, row.name] = row.document
                    record = msgspec.json.decode(row.document, type=kind)
                    records.setdefault(kind, {}).setdefault(record.account, {})[record.key] = record
            if await self._table.get(VERSION, ONE) == before:
                break  # nobody changed anything in between
        self._rows, self._records = rows, records
        self._version = before.document if before else b""
        self._changed()

    # Records

    def get(self, kind: type[S], account: str, key: str) -> S | None:
        """The record of a name, upper or lower case. Access keys and URLs as they are written."""
        found = self._records.get(kind, {}).get(account, {}).get(_key(kind, key))
        return cast("S | None", found)

    def all(self, kind: type[S], account: str) -> list[S]:
        """All of an account, in order of their keys."""
        found = self._records.get(kind, {}).get(account, {})
        return [cast(S, found[key]) for key in sorted(found)]

    def policy(self, account: str, arn: str) -> ManagedPolicy | None:
        return Draft(self, account).policy(arn)

    def owner_of(self, access_key: str) -> AccessKey | None:
        """The stored key of this id, of whatever account."""
        for keys in self._records.get(AccessKey, {}).values():
            if access_key in keys:
                return cast(AccessKey, keys[access_key])
        return None

    async def change(self, account: str, decide: Callable[[Draft], T]) -> T:
        """Carry out what `decide` does to a draft, all or nothing; returns what it returned.

        `decide` is pure but for the draft: it is asked again when another process was faster. What
        it raises is raised.
        """
        before = self.generation
        try:
            return await self._change(account, decide)
        finally:
            if self.generation != before:
                await self._tell()

    async def _change(self, account: str, decide: Callable[[Draft], T]) -> T:
        async with self._lock:
            for _ in range(RETRIES_MAX):
                draft = Draft(self, account)
                result = decide(draft)
                changes = self._changes(draft)
                if not changes:
                    return result
                version = str(int(self._version or b"0") + 1).encode()
                seen = Record(VERSION, ONE, self._version) if self._version else None
                try:
                    await self._table.write(*changes, Change(VERSION, ONE, version, seen=seen))
                except Contended:
                    await self._load()
                    continue
                self._take(draft, changes)
                self._version = version
                return result
            raise Contended

    def _changes(self, draft: Draft) -> list[Change]:
        changes = []
        for (kind, key), record in draft.staged.items():
            name = f"{draft.account}|{key}"
            old = self._rows.get((kind.kind, name))
            new = None if record is None else msgspec.json.encode(record)
            if old != new:
                seen = None if old is None else Record(kind.kind, name, old)
                changes.append(Change(kind.kind, name, new, seen=seen))
        return changes

    def _take(self, draft: Draft, changes: list[Change]) -> None:
        for change in changes:
            if change.document is None:
                self._rows.pop((change.group, change.name), None)
            else:
                self._rows[change.group, change.name] = change.document
        for (kind, key), record in draft.staged.items():
            of_account = self._records.setdefault(kind, {}).setdefault(draft.account, {})
            if record is None:
                of_account.pop(key, None)
            else:
                of_account[key] = record
        self._changed()

    def _changed(self) -> None:
        self._found.clear()
        self.persons.forget()
        self.generation += 1

    async def _tell(self) -> None:
        for tell in self.watchers:
            await tell()

    # Keys

    def find(self, access_key: str, token: str | None = None) -> Credential | None:
        """Who stands behind a key and token; None for what is not known, or not any more.

        A session that has expired is found: whoever asks looks at `expires_at`.
        """
        asked = access_key, token
        try:
            return self._found[asked]
        except KeyError:
            pass
        found = self._find(access_key, token)
        if len(self._found) >= _FOUND_MAX:
            del self._found[next(iter(self._found))]
        if found is not None:  # strangers make up names without end
            self._found[asked] = found
        return found

    def _find(self, access_key: str, token: str | None) -> Credential | None:
        root = self._root
        if root is not None and root.access_key == access_key:
            return root
        if token is not None and token.startswith(MARK):
            session = self.sessions.open(token)
            if session is None or session.access_key != access_key:
                return None
            return self._of_session(session, token)
        key = self.owner_of(access_key)
        if key is None or key.status != "Active":
            return None
        user = self.get(User, key.account, key.user)
        if user is None:
            return None
        return Credential(access_key, key.secret, self.persons.user(user))

    def _of_session(self, session: Session, token: str) -> Credential | None:
        principal = self.persons.of_session(session)
        if principal is None:
            return None
        secret = self.sessions.secret(session.access_key)
        return Credential(session.access_key, secret, principal, token, session.expires_at)

    def claims(self, access_key: str, token: str | None = None) -> bool:
        """Whether a key that `find` does not know was made here, or pretends to: it is no
        developer's then, in no mode."""
        if token is not None and token.startswith(MARK):
            return True
        return is_ours(access_key, self.master) or self.owner_of(access_key) is not None

    # When keys and roles were used last

    def used(self, access_key: str, now: float, region: str, service: str) -> None:
        """Note that a key was used; kept in memory until `save_uses`."""
        found = self._found.get((access_key, None))
        if found is not None and found is not self._root:
            self._note(access_key, (now, region, service))

    def used_session(self, role: Role, now: float, region: str) -> None:
        """The same for a role, by its id."""
        self._note(role.id, (now, region, "sts"))

    def _note(self, name: str, use: Use) -> None:
        self._uses[name] = use
        self._unsaved_uses.add(name)
        self.has_uses.set()

    def last_use(self, name: str) -> Use | None:
        """Of an access key, or a role's id."""
        return self._uses.get(name)

    async def save_uses(self) -> None:
        """Write down what was noted; a worker calls this now and then."""
        names, self._unsaved_uses = list(self._unsaved_uses), set()
        self.has_uses.clear()
        for name in names:
            seen = await self._table.get(LAST_USED, name)
            new = msgspec.json.encode(self._uses[name])
            try:
                await self._table.write(Change(LAST_USED, name, new, seen=seen))
            except Contended:
                continue  # another process has noted a use of the same moment


def _key(kind: type[Any], name: str) -> str:
    return name if kind in (AccessKey, OidcProvider) else name.lower()
