"""The roles that Firehose works with: whether it may assume them, and what they may do.

A role that IAM knows must trust firehose.amazonaws.com, and is judged by its policies whenever
something is delivered or read. One that IAM does not know is let pass where an unknown access key
is, too (`--auth open`); with `--auth required` it may do nothing.
"""

from __future__ import annotations

from typing import Any

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.identity import Authoriser, Directory, Principal, Transport
from jedlik.identity.policy import parse_document, refusal_text
from jedlik.identity.records import Role
from jedlik.services.firehose.errors import cannot_assume
from jedlik.services.firehose.records import DeliveryStream
from jedlik.services.s3.access import asked
from jedlik.tables.database import Database

SERVICE = "firehose.amazonaws.com"


class Refused(Exception):
    """A role may not do what has to be done; the message says what."""


def check_role(ctx: Context, arn: str) -> None:
    """Raises InvalidArgumentException for a role that Firehose cannot assume."""
    role = _known(ctx.db, arn)
    if role is None:
        if getattr(ctx.settings, "auth", "open") == "required":
            raise cannot_assume(arn)
        return
    if not _trusts(role):
        raise cannot_assume(arn)


class Roles:
    """Judges what a delivery stream does. strict: whether unknown roles may do nothing."""

    def __init__(self, db: Database, *, strict: bool) -> None:
        self._db = db
        self._strict = strict
        self._authoriser = Authoriser()

    async def require_object(
        self, stream: DeliveryStream, role: str, bucket: str, key: str
    ) -> None:
        """Raises Refused where the role may not write an object."""
        ctx = self._context(stream, role)
        if ctx is None:
            return
        for ask in await asked(ctx, {}, "s3:PutObject", bucket, key):
            self._require(ctx, ask)

    def require_reading(self, stream: DeliveryStream, role: str, arn: str) -> None:
        """Raises Refused where the role may not read a Kinesis stream."""
        ctx = self._context(stream, role)
        if ctx is None:
            return
        for action in ("DescribeStream", "GetShardIterator", "GetRecords"):
            self._require(ctx, Ask(f"kinesis:{action}", arn))

    def _context(self, stream: DeliveryStream, arn: str) -> Context | None:
        """Of a request that the role makes; None where nobody judges it."""
        role = _known(self._db, arn)
        if role is None:
            if self._strict:
                raise Refused(f"The role {arn} does not exist.")
            return None
        if not _trusts(role):
            raise Refused(f"Firehose is not allowed to assume the role {arn}.")
        principal: Principal = self._db.beside[Directory].persons.role(role)
        return Context(
            db=self._db,
            account=stream.account,
            region=stream.region,
            principal=principal,
            request_id="firehose",
            now=self._db.clock.now_ms() / 1000,
        )

    def _require(self, ctx: Context, ask: Ask) -> None:
        decision = self._authoriser.check(ctx, ask, {}, Transport())
        if not decision.allowed:
            raise Refused(refusal_text(ctx.principal.arn, ask.action, ask.resource, decision))


def _known(db: Any, arn: str) -> Role | None:
    directory: Directory | None = db.beside.get(Directory)
    parts = arn.split(":", 5)
    if directory is None or len(parts) < 6 or not parts[5].startswith("role/"):
        return None
    role = directory.get(Role, parts[4], parts[5].rpartition("/")[2])
    return role if role is not None and role.arn == arn else None


def _trusts(role: Role) -> bool:
    """Whether the trust policy lets the service in. Its conditions are not asked."""
    allowed = False
    for statement in parse_document(role.trust, kind="trust").statements:
        principals = statement.principals
        if principals is None or not statement.is_about_action("sts:assumerole"):
            continue
        named = SERVICE in principals.services or "*" in principals.aws
        if named == statement.but_principals:
            continue
        if statement.denies:
            return False
        allowed = True
    return allowed
