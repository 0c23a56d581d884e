"""How objects are encrypted: as a request asks, else as the bucket's default is. Bytes are sealed
with keys of the customer's own (customer_keys.py); all others lie on disk as they came.

Source: S3 user guide, "Setting default server-side encryption behavior", "Specifying server-side
encryption with AWS KMS", and "Blocking or unblocking SSE-C for a general purpose bucket".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.services.s3 import customer_keys
from jedlik.services.s3.errors import customer_keys_blocked, invalid_argument
from jedlik.services.s3.records import Bucket, Upload, Version
from jedlik.services.s3.store import Store

NAME = "encryption"
KMS = ("aws:kms", "aws:kms:dsse")
_CUSTOMER = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")
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
    asked = req.get("ServerSideEncryption")
    if any(req.get(member) is not None for member in _CUSTOMER):
        blocked = (rule.get("BlockedEncryptionTypes") or {}).get("EncryptionType") or ["SSE-C"]
        if "SSE-C" in blocked:
            raise customer_keys_blocked(ctx.principal, f"{bucket.arn}/{req['Key']}")
        if asked is not None:
            raise invalid_argument(
                "Server Side Encryption with Customer provided key is incompatible with the "
                "encryption method specified",
                HEADER,
                asked,
            )
        customers = customer_keys.sent(req)
        assert customers is not None
        return {"encryption": "", "customer": customers.proof()}
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
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


def has_opaque_etag(found: Version | Upload) -> bool:
    """Whether its ETag is no MD5 (API reference, "Object": those under SSE-C and SSE-KMS)."""
    return bool(found.customer) or found.encryption in KMS


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
