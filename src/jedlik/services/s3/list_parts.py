"""ListParts: what has been uploaded so far."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_object
from jedlik.services.s3.customer_keys import key_of_upload
from jedlik.services.s3.described import quoted
from jedlik.services.s3.listing import bounded, owner
from jedlik.services.s3.sealing import open_text
from jedlik.services.s3.store import Store
from jedlik.services.s3.uploads import found_upload


@operation("s3", "ListParts", access="list", permissions=on_object("s3:ListMultipartUploadParts"))
async def list_parts(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    upload = await found_upload(store, bucket, req)
    key = key_of_upload(req, upload, required=False)
    limit = bounded(req.get("MaxParts"), "max-parts")
    marker = int(req.get("PartNumberMarker") or 0)
    found = await store.parts(upload.id, after=marker, limit=limit + 1)
    shown = found[:limit]
    parts = []
    for part in shown:
        each: dict[str, Any] = {
            "PartNumber": part.number,
            "LastModified": part.modified_ms // 1000,
            "ETag": quoted(part.etag),
            "Size": part.size,
        }
        if upload.algorithm and part.checksum is not None and (key or not upload.customer):
            each[f"Checksum{part.checksum[0]}"] = open_text(key, part.checksum[1])
        parts.append(each)
    answer: dict[str, Any] = {
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.id,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": shown[-1].number if shown else 0,
        "MaxParts": limit,
        "IsTruncated": len(found) > limit,
        "Parts": parts,
        "Initiator": owner(bucket.account),
        "Owner": owner(bucket.account),
        "StorageClass": upload.storage_class,
    }
    if upload.algorithm:
        answer["ChecksumAlgorithm"] = upload.algorithm
        answer["ChecksumType"] = upload.checksum_type
    return answer
