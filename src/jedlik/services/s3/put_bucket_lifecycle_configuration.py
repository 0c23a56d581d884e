"""PutBucketLifecycleConfiguration: expirations are carried out by workers/object_upkeep.py."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import on_bucket
from jedlik.services.s3.errors import malformed_xml
from jedlik.services.s3.lifecycle import check
from jedlik.services.s3.limits import LIFECYCLE_RULES_MAX

SMALLEST = "all_storage_classes_128K"


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
    check(rules)
    for number, rule in enumerate(rules):
        rule.setdefault("ID", f"{ctx.request_id[:16]}-{number}")
    smallest = req.get("TransitionDefaultMinimumObjectSize") or SMALLEST
    kept = {"Rules": rules, "TransitionDefaultMinimumObjectSize": smallest}
    await configurations.put(ctx, req, configurations.LIFECYCLE, kept)
    return {"TransitionDefaultMinimumObjectSize": smallest}
