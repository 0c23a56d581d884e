"""PutBucketPolicy: checked as it is put, heeded from the next request on."""

from __future__ import annotations

from typing import Any

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.identity.policy import Malformed, parse_document
from jedlik.services.s3 import configurations
from jedlik.services.s3.access import bucket_of, is_public, on_bucket, public_access
from jedlik.services.s3.errors import access_denied, malformed_policy
from jedlik.services.s3.limits import POLICY_BYTES_MAX
from jedlik.services.s3.policy_documents import check_json, check_statements
from jedlik.services.s3.store import Store


@operation(
    "s3", "PutBucketPolicy", access="permissions", permissions=on_bucket("s3:PutBucketPolicy")
)
async def put_bucket_policy(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    text = req["Policy"]
    if len(text.encode()) > POLICY_BYTES_MAX:
        raise malformed_policy("Policy exceeds the maximum allowed document size.")
    check_json(text)
    try:
        parse_document(text, kind="resource")
    except Malformed as error:
        raise malformed_policy(str(error)) from error
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    check_statements(text, bucket)
    blocked = await public_access(store, bucket)
    if blocked.get("BlockPublicPolicy") and is_public(text):
        raise access_denied(
            "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public "
            "Access."
        )
    await configurations.put(ctx, req, configurations.POLICY, text)
    return {}
