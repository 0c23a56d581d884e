"""PutBucketLifecycleConfiguration: expirations are carried out by workers/object_upkeep.py."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket
from jedlik.services.s3.errors import invalid_argument, invalid_request, malformed_xml
from jedlik.services.s3.limits import LIFECYCLE_RULES_MAX

ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionTransitions",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
)


@operation(
    "s3",
    "PutBucketLifecycleConfiguration",
    access="write",
    permissions=on_bucket("s3:PutLifecycleConfiguration"),
)
async def put_bucket_lifecycle_configuration(
    ctx: RestContext, req: dict[str, Any]
) -> dict[str, Any]:
    rules = (req.get("LifecycleConfiguration") or {}).get("Rules") or []
    if not 1 <= len(rules) <= LIFECYCLE_RULES_MAX:
        raise malformed_xml()
    for number, rule in enumerate(rules):
        if not any(rule.get(action) for action in ACTIONS):
            raise invalid_request("At least one action needs to be specified in a rule")
        for days in ((rule.get("Expiration") or {}).get("Days"),):
            if days is not None and days < 1:
                raise invalid_argument(
                    "'Days' for Expiration action must be a positive integer", "Days", str(days)
                )
        rule.setdefault("ID", f"{ctx.request_id[:16]}-{number}")
    await configurations.put(ctx, req, configurations.LIFECYCLE, {"Rules": rules})
    return {"TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"}
