"""Who may do what through a cluster.

Two things are asked, as AWS documents it: the caller for dax:GetItem and the like on the cluster,
and the cluster's role for the DynamoDB permissions, since it is the role that reads and writes the
tables. Rows and attributes are judged with the role's policies, too; so whoever is allowed to use
a cluster can do what its role can.

A cluster whose role IAM does not know, such as the one that is there from the start, lends nobody
anything: callers are then judged by their own DynamoDB permissions, as if they had asked DynamoDB.

Before an operation, the protocol asks for a table's key schema. It is told to those whom a policy
may allow something on that table, so that nobody else learns whether it exists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jedlik.api.access import Ask, Given
from jedlik.api.context import Context
from jedlik.api.errors import ApiError, access_denied
from jedlik.api.operation import Operation
from jedlik.identity import Authoriser, Directory, Principal, Transport
from jedlik.identity.policy import refusal_text
from jedlik.identity.records import Role
from jedlik.services.dax.clusters import Cluster
from jedlik.services.dax.records import CLUSTER, Records
from jedlik.services.dynamodb.permissions import ask_of
from jedlik.tables.database import Database

Request = dict[str, Any]
RoleOf = Callable[[str], Principal | None]
"""From a role's ARN to the role as a principal; None if IAM does not know it."""

ITEM_ACTIONS = ("GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem",
                "BatchWriteItem", "ConditionCheckItem")  # fmt: skip


class Guard:
    """Judges the callers of one cluster."""

    def __init__(
        self, authoriser: Authoriser, db: Database, cluster: Cluster, role_of: RoleOf
    ) -> None:
        self._authoriser = authoriser
        self._db = db
        self._arn = f"arn:aws:dax:{cluster.region}:{cluster.account}:cache/{cluster.name}"
        self._cluster = cluster
        self._role_of = role_of
        self._role_arn: str | None = None

    async def require(self, ctx: Context, operation: Operation, request: Request) -> None:
        """Raises AccessDeniedException for what the caller, or the cluster, may not do."""
        if ctx.principal is None:
            return
        enclosing = operation.name if operation.name.startswith("Transact") else ""
        keys = Given({"dax:EnclosingOperation": enclosing}) if enclosing else None
        for ask in await operation.permissions.asks_after_reading(ctx, request):
            own = Ask(f"dax:{ask.action.partition(':')[2]}", self._arn, keys)
            decision = self._authoriser.check(ctx, own, request, Transport())
            if not decision.allowed:
                arn = ctx.principal.arn
                raise access_denied(refusal_text(arn, own.action, own.resource, decision))
        speaking = ctx.of(await self._speaker(ctx))
        await self._authoriser.require(speaking, operation, request, Transport())

    async def require_any(self, ctx: Context, table_name: str) -> None:
        """Raises AccessDeniedException if no policy could allow anything on a table."""
        principal = ctx.principal
        if principal is None or principal.kind == "root":
            return
        possible = self._authoriser.possible
        speaking = ctx.of(await self._speaker(ctx))
        table = self._db.catalog.cached(ctx.account, ctx.region, table_name)
        named = ask_of(ctx, "dynamodb:DescribeTable", table_name, table)
        if not any(possible(ctx, Ask(f"dax:{each}", self._arn)) for each in ITEM_ACTIONS):
            raise self._refusal(ctx, "dax:DefineKeySchema", self._arn)
        asks = (named._replace(action=f"dynamodb:{each}") for each in ITEM_ACTIONS)
        if not any(possible(speaking, ask) for ask in asks):
            raise self._refusal(speaking, named.action, named.resource)

    async def _speaker(self, ctx: Context) -> Principal:
        """Who asks DynamoDB: the cluster's role, or the caller where there is none."""
        if self._role_arn is None:
            records = Records(self._db, self._cluster.account, self._cluster.region)
            found = await records.get(CLUSTER, self._cluster.name)
            self._role_arn = found.iam_role_arn if found is not None else ""
        caller: Principal = ctx.principal
        return self._role_of(self._role_arn) or caller

    @staticmethod
    def _refusal(ctx: Context, action: str, resource: str) -> ApiError:
        return access_denied(
            f"User: {ctx.principal.arn} is not authorized to perform: {action} on resource: "
            f"{resource} because no identity-based policy allows the {action} action"
        )


def roles_of(directory: Directory) -> RoleOf:
    """From ARNs to the directory's roles; the same object until the directory changes."""
    kept: dict[str, Principal] = {}
    generation = -1

    def role_of(arn: str) -> Principal | None:
        nonlocal generation
        if generation != directory.generation:
            kept.clear()
            generation = directory.generation
        found = kept.get(arn)
        if found is None:
            parts = arn.split(":", 5)
            if len(parts) < 6 or not parts[5].startswith("role/"):
                return None
            role = directory.get(Role, parts[4], parts[5].rpartition("/")[2])
            if role is None or role.arn != arn:
                return None
            found = kept[arn] = directory.persons.role(role)
        return found

    return role_of
