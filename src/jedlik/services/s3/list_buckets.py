"""ListBuckets: those of the account, by pages if the client wants pages."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import AsksForAll
from jedlik.services.s3.errors import invalid_argument
from jedlik.services.s3.limits import BUCKETS_MAX
from jedlik.services.s3.listing import owner, read_token, token_of
from jedlik.services.s3.store import Store


@operation("s3", "ListBuckets", access="list", permissions=AsksForAll("s3:ListAllMyBuckets"))
async def list_buckets(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    prefix, region = req.get("Prefix") or "", req.get("BucketRegion")
    token = req.get("ContinuationToken")
    after = "" if token is None else read_token(token)
    wanted = req.get("MaxBuckets")
    if wanted is not None and not 1 <= wanted <= BUCKETS_MAX:
        raise invalid_argument(  # Unverified words
            f"Argument max-buckets must be an integer between 1 and {BUCKETS_MAX}",
            "max-buckets",
            str(wanted),
        )
    # Those who ask for pages, or for some, are told the region, too.
    asked = any(each is not None for each in (token, wanted, region, req.get("Prefix")))
    mine = [
        bucket
        for bucket in await Store.of(ctx).buckets()
        if bucket.account == ctx.account
        and bucket.name.startswith(prefix)
        and bucket.name > after
        and (region is None or bucket.region == region)
    ]
    limit = wanted or len(mine)
    answer: dict[str, Any] = {
        "Buckets": [
            {
                "Name": bucket.name,
                "CreationDate": bucket.created_ms // 1000,
                **({"BucketRegion": bucket.region} if asked else {}),
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
