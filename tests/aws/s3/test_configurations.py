"""Configurations of buckets: what is put comes back; what was never put is refused by its name."""

from __future__ import annotations

import json
from typing import Any

import pytest

CASES = {
    "cors": (
        "NoSuchCORSConfiguration",
        {"CORSConfiguration": {"CORSRules": [
            {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://a.example"],
             "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 9, "ID": "one"},
        ]}},
        "CORSRules",
    ),
    "lifecycle_configuration": (
        "NoSuchLifecycleConfiguration",
        {"LifecycleConfiguration": {"Rules": [
            {"ID": "r", "Status": "Enabled", "Expiration": {"Days": 3},
             "Filter": {"And": {"Prefix": "p", "Tags": [{"Key": "a", "Value": "b"}]}},
             "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]},
        ]}},
        "Rules",
    ),
    "website": (
        "NoSuchWebsiteConfiguration",
        {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"},
                                  "ErrorDocument": {"Key": "error.html"}}},
        "IndexDocument",
    ),
    "tagging": (
        "NoSuchTagSet",
        {"Tagging": {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]}},
        "TagSet",
    ),
    "encryption": (
        None,
        {"ServerSideEncryptionConfiguration": {"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
             "BucketKeyEnabled": True},
        ]}},
        "ServerSideEncryptionConfiguration",
    ),
    "ownership_controls": (
        None,
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        "OwnershipControls",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_a_configuration_comes_back_and_goes(s3: Any, bucket: str, kind: str, refused: Any) -> None:
    missing, given, member = CASES[kind]
    get = getattr(s3, f"get_bucket_{kind}")
    if missing:
        with refused(missing, 404):
            get(Bucket=bucket)
    getattr(s3, f"put_bucket_{kind}")(Bucket=bucket, **given)
    expected = next(iter(given.values()))
    found = get(Bucket=bucket)[member]
    assert found == (expected if member in given else expected[member])
    name = kind.removesuffix("_configuration")
    getattr(s3, f"delete_bucket_{name}")(Bucket=bucket)
    if missing:
        with refused(missing, 404):
            get(Bucket=bucket)


def test_settings_that_are_kept_and_told(s3: Any, bucket: str) -> None:
    rules = {"QueueConfigurations": [
        {"Id": "q", "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q",
         "Events": ["s3:ObjectCreated:*"],
         "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "in/"}]}}},
    ]}  # fmt: skip
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=rules)
    found = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert found["QueueConfigurations"] == rules["QueueConfigurations"]
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)


def test_public_access_is_blocked_until_somebody_allows_it(
    s3: Any, bucket: str, refused: Any
) -> None:
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(blocked.values()) and len(blocked) == 4
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{bucket}/*"},
    ]})  # fmt: skip
    with refused("AccessDenied", 403):
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    s3.delete_public_access_block(Bucket=bucket)
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        s3.get_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == json.loads(policy)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
    s3.delete_bucket_policy(Bucket=bucket)
    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=bucket)
    with refused("MalformedPolicy", 400):
        s3.put_bucket_policy(Bucket=bucket, Policy="{}")


def test_what_is_not_there_says_so(s3: Any, bucket: str, refused: Any) -> None:
    with refused("NotImplemented", 501):
        s3.get_bucket_metadata_configuration(Bucket=bucket)
    with refused("ReplicationConfigurationNotFoundError", 404):
        s3.get_bucket_replication(Bucket=bucket)
    with refused("ObjectLockConfigurationNotFoundError", 404):
        s3.get_object_lock_configuration(Bucket=bucket)


NUMBERED = {
    "analytics": {"StorageClassAnalysis": {}},
    "inventory": {
        "IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::b", "Format": "CSV"}},
    },
    "metrics": {"Filter": {"Prefix": "a/"}},
    "intelligent_tiering": {
        "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}],
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", NUMBERED)
def test_configurations_by_their_id(s3: Any, bucket: str, kind: str, refused: Any) -> None:
    def do(verb: str, end: str = "", **more: Any) -> Any:
        return getattr(s3, f"{verb}_bucket_{kind}_configuration{end}")(Bucket=bucket, **more)

    member = f"{kind.title().replace('_', '')}Configuration"
    assert f"{member}List" not in do("list", "s")
    with refused("NoSuchConfiguration", 404):
        do("get", Id="one")
    for name in ("two", "one"):
        do("put", Id=name, **{member: {"Id": name, **NUMBERED[kind]}})
    assert do("get", Id="one")[member] == {"Id": "one", **NUMBERED[kind]}
    page = do("list", "s")
    assert [each["Id"] for each in page[f"{member}List"]] == ["one", "two"]
    assert page["IsTruncated"] is False
    do("delete", Id="one")
    with refused("NoSuchConfiguration", 404):
        do("delete", Id="one")


def test_replication_is_checked_and_kept(s3: Any, bucket: str, refused: Any) -> None:
    rule = {"Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""}, "ID": "r",
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": "arn:aws:s3:::jedlik-no-such-bucket"}}  # fmt: skip
    wanted = {"Role": "arn:aws:iam::000000000000:role/r", "Rules": [rule]}
    with refused("InvalidRequest", 400) as error:
        s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=wanted)
    assert "Versioning must be 'Enabled'" in error.message
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    with refused("InvalidRequest", 400) as error:
        s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=wanted)
    assert error.message == "Destination bucket must exist."
    rule["Destination"] = {"Bucket": f"arn:aws:s3:::{bucket}"}
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=wanted)
    assert s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"] == wanted
    s3.delete_bucket_replication(Bucket=bucket)
    with refused("ReplicationConfigurationNotFoundError", 404):
        s3.get_bucket_replication(Bucket=bucket)
