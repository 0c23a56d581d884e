"""DeleteObject: for good, or a delete marker where the bucket keeps versions."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.deleting import delete_one
from jedlik.services.s3.store import Store


@operation(
    "s3",
    "DeleteObject",
    access="write",
    permissions=on_object("s3:DeleteObject", "s3:DeleteObjectVersion"),
)
async def delete_object(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    key = check_key(req["Key"])
    deleted = await delete_one(
        Store.of(ctx), bucket, key, req.get("VersionId"), req, now_ms=int(ctx.now * 1000)
    )
    return {"VersionId": deleted.version, "DeleteMarker": deleted.marker or None}
