"""PutBucketReplication: checked, kept and told; nothing is replicated."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import bucket_of, on_bucket
from jedlik.services.s3.errors import invalid_request, malformed_xml
from jedlik.services.s3.store import Store

RULES_MAX = 1000
_ARN = "arn:aws:s3:::"


@operation(
    "s3",
    "PutBucketReplication",
    access="write",
    permissions=on_bucket("s3:PutReplicationConfiguration"),
)
async def put_bucket_replication(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    if bucket.versioning != "Enabled":
        raise invalid_request(
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        )
    wanted = req["ReplicationConfiguration"]
    if not 1 <= len(wanted["Rules"]) <= RULES_MAX:
        raise malformed_xml()
    for number, rule in enumerate(wanted["Rules"]):
        name = rule["Destination"]["Bucket"].removeprefix(_ARN)
        target = await Store.of(ctx).find_bucket(name)
        if target is None:
            raise invalid_request("Destination bucket must exist.")
        if target.versioning != "Enabled":
            raise invalid_request("Destination bucket must have versioning enabled.")
        rule.setdefault("ID", f"{ctx.request_id[:16]}-{number}")
    await configurations.put(ctx, req, configurations.REPLICATION, wanted)
    return {}
