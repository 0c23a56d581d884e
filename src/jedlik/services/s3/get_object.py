"""GetObject: an object, or a stretch of it, sent while it is read."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext, Streamed
from jedlik.services.s3.access import bucket_of, on_object
from jedlik.services.s3.reading import opened
from jedlik.services.s3.sealing import content
from jedlik.services.s3.store import Store


@operation(
    "s3",
    "GetObject",
    access="read",
    permissions=on_object("s3:GetObject", "s3:GetObjectVersion"),
)
async def get_object(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    found = await opened(ctx, req, bucket)
    members = found.members
    del members["ContentLength"]
    parts = content(Store.of(ctx).blobs, found.stretches, found.key)
    members["Body"] = Streamed(found.length, parts)
    return members
