"""Who asked for an export, an import or a bulk put, and what that one may do.

DynamoDB works with the permissions of the caller: of users and roles their policies of that time,
of sessions also what these were narrowed to. Every object that is read or written is judged as a
request of the caller's to S3 would be (`transfer_objects.py`), so that what is withdrawn ends a
transfer that is under way (developer guide, "Requesting a table export", "Requesting a table
import").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.identity import Authoriser, Directory, Principal, Transport, root_principal
from jedlik.identity.persons import EVERYTHING
from jedlik.identity.principals import Policy, PolicySets
from jedlik.identity.records import Role, User
from jedlik.tables.database import Database

SERVICE = "dynamodb.amazonaws.com"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a principal: who it is, and of a session what it was narrowed to, by the
    names of the policies."""

    account: str
    arn: str
    kind: str
    id: str
    name: str
    issuer_arn: str
    tags: dict[str, str] = {}
    context: dict[str, str] = {}
    session: tuple[tuple[str, dict[str, Any]], ...] | None = None


def caller_of(principal: Principal | None) -> Caller | None:
    """None for a developer whom nobody knows."""
    if principal is None:
        return None
    session = principal.policies.session
    return Caller(
        account=principal.account,
        arn=principal.arn,
        kind=principal.kind,
        id=principal.id,
        name=principal.name,
        issuer_arn=principal.issuer_arn,
        tags=dict(principal.tags),
        context=dict(principal.context),
        session=None if session is None else tuple((p.name, dict(p.document)) for p in session),
    )


def principal_of(directory: Directory, caller: Caller) -> Principal | None:
    """The caller as it is now; None if it is gone."""
    if caller.kind == "root":
        return root_principal(caller.account)
    sets = PolicySets()
    kind, _, name = caller.issuer_arn.rpartition(":")[2].partition("/")
    name = name.rpartition("/")[2]
    if kind == "user":
        user = directory.get(User, caller.account, name)
        if user is None or (caller.kind == "user" and user.id != caller.id):
            return None
        found = directory.persons.user(user)
        if caller.kind == "user" and dict(found.context) == caller.context:
            return found
        sets = found.policies
    elif kind == "role":
        role = directory.get(Role, caller.account, name)
        if role is None or role.id != caller.id.partition(":")[0]:
            return None
        sets = directory.persons.role(role).policies
    elif kind == "root":
        sets = PolicySets(identity=(EVERYTHING,))
    session = None
    if caller.session is not None:
        session = tuple(Policy(name, document) for name, document in caller.session)
    return Principal(
        caller.account,
        caller.arn,
        caller.kind,  # type: ignore[arg-type]
        id=caller.id,
        name=caller.name,
        tags=caller.tags,
        policies=replace(sets, session=session),
        context=caller.context,
        issuer_arn=caller.issuer_arn,
        temporary=True,
    )


class Callers:
    """Judges what a caller does. `caller` None: a developer, who may do anything in the account."""

    def __init__(self, db: Database, caller: Caller | None, *, account: str, region: str) -> None:
        self._db = db
        self._caller = caller
        self._account, self._region = account, region
        self._known: tuple[int, Principal | None] | None = None

    def context(self) -> Context | None:
        """Of a request that the caller makes now; None if there is no such caller any more."""
        principal = self._principal()
        if principal is None and self._caller is not None:
            return None
        now = self._db.clock.now_ms() / 1000
        return Context(self._db, self._account, self._region, principal, "dynamodb", now)

    def refused(self, actions: Sequence[str], arn: str) -> str | None:
        """The first of some actions that the caller may not do."""
        ctx = self.context()
        for action in actions:
            if ctx is None or not self.may(ctx, Ask(action, arn), {}):
                return action
        return None

    def may(self, ctx: Context, ask: Ask, req: dict[str, Any]) -> bool:
        """Whether the caller may do one thing in a request of `context`."""
        if ctx.principal is None:
            return ask.owner in ("", ctx.account)
        authoriser = self._db.one(Authoriser)
        return authoriser.check(ctx, ask, req, Transport(via=SERVICE)).allowed

    def _principal(self) -> Principal | None:
        """The same object for as long as nothing is changed in the directory: what policies leave
        is remembered by it."""
        directory: Directory | None = self._db.beside.get(Directory)
        if self._caller is None or directory is None:
            return None
        if self._known is None or self._known[0] != directory.generation:
            self._known = directory.generation, principal_of(directory, self._caller)
        return self._known[1]
