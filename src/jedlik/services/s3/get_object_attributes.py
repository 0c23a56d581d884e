"""GetObjectAttributes: those of an object's properties that are asked for, and its parts."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.customer_keys import CustomerKey, key_of_object
from jedlik.services.s3.errors import invalid_argument, invalid_request
from jedlik.services.s3.listing import bounded
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.records import Part, Version
from jedlik.services.s3.sealing import open_text
from jedlik.services.s3.store import Store

ATTRIBUTES = ("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")


@operation(
    "s3",
    "GetObjectAttributes",
    access="read",
    permissions=on_object("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"),
)
async def get_object_attributes(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    wanted = req.get("ObjectAttributes") or []
    if not wanted:
        raise invalid_request("The x-amz-object-attributes header is missing or empty")
    for name in wanted:
        if name not in ATTRIBUTES:
            raise invalid_argument(
                "Invalid attribute name specified.", "x-amz-object-attributes", name
            )
    version = await found_version(ctx, bucket, check_key(req["Key"]), req.get("VersionId"))
    key = key_of_object(req, version)
    answer: dict[str, Any] = {"LastModified": version.modified_ms // 1000}
    if bucket.versioning:
        answer["VersionId"] = version.version
    if "ETag" in wanted:
        answer["ETag"] = version.etag
    if "Checksum" in wanted and version.checksum is not None:
        algorithm, value, kind = version.checksum
        # Without the number of parts, which HeadObject adds to it.
        told = open_text(key, value).partition("-")[0]
        answer["Checksum"] = {f"Checksum{algorithm}": told, "ChecksumType": kind}
    if "ObjectParts" in wanted and version.layout:
        answer["ObjectParts"] = await _parts(store, version, req, key)
    if "StorageClass" in wanted:
        answer["StorageClass"] = version.storage_class
    if "ObjectSize" in wanted:
        answer["ObjectSize"] = version.size
    return answer


async def _parts(
    store: Store, version: Version, req: dict[str, Any], key: CustomerKey | None
) -> dict[str, Any]:
    """Parts are told one by one only where checksums of each are a part of the object's."""
    found: dict[str, Any] = {"TotalPartsCount": version.parts}
    if version.checksum is None or version.checksum[2] != "COMPOSITE":
        return found
    limit = bounded(req.get("MaxParts"), "x-amz-max-parts")
    marker = int(req.get("PartNumberMarker") or 0)
    later = [part for part in await store.layout(version) if part.number > marker]
    shown = later[:limit]
    return {
        **found,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": shown[-1].number if shown else 0,
        "MaxParts": limit,
        "IsTruncated": len(later) > limit,
        "Parts": [
            {
                "PartNumber": part.number,
                "Size": part.size,
                **_checksum(part, key),
            }
            for part in shown
        ],
    }


def _checksum(part: Part, key: CustomerKey | None) -> dict[str, str]:
    if part.checksum is None:
        return {}
    algorithm, value = part.checksum
    return {f"Checksum{algorithm}": open_text(key, value)}
