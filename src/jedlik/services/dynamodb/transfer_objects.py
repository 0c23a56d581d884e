"""S3 as the caller of an export, an import or a bulk put may use it.

Every object is judged with the bucket's policy. A bucket has to be the account's that the request
names, its own if it names none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from jedlik.services.dynamodb.callers import Callers
from jedlik.services.dynamodb.transfers import Transfer
from jedlik.services.s3 import ObjectInfo, Objects, ObjectWriter, asked
from jedlik.services.s3.errors import access_denied
from jedlik.tables.database import Database


def callers_of(db: Database, transfer: Transfer) -> Callers:
    """As whom its work is done."""
    return Callers(db, transfer.caller, account=transfer.account, region=transfer.region)


def objects_of(
    db: Database, transfer: Transfer, place: dict[str, Any], callers: Callers | None = None
) -> CallersObjects:
    """The bucket that a part of its request names."""
    return CallersObjects(
        db,
        callers or callers_of(db, transfer),
        place["S3Bucket"],
        owner=place.get("S3BucketOwner", transfer.account),
    )


class CallersObjects:
    """The objects of one bucket, for a caller. Raises S3Error for what S3 refuses."""

    def __init__(self, db: Database, callers: Callers, bucket: str, *, owner: str) -> None:
        self._callers = callers
        self._bucket = bucket
        self._objects = Objects(db, account=owner, region="")

    async def writer(
        self, key: str, *, encryption: Mapping[str, str] | None = None, **described: Any
    ) -> ObjectWriter:
        await self._require("s3:PutObject", key, dict(encryption or {}))
        return self._objects.writer(self._bucket, key, encryption=encryption, **described)

    async def put(self, key: str, data: bytes, **described: Any) -> None:
        async with await self.writer(key, **described) as out:
            await out.write(data)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        await self._require("s3:GetObject", key, {})
        async for piece in self._objects.read(self._bucket, key):
            yield piece

    async def list(self, *, prefix: str = "", after: str = "") -> AsyncIterator[ObjectInfo]:
        await self._require("s3:ListBucket", "", {"Prefix": prefix})
        async for info in self._objects.list(self._bucket, prefix=prefix, after=after):
            yield info

    async def take_back(self, key: str) -> None:
        """Delete what was put here, if it was; that is not asked of S3."""
        if await self._objects.exists(self._bucket, key):
            await self._objects.delete(self._bucket, key)

    async def _require(self, action: str, key: str, req: dict[str, Any]) -> None:
        ctx = self._callers.context()
        if ctx is None:
            raise access_denied()
        for ask in await asked(ctx, req, action, self._bucket, key):
            if not self._callers.may(ctx, ask, req):
                raise access_denied()
