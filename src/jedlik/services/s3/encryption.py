"""How objects are said to be encrypted: as a request asks, else as the bucket's default is. The
bytes lie on disk as they came.

Source: S3 user guide, "Setting default server-side encryption behavior", "Specifying server-side
encryption with AWS KMS", and "Blocking or unblocking SSE-C for a general purpose bucket".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.services.s3.errors import access_denied, invalid_argument, not_implemented
from jedlik.services.s3.records import Bucket
from jedlik.services.s3.store import Store

NAME = "encryption"
KMS = ("aws:kms", "aws:kms:dsse")
HEADER = "x-amz-server-side-encryption"
DEFAULT = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": False,
            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
        }
    ]
}
"""What a new bucket has: since April 2026, keys of the customer's own are blocked."""


async def fields_of(ctx: Context, bucket: Bucket, req: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Version or Upload. Raises S3Error."""
    rules = (await Store.of(ctx).configuration(bucket, NAME) or DEFAULT)["Rules"]
    rule: Mapping[str, Any] = rules[0] if rules else {}
    if req.get("SSECustomerAlgorithm") is not None or req.get("SSECustomerKey") is not None:
        blocked = (rule.get("BlockedEncryptionTypes") or {}).get("EncryptionType") or ["SSE-C"]
        if "SSE-C" in blocked:
            raise access_denied()
        raise not_implemented("SSECustomerAlgorithm")
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    asked = req.get("ServerSideEncryption")
    key = req.get("SSEKMSKeyId")
    if asked not in (None, "AES256", *KMS):
        raise invalid_argument("The encryption method specified is not supported", HEADER, asked)
    if key is not None and asked not in KMS:
        raise invalid_argument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header "
            "x-amz-server-side-encryption : aws:kms",
            HEADER,
            asked or "null",
        )
    algorithm = asked or default.get("SSEAlgorithm") or "AES256"
    if algorithm not in KMS:
        return {"encryption": algorithm}
    if key is None and default.get("SSEAlgorithm") in KMS:
        key = default.get("KMSMasterKeyID")
    with_bucket_key = req.get("BucketKeyEnabled")
    if with_bucket_key is None:
        with_bucket_key = bool(rule.get("BucketKeyEnabled"))
    return {
        "encryption": algorithm,
        "kms_key": _arn(ctx, key),
        "bucket_key": with_bucket_key and algorithm == "aws:kms",
    }


def check_configuration(wanted: Mapping[str, Any]) -> None:
    """Raises S3Error."""
    for rule in wanted["Rules"]:
        default = rule.get("ApplyServerSideEncryptionByDefault") or {}
        if default.get("KMSMasterKeyID") and default.get("SSEAlgorithm") not in KMS:
            raise invalid_argument(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
                "aws:kms:dsse",
                "ApplyServerSideEncryptionByDefault",
                "",
            )


def _arn(ctx: Context, key: str | None) -> str:
    """A key's ARN; without one, that of the key that AWS manages for an account's S3."""
    if key is None:
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"aws/s3 {ctx.account} {ctx.region}"))
    if key.startswith("arn:"):
        return key
    what = key if key.startswith("alias/") else f"key/{key}"
    return f"arn:aws:kms:{ctx.region}:{ctx.account}:{what}"
