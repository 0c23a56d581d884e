"""CreateBucket."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import acls
from jedlik.services.s3.access import OLD_NAMES, OLD_REGION, AsksForAll
from jedlik.services.s3.buckets import check_name, new_bucket
from jedlik.services.s3.errors import (
    S3Error,
    bucket_exists,
    bucket_owned_by_you,
    bucket_without_acls,
    illegal_location,
    invalid_argument,
    invalid_location,
)
from jedlik.services.s3.limits import BUCKETS_MAX
from jedlik.services.s3.store import Store

_LOCATION = re.compile(r"EU|[a-z]{2}(-[a-z]+)+-\d")


@operation(
    "s3",
    "CreateBucket",
    access="write",
    permissions=AsksForAll("s3:CreateBucket", names_bucket=True),
)
async def create_bucket(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    name = req["Bucket"]
    check_name(name)
    ownership = req.get("ObjectOwnership")
    _check_acl(req, ownership)
    location = (req.get("CreateBucketConfiguration") or {}).get("LocationConstraint")
    if location is not None and not _LOCATION.fullmatch(location):
        raise invalid_location(location)
    # The endpoint of us-east-1 makes buckets anywhere; every other, in its own region only.
    here = OLD_REGION if ctx.region in OLD_NAMES else ctx.region
    region = "eu-west-1" if location == "EU" else location or here
    if here != OLD_REGION and (location is None or region != here):
        raise illegal_location(location or "unspecified")
    if location == OLD_REGION:  # which is written by leaving it out
        raise invalid_location(location)
    found = await store.find_bucket(name)
    if found is None:
        mine = [each for each in await store.buckets() if each.account == ctx.account]
        if len(mine) >= BUCKETS_MAX:
            raise S3Error(
                "TooManyBuckets", "You have attempted to create more buckets than allowed"
            )
        new = new_bucket(store.db, name, account=ctx.account, region=region)
        if req.get("ObjectLockEnabledForBucket"):
            new = msgspec.structs.replace(new, object_lock=True, versioning="Enabled")
        if await store.add_bucket(new):
            if ownership is not None:
                rules = {"Rules": [{"ObjectOwnership": ownership}]}
                await store.configure(new, acls.OWNERSHIP, rules)
            return {"Location": f"/{name}"}
        found = await store.bucket(name)
    if found.account != ctx.account:
        raise bucket_exists(name)
    # Only in us-east-1 is it no mistake to make one's bucket a second time.
    if region != OLD_REGION or found.region != OLD_REGION:
        raise bucket_owned_by_you(name)
    return {"Location": f"/{name}"}


def _check_acl(req: dict[str, Any], ownership: str | None) -> None:
    """A new bucket blocks public lists, and has none unless another ownership is asked for."""
    if ownership not in (None, "BucketOwnerPreferred", "ObjectWriter", acls.ENFORCED):
        raise invalid_argument(
            "Invalid x-amz-object-ownership header", "ObjectOwnership", ownership
        )
    if req.get("ACL") in (None, "private") and not any(req.get(name) for name in acls.HEADERS):
        return
    if ownership in (None, acls.ENFORCED):
        raise bucket_without_acls()
    raise S3Error(
        "InvalidBucketAclWithBlockPublicAccessError",
        "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    )
