"""What no SDK sends by itself: browsers resuming, odd methods and values."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.s3_raw import send


def test_a_range_of_a_version_that_is_gone_is_the_whole(
    endpoint: str | None, s3: Any, bucket: str
) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPHeaders"][
        "last-modified"
    ]
    path, asked = f"/{bucket}/k", {"Range": "bytes=5-"}
    for same in (etag, modified):
        status, _, body = send(endpoint, "GET", path, headers={**asked, "If-Range": same})
        assert (status, body) == (206, "56789")
    for other in ('"other"', "Mon, 01 Jan 2024 00:00:00 GMT", f"W/{etag}", "no date"):
        status, _, body = send(endpoint, "GET", path, headers={**asked, "If-Range": other})
        assert (status, body) == (200, "0123456789")


@pytest.mark.parametrize("number", ["1", "3", ""])
def test_the_second_listing_is_the_only_one_with_a_number(
    endpoint: str | None, bucket: str, number: str
) -> None:
    status, _, body = send(endpoint, "GET", f"/{bucket}?list-type={number}")
    assert status == 400 and "Invalid List Type specified in Request" in body


def test_methods_that_there_are_not(endpoint: str | None, bucket: str) -> None:
    for path, kind in ((f"/{bucket}/k", "OBJECT"), (f"/{bucket}", "BUCKET")):
        status, _, body = send(endpoint, "PATCH", path)
        assert status == 405 and "<Code>MethodNotAllowed</Code>" in body
        assert f"<Method>PATCH</Method><ResourceType>{kind}</ResourceType>" in body


def test_an_expected_owner_is_an_account(s3: Any, bucket: str, refused: Any) -> None:
    with refused("InvalidBucketOwnerAWSAccountID", 400):
        s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner="somebody")
    with refused("AccessDenied", 403):
        s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner="999999999999")


def test_a_plus_is_a_space_in_paths_and_in_sources_of_copies(
    endpoint: str | None, s3: Any, bucket: str
) -> None:
    """As S3 reads them, unlike RFC 3986: s5cmd writes a copy's source as forms are written."""
    s3.put_object(Bucket=bucket, Key="a b", Body=b"space")
    s3.put_object(Bucket=bucket, Key="a+b", Body=b"plus")
    for written, meant in (("a+b", "space"), ("a%20b", "space"), ("a%2Bb", "plus")):
        assert send(endpoint, "GET", f"/{bucket}/{written}")[2] == meant
        copied = {"x-amz-copy-source": f"/{bucket}/{written}"}
        assert send(endpoint, "PUT", f"/{bucket}/copy", headers=copied)[0] == 200
        assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read().decode() == meant


def test_documents_for_something_else_are_refused(
    endpoint: str | None, s3: Any, bucket: str
) -> None:
    """What is all optional would be read as nothing at all, and clear the setting."""
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    path = f"/{bucket}?notification"
    for root in ("CORSConfiguration", "notificationConfiguration"):
        status, _, body = send(endpoint, "PUT", path, body=f"<{root}/>".encode())
        assert status == 400 and "<Code>MalformedXML</Code>" in body
    kept = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert kept["EventBridgeConfiguration"] == {}
    document = b'<a:NotificationConfiguration xmlns:a="http://s3.amazonaws.com/doc/2006-03-01/"/>'
    assert send(endpoint, "PUT", path, body=document)[0] == 200
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket)
