"""ListObjectsV2: keys in order, by pages that a token continues."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.listing import (
    bounded,
    describer,
    encoder,
    listed,
    owner,
    read_token,
    token_of,
)
from jedlik.services.s3.store import Store


@operation("s3", "ListObjectsV2", access="list", permissions=on_bucket("s3:ListBucket"))
async def list_objects_v2(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    encode, describe = encoder(req), describer(ctx, req)
    limit = bounded(req.get("MaxKeys"), "max-keys")
    prefix, delimiter = req.get("Prefix") or "", req.get("Delimiter") or ""
    token, start = req.get("ContinuationToken"), req.get("StartAfter") or ""
    after = start if token is None else read_token(token)
    page = await listed(
        Store.of(ctx), bucket, prefix=prefix, after=after, delimiter=delimiter, limit=limit
    )
    contents = [describe(version) for version in page.versions]
    if req.get("FetchOwner"):
        contents = [{**each, "Owner": owner(bucket.account)} for each in contents]
    answer: dict[str, Any] = {
        "Name": bucket.name,
        "Prefix": encode(prefix),
        "MaxKeys": limit,
        "KeyCount": len(page.versions) + len(page.prefixes),
        "IsTruncated": page.last is not None,
        "Contents": contents,
        "CommonPrefixes": [{"Prefix": encode(each)} for each in page.prefixes],
        "EncodingType": req.get("EncodingType"),
        "Delimiter": encode(delimiter) or None,
        "ContinuationToken": token,
        "StartAfter": encode(start) or None,
    }
    if page.last is not None:
        answer["NextContinuationToken"] = token_of(page.last)
    return answer
