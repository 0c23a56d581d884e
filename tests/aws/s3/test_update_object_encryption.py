"""Another key for an object that is there."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

KEY = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
OTHER = KEY.replace("1111", "9999")


def update(s3: Any, bucket: str, key: str = KEY, **more: Any) -> None:
    wanted = {"KMSKeyArn": key, "BucketKeyEnabled": True}
    s3.update_object_encryption(Bucket=bucket, Key="k", ObjectEncryption={"SSEKMS": wanted}, **more)


def test_all_else_stays(s3: Any, versioned: str) -> None:
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1", Metadata={"a": "b"})["VersionId"]
    second = s3.put_object(Bucket=versioned, Key="k", Body=b"22")["VersionId"]
    before = s3.head_object(Bucket=versioned, Key="k", VersionId=first)
    update(s3, versioned, VersionId=first)
    after = s3.head_object(Bucket=versioned, Key="k", VersionId=first)
    assert (after["ServerSideEncryption"], after["SSEKMSKeyId"]) == ("aws:kms", KEY)
    assert after["BucketKeyEnabled"] is True
    for name in ("ETag", "LastModified", "Metadata", "ContentLength", "VersionId"):
        assert after[name] == before[name]
    current = s3.get_object(Bucket=versioned, Key="k")
    assert (current["VersionId"], current["ServerSideEncryption"]) == (second, "AES256")
    update(s3, versioned, OTHER)
    assert s3.head_object(Bucket=versioned, Key="k")["SSEKMSKeyId"] == OTHER


@pytest.mark.parametrize(
    ("key", "code", "status"),
    [
        ("alias/my-own-key-of-kms", "InvalidRequest", 400),
        (KEY.replace(":key/", ":alias/"), "InvalidRequest", 400),
        (KEY.replace("000000000000", "999999999999"), "AccessDenied", 403),
    ],
)
def test_keys_that_cannot_be(
    s3: Any, bucket: str, refused: Any, key: str, code: str, status: int
) -> None:
    s3.put_object(Bucket=bucket, Key="k")
    with refused(code, status):
        update(s3, bucket, key)


def test_objects_that_keep_theirs(s3: Any, bucket: str, refused: Any) -> None:
    with refused("NoSuchKey", 404):
        update(s3, bucket)
    s3.put_object(Bucket=bucket, Key="k", ServerSideEncryption="aws:kms:dsse")
    with refused("InvalidRequest", 400) as error:
        update(s3, bucket)
    assert "doesn't support source objects with the encryption type DSSE-KMS" in error.message
    locked = f"jedlik-test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=locked, ObjectLockEnabledForBucket=True)
    s3.put_object(Bucket=locked, Key="k", ObjectLockLegalHoldStatus="ON")
    with refused("AccessDenied", 403) as error:
        update(s3, locked)
    assert "protected by S3 Object Lock" in error.message
    s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": "OFF"})
    update(s3, locked)
