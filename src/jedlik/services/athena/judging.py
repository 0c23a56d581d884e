"""Judge: whether whoever asked for a query may do what it needs, as AWS does it: with the
permissions of the caller, for each object and each table."""

from __future__ import annotations

from typing import Any

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.identity import Authoriser
from jedlik.identity.request_keys import Transport
from jedlik.services.athena.sql.faults import Failed
from jedlik.services.s3 import asked

SERVICE = "athena.amazonaws.com"
DENIED = "Permission denied on S3 path: s3://{bucket}/{key}"


class Judge:
    """Of one query."""

    def __init__(self, ctx: Context, authoriser: Authoriser) -> None:
        self._ctx, self._authoriser = ctx, authoriser
        self._is_free = ctx.principal is None or ctx.principal.kind == "root"

    async def may_read(self, bucket: str, key: str) -> None:
        """Raises Failed."""
        await self._object("s3:GetObject", bucket, key)

    async def may_write(self, bucket: str, key: str) -> None:
        await self._object("s3:PutObject", bucket, key)

    async def may_list(self, bucket: str, prefix: str) -> None:
        if self._is_free:
            return
        req = {"Bucket": bucket, "Prefix": prefix}
        for ask in await asked(self._ctx, req, "s3:ListBucket", bucket):
            self._judge(ask, req, DENIED.format(bucket=bucket, key=prefix))

    def may(self, action: str, database: str, table: str | None = None) -> None:
        """An action of Glue's on a database, or on a table of it. Raises Failed."""
        if self._is_free:
            return
        place = f"arn:aws:glue:{self._ctx.region}:{self._ctx.account}"
        arns = [f"{place}:catalog", f"{place}:database/{database}"]
        if table is not None:
            arns.append(f"{place}:table/{database}/{table}")
        for arn in arns:
            who = self._ctx.principal.arn
            text = (
                f"Insufficient permissions to execute the query. User: {who} is not authorized to "
                f"perform: {action} on resource: {arn}"
            )
            self._judge(Ask(action, arn), {}, text)

    async def _object(self, action: str, bucket: str, key: str) -> None:
        if self._is_free:
            return
        req = {"Bucket": bucket, "Key": key}
        for ask in await asked(self._ctx, req, action, bucket, key):
            self._judge(ask, req, DENIED.format(bucket=bucket, key=key))

    def _judge(self, ask: Ask, req: dict[str, Any], text: str) -> None:
        if not self._authoriser.check(self._ctx, ask, req, Transport(via=SERVICE)).allowed:
            raise Failed(text, type=1003)
