"""Resource policies: kept, checked and told. Nobody asks them: services of ours come in without.

logs: ("policies|account|region", name or ARN of a group) -> Policy
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.identity.policy import Malformed, check_document
from jedlik.services.logs.errors import invalid, limit_exceeded, no_policy
from jedlik.services.logs.requests import logs_of, named
from jedlik.services.logs.store import TABLE
from jedlik.tables.internal import Change, InternalTable

ACCOUNT_POLICIES_MAX = 10


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """resource: the ARN of the group that it is of, None: the account's."""

    name: str | None = None
    resource: str | None = None
    document: str
    changed_ms: int
    revision: str


class Policies:
    """Those of a request's account and region."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._table = InternalTable(ctx.db, TABLE)
        self._group = f"policies|{ctx.account}|{ctx.region}"

    async def all(self) -> list[Policy]:
        rows = await self._table.range(self._group)
        return [msgspec.json.decode(row.document, type=Policy) for row in rows]

    async def put(self, req: dict[str, Any]) -> Policy:
        """Raises ApiError, Contended. Unverified texts."""
        key = await self._key(req)
        if "policyDocument" not in req:
            raise invalid("policyDocument is required.")
        try:
            check_document(req["policyDocument"], kind="resource")
        except Malformed as fault:
            raise invalid(f"Invalid policy document: {fault.message}") from None
        row = await self._table.get(self._group, key)
        if row is None and "resourceArn" not in req:
            if sum(each.resource is None for each in await self.all()) >= ACCOUNT_POLICIES_MAX:
                raise limit_exceeded()
        old = None if row is None else msgspec.json.decode(row.document, type=Policy)
        self._check_revision(req, old)
        new = Policy(
            name=req.get("policyName"),
            resource=req.get("resourceArn"),
            document=req["policyDocument"],
            changed_ms=int(self._ctx.now * 1000),
            revision=uuid.uuid4().hex,
        )
        change = Change(self._group, key, msgspec.json.encode(new), seen=row)
        await self._table.write(change)
        return new

    async def delete(self, req: dict[str, Any]) -> None:
        """Raises ApiError, Contended."""
        key = await self._key(req)
        row = await self._table.get(self._group, key)
        if row is None:
            raise no_policy()
        self._check_revision(req, msgspec.json.decode(row.document, type=Policy))
        await self._table.write(Change(self._group, key, None, seen=row))

    async def _key(self, req: dict[str, Any]) -> str:
        """Raises ApiError for a group that is not there, or where neither is named."""
        if "resourceArn" in req:
            await logs_of(self._ctx).group(named(self._ctx, req["resourceArn"]))
            return str(req["resourceArn"])
        if "policyName" not in req:
            raise invalid("policyName or resourceArn is required.")
        return str(req["policyName"])

    def _check_revision(self, req: dict[str, Any], old: Policy | None) -> None:
        wanted = req.get("expectedRevisionId")
        if wanted is not None and (old is None or old.revision != wanted):
            raise invalid("The expected revision is not the current one.")


def shown(policy: Policy) -> dict[str, Any]:
    told: dict[str, Any] = {
        "policyDocument": policy.document,
        "lastUpdatedTime": policy.changed_ms,
        "policyScope": "ACCOUNT" if policy.resource is None else "RESOURCE",
    }
    if policy.name is not None:
        told["policyName"] = policy.name
    if policy.resource is not None:
        told |= {"resourceArn": policy.resource, "revisionId": policy.revision}
    return told
