"""UpdateObjectEncryption: another key for a version that is there, which stays as it is otherwise.

Source of the texts: API reference, UpdateObjectEncryption, "Errors". No key of KMS has to be there.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.errors import access_denied, invalid_request
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.records import Bucket, Version
from jedlik.services.s3.store import Store

_ARN = re.compile(r"arn:aws[-a-z0-9]*:kms:[-a-z0-9]+:(\d{12}):key/[-A-Za-z0-9]+")
_AGAIN = ", and then try again."


@operation(
    "s3",
    "UpdateObjectEncryption",
    access="write",
    permissions=on_object("s3:UpdateObjectEncryption"),
)
async def update_object_encryption(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    bucket = await bucket_of(ctx, req)
    if not ctx.signed_for:
        raise invalid_request(
            "Requests that modify an object encryption configuration require AWS Signature Version "
            f"4. Modify the request to use AWS Signature Version 4{_AGAIN}"
        )
    wanted = req["ObjectEncryption"].get("SSEKMS")
    if wanted is None:
        raise invalid_request(
            "Requests that modify an object encryption configuration require a valid new "
            "encryption type. Valid values are SSEKMS. Modify the request to specify SSE-KMS for "
            f"the updated encryption type{_AGAIN}"
        )
    arn = _checked_arn(wanted["KMSKeyArn"], bucket)
    key, version_id = check_key(req["Key"]), req.get("VersionId")
    await found_version(ctx, bucket, key, version_id)

    def updated(version: Version) -> Version:
        _check(version, int(ctx.now * 1000))
        return msgspec.structs.replace(
            version,
            encryption="aws:kms",
            kms_key=arn,
            bucket_key=bool(wanted.get("BucketKeyEnabled")),
        )

    await Store.of(ctx).amend(bucket, key, version_id, updated)
    return {}


def _checked_arn(arn: str, bucket: Bucket) -> str:
    found = _ARN.fullmatch(arn)
    if found is None:
        raise invalid_request(
            "Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS "
            "key Amazon Resource Name (ARN). Confirm that you have a correctly formatted KMS key "
            f"ARN in your request{_AGAIN}"
        )
    if found[1] != bucket.account:
        raise access_denied(
            "The AWS KMS key in the request must be owned by the same account as the bucket. "
            f"Modify the request to specify a KMS key from the same account{_AGAIN}"
        )
    return arn


def _check(version: Version, now_ms: int) -> None:
    """Whether another key can be had. Raises S3Error."""
    if version.customer or version.encryption not in ("AES256", "aws:kms"):
        raise invalid_request(
            "The UpdateObjectEncryption operation doesn't support source objects with the "
            "encryption type DSSE-KMS or SSE-C. Only source objects encrypted with SSE-S3 or "
            "SSE-KMS are supported."
        )
    if version.legal_hold == "ON" or (version.lock_mode and version.lock_until_ms > now_ms):
        raise access_denied(
            "The encryption type for the specified object can't be updated because that object is "
            "protected by S3 Object Lock. If the object has a governance-mode retention period or "
            "a legal hold, you must first remove the Object Lock status on the object before you "
            "issue your UpdateObjectEncryption request. You can't use the UpdateObjectEncryption "
            "operation with objects that have an Object Lock compliance mode retention period "
            "applied to them."
        )
