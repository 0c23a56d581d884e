"""Configurations of which a bucket may have many, each by an id: analytics, inventories, metrics,
intelligent tiering. Kept and told; nothing is counted, listed or moved by them.
"""

from __future__ import annotations

from typing import Any

from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of
from jedlik.services.s3.errors import S3Error, malformed_xml
from jedlik.services.s3.listing import read_token, token_of
from jedlik.services.s3.records import Bucket
from jedlik.services.s3.store import Store

COUNT_MAX = 1000
PAGE_MAX = 100


async def put(ctx: RestContext, req: dict[str, Any], kind: str) -> dict[str, Any]:
    """kind: the member's name, "AnalyticsConfiguration"."""
    bucket = await bucket_of(ctx, req)
    wanted = req.get(kind)
    if wanted is None or wanted.get("Id") != req["Id"]:
        raise malformed_xml()
    name = _name(kind, req["Id"])
    if name not in bucket.configured and len(_ids(bucket, kind)) >= COUNT_MAX:
        raise S3Error(
            "TooManyConfigurations",
            "You are attempting to create a new configuration but have already reached the "
            "1,000-configuration limit.",
        )
    await Store.of(ctx).configure(bucket, name, wanted)
    return {}


async def get(ctx: RestContext, req: dict[str, Any], kind: str) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    return {kind: await _found(ctx, bucket, kind, req["Id"])}


async def delete(ctx: RestContext, req: dict[str, Any], kind: str) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    await _found(ctx, bucket, kind, req["Id"])
    await Store.of(ctx).configure(bucket, _name(kind, req["Id"]), None)
    return {}


async def listed(ctx: RestContext, req: dict[str, Any], kind: str) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    token = req.get("ContinuationToken")
    after = "" if token is None else read_token(token)
    ids = [each for each in _ids(bucket, kind) if each > after]
    page = ids[:PAGE_MAX]
    answer: dict[str, Any] = {
        "IsTruncated": len(ids) > len(page),
        "ContinuationToken": token,
        f"{kind}List": [await _found(ctx, bucket, kind, each) for each in page],
    }
    if answer["IsTruncated"]:
        answer["NextContinuationToken"] = token_of(page[-1])
    return answer


async def _found(ctx: RestContext, bucket: Bucket, kind: str, id_: str) -> Any:
    found = await Store.of(ctx).configuration(bucket, _name(kind, id_))
    if found is None:
        raise S3Error(
            "NoSuchConfiguration",
            "The specified configuration does not exist.",
            404,
            BucketName=bucket.name,
        )
    return found


def _ids(bucket: Bucket, kind: str) -> list[str]:
    mark = f"{kind}|"
    return sorted(name[len(mark) :] for name in bucket.configured if name.startswith(mark))


def _name(kind: str, id_: str) -> str:
    return f"{kind}|{id_}"
