"""ListObjects: as ListObjectsV2, continued by a key."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.listing import bounded, describer, encoder, listed, owner
from jedlik.services.s3.store import Store


@operation("s3", "ListObjects", access="list", permissions=on_bucket("s3:ListBucket"))
async def list_objects(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    encode, describe = encoder(req), describer(ctx, req)
    limit = bounded(req.get("MaxKeys"), "max-keys")
    prefix, delimiter = req.get("Prefix") or "", req.get("Delimiter") or ""
    marker = req.get("Marker") or ""
    page = await listed(
        Store.of(ctx), bucket, prefix=prefix, after=marker, delimiter=delimiter, limit=limit
    )
    whose = {"Owner": owner(bucket.account)}
    answer: dict[str, Any] = {
        "Name": bucket.name,
        "Prefix": encode(prefix),
        "Marker": encode(marker),
        "MaxKeys": limit,
        "IsTruncated": page.last is not None,
        "Contents": [{**describe(each), **whose} for each in page.versions],
        "CommonPrefixes": [{"Prefix": encode(each)} for each in page.prefixes],
        "EncodingType": req.get("EncodingType"),
        "Delimiter": encode(delimiter) or None,
    }
    if page.last is not None and delimiter:
        answer["NextMarker"] = encode(page.last)
    return answer
