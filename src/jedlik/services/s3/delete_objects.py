"""DeleteObjects: up to a thousand, each with its own success or failure."""

from __future__ import annotations

from typing import Any

from jedlik.api.errors import ApiError
from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import DeleteAsks, bucket_of, check_key
from jedlik.services.s3.deleting import delete_one
from jedlik.services.s3.errors import malformed_xml, missing_digest, no_such_version
from jedlik.services.s3.limits import DELETE_MAX
from jedlik.services.s3.records import NULL, seq_of
from jedlik.services.s3.store import Store


@operation("s3", "DeleteObjects", access="write", permissions=DeleteAsks())
async def delete_objects(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    if not any(
        name == "content-md5" or name == "x-amz-trailer" or name.startswith("x-amz-checksum-")
        for name in ctx.headers
    ):
        raise missing_digest()
    wanted = req["Delete"]
    if not 1 <= len(wanted["Objects"]) <= DELETE_MAX:
        raise malformed_xml()
    store = Store.of(ctx)
    done: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for place, each in enumerate(wanted["Objects"]):
        key, version = each["Key"], each.get("VersionId")
        named = {"Key": key, **({"VersionId": version} if version else {})}
        try:
            if ctx.refused and place in ctx.refused:
                raise ctx.refused[place]
            if version is not None and version != NULL and seq_of(version) is None:
                raise no_such_version(key, version)
            conditions = {
                "IfMatch": each.get("ETag"),
                "BypassGovernanceRetention": req.get("BypassGovernanceRetention"),
            }
            deleted = await delete_one(
                store, bucket, check_key(key), version, conditions, now_ms=int(ctx.now * 1000)
            )
        except ApiError as error:
            errors.append({**named, "Code": error.code, "Message": error.message})
            continue
        if deleted.marker:
            named["DeleteMarker"] = True
            named["DeleteMarkerVersionId"] = deleted.version
        done.append(named)
    return {"Deleted": [] if wanted.get("Quiet") else done, "Errors": errors}
