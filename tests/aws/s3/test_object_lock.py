"""Object Lock: retention, legal holds, and what they keep from being deleted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

PROTECTED = "Access Denied because object protected by object lock."


@pytest.fixture
def locked(s3: Any, bucket: str) -> Iterator[str]:
    name = f"{bucket[:50]}-l"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    yield name


def soon(seconds: float = 3600) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)


def test_a_bucket_that_locks(s3: Any, locked: str, refused: Any) -> None:
    assert s3.get_bucket_versioning(Bucket=locked)["Status"] == "Enabled"
    found = s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"]
    assert found == {"ObjectLockEnabled": "Enabled"}
    with refused("InvalidBucketState", 409):
        s3.put_bucket_versioning(Bucket=locked, VersioningConfiguration={"Status": "Suspended"})
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=locked, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    found = s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"]
    assert found["Rule"] == rule
    put = s3.put_object(Bucket=locked, Key="k", Body=b"x")
    head = s3.head_object(Bucket=locked, Key="k")
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert head["ObjectLockRetainUntilDate"] - head["LastModified"] <= timedelta(days=1, seconds=1)
    with refused("AccessDenied", 403) as error:
        s3.delete_object(
            Bucket=locked, Key="k", VersionId=put["VersionId"], BypassGovernanceRetention=True
        )
    assert error.message == PROTECTED
    assert s3.delete_object(Bucket=locked, Key="k")["DeleteMarker"]


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        ({}, "MalformedXML"),
        ({"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE"}}}, "MalformedXML"),
        ({"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1, "Years": 1}}},
         "MalformedXML"),
        ({"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 0}}}, "InvalidArgument"),
    ],
)  # fmt: skip
def test_configurations_that_lock_nothing(
    s3: Any, locked: str, refused: Any, configuration: dict[str, Any], code: str
) -> None:
    if configuration:
        configuration["ObjectLockEnabled"] = "Enabled"
    with refused(code, 400):
        s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=configuration)


def test_a_bucket_that_does_not_lock(s3: Any, bucket: str, refused: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k")
    with refused("ObjectLockConfigurationNotFoundError", 404):
        s3.get_object_lock_configuration(Bucket=bucket)
    with refused("InvalidRequest", 400) as error:
        s3.get_object_retention(Bucket=bucket, Key="k")
    assert error.message == "Bucket is missing Object Lock Configuration"
    with refused("InvalidRequest", 400):
        s3.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "ON"})
    with refused("InvalidRequest", 400):
        s3.put_object(Bucket=bucket, Key="k", ObjectLockLegalHoldStatus="ON")
    enabled = {"ObjectLockEnabled": "Enabled"}
    with refused("InvalidBucketState", 409):
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=enabled)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=enabled)
    s3.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "ON"})


def test_retention_grows_and_hardly_shrinks(s3: Any, locked: str, refused: Any) -> None:
    version = s3.put_object(Bucket=locked, Key="k", Body=b"x")["VersionId"]
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_retention(Bucket=locked, Key="k")
    with refused("InvalidArgument", 400) as error:
        s3.put_object_retention(
            Bucket=locked, Key="k", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon(-9)}
        )
    assert error.message == "The retain until date must be in the future!"
    until = soon()

    def retain(mode: str, by_s: float, **more: Any) -> None:
        date = until + timedelta(seconds=by_s)
        s3.put_object_retention(
            Bucket=locked, Key="k", Retention={"Mode": mode, "RetainUntilDate": date}, **more
        )

    retain("GOVERNANCE", 0)
    found = s3.get_object_retention(Bucket=locked, Key="k")["Retention"]
    assert found == {"Mode": "GOVERNANCE", "RetainUntilDate": until}
    retain("GOVERNANCE", 100)
    with refused("AccessDenied", 403):
        retain("GOVERNANCE", 0)
    with refused("AccessDenied", 403):
        s3.delete_object(Bucket=locked, Key="k", VersionId=version)
    errors = s3.delete_objects(
        Bucket=locked, Delete={"Objects": [{"Key": "k", "VersionId": version}]}
    )["Errors"]
    assert (errors[0]["Code"], errors[0]["Message"]) == ("AccessDenied", PROTECTED)
    retain("GOVERNANCE", -100, BypassGovernanceRetention=True)
    s3.delete_object(Bucket=locked, Key="k", VersionId=version, BypassGovernanceRetention=True)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=locked, Key="k")


def test_a_retention_ends(s3: Any, locked: str) -> None:
    version = s3.put_object(
        Bucket=locked, Key="k", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=soon(2)
    )["VersionId"]
    until = s3.head_object(Bucket=locked, Key="k")["ObjectLockRetainUntilDate"]
    time.sleep(max(0, (until - datetime.now(UTC)).total_seconds()) + 0.1)
    s3.delete_object(Bucket=locked, Key="k", VersionId=version)
    assert "Versions" not in s3.list_object_versions(Bucket=locked)


def test_a_hold_stays_until_it_is_taken_away(s3: Any, locked: str, refused: Any) -> None:
    upload = s3.create_multipart_upload(Bucket=locked, Key="k", ObjectLockLegalHoldStatus="ON")[
        "UploadId"
    ]
    part = s3.upload_part(Bucket=locked, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    version = s3.complete_multipart_upload(
        Bucket=locked, Key="k", UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )["VersionId"]  # fmt: skip
    assert s3.get_object_legal_hold(Bucket=locked, Key="k")["LegalHold"] == {"Status": "ON"}
    with refused("AccessDenied", 403):
        s3.delete_object(Bucket=locked, Key="k", VersionId=version, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(Bucket=locked, Key="k", LegalHold={"Status": "OFF"})
    assert s3.head_object(Bucket=locked, Key="k")["ObjectLockLegalHoldStatus"] == "OFF"
    s3.delete_object(Bucket=locked, Key="k", VersionId=version)


def test_headers_that_lock_nothing(s3: Any, locked: str, refused: Any) -> None:
    with refused("InvalidArgument", 400):
        s3.put_object(Bucket=locked, Key="k", ObjectLockMode="GOVERNANCE")
    with refused("InvalidArgument", 400) as error:
        s3.put_object(Bucket=locked, Key="k", ObjectLockMode="X", ObjectLockRetainUntilDate=soon())
    assert error.message == "Unknown wormMode directive."
