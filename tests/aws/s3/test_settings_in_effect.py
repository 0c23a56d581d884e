"""Settings of buckets that show in what objects answer, and settings that cannot be."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


def encrypt(s3: Any, bucket: str, **rule: Any) -> None:
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def test_default_encryption_is_that_of_what_asks_for_none(
    s3: Any, bucket: str, refused: Any
) -> None:
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    key = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    encrypt(s3, bucket, ApplyServerSideEncryptionByDefault=default, BucketKeyEnabled=True)
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    head = s3.head_object(Bucket=bucket, Key="k")
    for answer in (put, head, s3.create_multipart_upload(Bucket=bucket, Key="m")):
        assert answer["ServerSideEncryption"] == "aws:kms"
        assert (answer["SSEKMSKeyId"], answer["BucketKeyEnabled"]) == (key, True)
    plain = s3.put_object(Bucket=bucket, Key="p", ServerSideEncryption="AES256")
    assert "SSEKMSKeyId" not in plain
    managed = s3.put_object(Bucket=f"{bucket}", Key="q", ServerSideEncryption="aws:kms:dsse")
    assert managed["SSEKMSKeyId"] == key and "BucketKeyEnabled" not in managed
    s3.delete_bucket_encryption(Bucket=bucket)
    managed = s3.put_object(Bucket=bucket, Key="q", ServerSideEncryption="aws:kms")
    assert managed["SSEKMSKeyId"].startswith("arn:aws:kms:us-east-1:")
    with refused("InvalidArgument", 400):
        s3.put_object(Bucket=bucket, Key="k", SSEKMSKeyId=key)
    with refused("InvalidArgument", 400):
        encrypt(
            s3, bucket,
            ApplyServerSideEncryptionByDefault={"SSEAlgorithm": "AES256", "KMSMasterKeyID": key},
        )  # fmt: skip


def test_keys_of_the_customers_own_are_blocked(s3: Any, bucket: str, refused: Any) -> None:
    customers = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=bucket, Key="k", **customers)
    s3.put_object(Bucket=bucket, Key="k")
    with refused("InvalidRequest", 400) as error:
        s3.get_object(Bucket=bucket, Key="k", **customers)
    assert error.message == "The encryption parameters are not applicable to this object."


def test_archived_objects_are_restored_before_they_are_read(
    s3: Any, bucket: str, refused: Any
) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"cold", StorageClass="GLACIER")
    assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == "GLACIER"
    with refused("InvalidObjectState", 403) as error:
        s3.get_object(Bucket=bucket, Key="k")
    assert error.message == "The operation is not valid for the object's storage class"
    assert error.response["Error"]["StorageClass"] == "GLACIER"
    with refused("ObjectNotInActiveTierError", 403):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")
    for status in (202, 200):
        answer = s3.restore_object(Bucket=bucket, Key="k", RestoreRequest={"Days": 2})
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    found = s3.get_object(Bucket=bucket, Key="k")
    assert found["Body"].read() == b"cold"
    assert found["Restore"].startswith('ongoing-request="false", expiry-date="')
    # Listings tell it where they are asked to, of what was restored.
    s3.put_object(Bucket=bucket, Key="l", StorageClass="DEEP_ARCHIVE")
    for ask, members in (
        (s3.list_objects_v2, "Contents"),
        (s3.list_objects, "Contents"),
        (s3.list_object_versions, "Versions"),
    ):
        told = ask(Bucket=bucket, OptionalObjectAttributes=["RestoreStatus"])[members]
        status = {each["Key"]: each.get("RestoreStatus") for each in told}
        assert status["l"] is None
        assert status["k"]["IsRestoreInProgress"] is False
        assert f"{status['k']['RestoreExpiryDate']:%a, %d %b %Y %H:%M:%S}" in found["Restore"]
        assert not any("RestoreStatus" in each for each in ask(Bucket=bucket)[members])
    s3.put_object(Bucket=bucket, Key="warm")
    with refused("InvalidObjectState", 403):
        s3.restore_object(Bucket=bucket, Key="warm", RestoreRequest={"Days": 2})


def rule(**more: Any) -> dict[str, Any]:
    return {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "in/"}, **more}


def put_rules(s3: Any, bucket: str, *rules: dict[str, Any], **more: Any) -> None:
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)}, **more
    )


def test_objects_tell_when_they_expire(s3: Any, bucket: str) -> None:
    put_rules(
        s3, bucket, rule(Expiration={"Days": 30}), rule(ID="later/ü", Expiration={"Days": 31}),
        TransitionDefaultMinimumObjectSize="varies_by_storage_class",
    )  # fmt: skip
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert found["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    put = s3.put_object(Bucket=bucket, Key="in/k")
    head = s3.head_object(Bucket=bucket, Key="in/k")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = (midnight + timedelta(days=each) for each in (30, 31))
    texts = {f'expiry-date="{day:%a, %d %b %Y} 00:00:00 GMT", rule-id="r"' for day in days}
    assert put["Expiration"] == head["Expiration"] and put["Expiration"] in texts
    assert "Expiration" not in s3.put_object(Bucket=bucket, Key="out")


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([rule(Expiration={"Days": 1}), rule(Expiration={"Days": 2})], "InvalidArgument"),
        ([rule(ID="x" * 256, Expiration={"Days": 1})], "InvalidArgument"),
        ([rule(Expiration={"Days": 0})], "InvalidArgument"),
        ([rule(Expiration={"Date": datetime(2030, 1, 1, 5, tzinfo=UTC)})], "InvalidArgument"),
        ([rule(Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True})], "MalformedXML"),
        ([rule(Status="enabled", Expiration={"Days": 1})], "MalformedXML"),
        ([{"ID": "r", "Status": "Enabled", "Expiration": {"Days": 1}}], "MalformedXML"),
        ([rule()], "InvalidRequest"),
        ([rule(NoncurrentVersionExpiration={"NoncurrentDays": 0})], "InvalidArgument"),
    ],
)
def test_rules_that_cannot_be(
    s3: Any, bucket: str, refused: Any, rules: list[dict[str, Any]], code: str
) -> None:
    with refused(code, 400):
        put_rules(s3, bucket, *rules)


def test_ownership_controls_can_be_taken_away(s3: Any, bucket: str, refused: Any) -> None:
    found = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert found == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    with refused("OwnershipControlsNotFoundError", 404):
        s3.get_bucket_ownership_controls(Bucket=bucket)


def test_settings_that_are_refused(s3: Any, bucket: str, refused: Any) -> None:
    def website(**wanted: Any) -> None:
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=wanted)

    with refused("InvalidArgument", 400) as error:
        website(ErrorDocument={"Key": "e"})
    assert error.message is not None and error.message.startswith("A value for IndexDocument")
    with refused("InvalidArgument", 400):
        website(IndexDocument={"Suffix": "a/b"})
    with refused("InvalidArgument", 400):
        website(IndexDocument={"Suffix": "a"}, RedirectAllRequestsTo={"HostName": "b"})
    index = {"Suffix": "a"}
    for code in ("300", "314", "404", "abc", "３01", "9" * 5000):
        with refused("InvalidRequest", 400) as error:
            website(IndexDocument=index, RoutingRules=[{"Redirect": {"HttpRedirectCode": code}}])
        assert error.message == (
            f"The provided HTTP redirect code ({code}) is not valid. "
            "Valid codes are 3XX except 300."
        )
    rule = {"Condition": {"HttpErrorCodeReturnedEquals": "600"}, "Redirect": {"HostName": "b"}}
    with refused("InvalidRequest", 400) as error:
        website(IndexDocument=index, RoutingRules=[rule])
    assert error.message == (
        "The provided HTTP error code (600) is not valid. Valid codes are 4XX or 5XX."
    )
    with refused("InvalidTargetBucketForLogging", 400):
        s3.put_bucket_logging(
            Bucket=bucket,
            BucketLoggingStatus={
                "LoggingEnabled": {"TargetBucket": "jedlik-no-such", "TargetPrefix": ""}
            },
        )
    with refused("MalformedXML", 400):
        s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={})


def test_checksums_of_parts(s3: Any, bucket: str, refused: Any) -> None:
    """A part's own checksum goes with it; what completes an upload says what began it."""
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")
    named = {"Bucket": bucket, "Key": "k", "UploadId": upload["UploadId"]}
    bodies = [b"a" * (5 << 20), b"b"]
    parts = []
    for number, body in enumerate(bodies, 1):
        sent = s3.upload_part(**named, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256")
        parts.append({"PartNumber": number, "ETag": sent["ETag"],
                      "ChecksumSHA256": sent["ChecksumSHA256"]})  # fmt: skip
    with refused("InvalidRequest", 400) as error:
        s3.complete_multipart_upload(
            **named, MultipartUpload={"Parts": parts}, ChecksumType="FULL_OBJECT"
        )
    assert error.message is not None and "COMPOSITE checksum mode" in error.message
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    for number, body in enumerate(bodies, 1):
        head = s3.head_object(Bucket=bucket, Key="k", PartNumber=number, ChecksumMode="ENABLED")
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        assert head["ChecksumSHA256"] == digest and head["PartsCount"] == 2


def statement(action: str, resource: str) -> str:
    found = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [found]})


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("nothing", "Policies must be valid JSON and the first byte must be '{'"),
        (statement("ec2:RunInstances", "arn:aws:s3:::{bucket}/*"), "Policy has invalid action"),
        (statement("s3:GetObject", "arn:aws:s3:::another/*"), "Policy has invalid resource"),
        (statement("s3:GetObject", "arn:aws:s3:::{bucket}"), "Action does not apply to any"),
        (statement("s3:ListBucket", "arn:aws:s3:::{bucket}/*"), "Action does not apply to any"),
    ],
)
def test_policies_that_are_about_something_else(
    s3: Any, bucket: str, refused: Any, policy: str, words: str
) -> None:
    with refused("MalformedPolicy", 400) as error:
        s3.put_bucket_policy(Bucket=bucket, Policy=policy.replace("{bucket}", bucket))
    assert error.message.startswith(words)


def test_notifications_and_blocks_that_say_nothing(s3: Any, bucket: str, refused: Any) -> None:
    queue = {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:q", "Events": ["s3:Nothing:*"]}
    with refused("InvalidArgument", 400) as error:
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [queue]}
        )
    assert error.response["Error"]["ArgumentName"] == "Event"
    queue |= {"QueueArn": "q", "Events": ["s3:ObjectCreated:Put"]}
    with refused("InvalidArgument", 400):
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [queue]}
        )
    with refused("InvalidRequest", 400):
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": []})
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)
    with refused("InvalidRedirectLocation", 400):
        s3.put_object(Bucket=bucket, Key="k", WebsiteRedirectLocation="elsewhere")
