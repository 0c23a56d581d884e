"""ListBuckets: those of the account, by pages if the client wants pages."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import AsksForAll
from jedlik.services.s3.listing import owner, read_token, token_of
from jedlik.services.s3.store import Store


@operation("s3", "ListBuckets", access="list", permissions=AsksForAll("s3:ListAllMyBuckets"))
async def list_buckets(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    prefix, region = req.get("Prefix") or "", req.get("BucketRegion")
    token = req.get("ContinuationToken")
    after = read_token(token) if token else ""
    mine = [
        bucket
        for bucket in await Store.of(ctx).buckets()
        if bucket.account == ctx.account
        and bucket.name.startswith(prefix)
        and bucket.name > after
        and (region is None or bucket.region == region)
    ]
    limit = req.get("MaxBuckets") or len(mine)
    answer: dict[str, Any] = {
        "Buckets": [
            {
                "Name": bucket.name,
                "CreationDate": bucket.created_ms / 1000,
                "BucketRegion": bucket.region,
                "BucketArn": bucket.arn,
            }
            for bucket in mine[:limit]
        ],
        "Owner": owner(ctx.account),
    }
    if prefix:
        answer["Prefix"] = prefix
    if len(mine) > limit:
        answer["ContinuationToken"] = token_of(mine[limit - 1].name)
    return answer
