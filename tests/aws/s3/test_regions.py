"""A bucket is in one region: who signs for another is told which."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.s3_raw import send

MOVED = (
    "The bucket you are attempting to access must be addressed using the specified endpoint. "
    "Please send all future requests to this endpoint."
)


@pytest.fixture
def west(make_client: Callable[..., Any], s3: Any, target: str) -> Iterator[str]:
    client = make_client("s3", region_name="eu-west-1")
    name = f"jedlik-test-{uuid.uuid4().hex}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_object(Bucket=name, Key="k", Body=b"western")
    yield name
    if target == "aws":
        client.delete_object(Bucket=name, Key="k")
        client.delete_bucket(Bucket=name)


def test_who_signs_for_another_region_is_redirected(endpoint: str | None, west: str) -> None:
    for method, path in (("GET", f"/{west}/k"), ("GET", f"/{west}"), ("DELETE", f"/{west}/k")):
        status, headers, body = send(endpoint, method, path)
        assert status == 301 and headers["x-amz-bucket-region"] == "eu-west-1"
        assert f"<Code>PermanentRedirect</Code><Message>{MOVED}</Message>" in body
        assert f"<Bucket>{west}</Bucket>" in body
        assert f"<Endpoint>{urlsplit(endpoint or '').netloc}</Endpoint>" in body
    assert send(endpoint, "HEAD", f"/{west}/k")[0] == 301
    assert send(endpoint, "GET", f"/{west}/k", "eu-west-1")[2] == "western"


def test_where_the_name_leads_to_the_region_the_signature_is_wrong(
    endpoint: str | None, west: str
) -> None:
    status, headers, body = send(endpoint, "GET", "/k", host=f"{west}.s3.localhost")
    assert status == 400 and headers["x-amz-bucket-region"] == "eu-west-1"
    assert "<Code>AuthorizationHeaderMalformed</Code>" in body
    assert "the region &apos;us-east-1&apos; is wrong; expecting &apos;eu-west-1&apos;" in body or (
        "the region 'us-east-1' is wrong; expecting 'eu-west-1'" in body
    )
    assert "<Region>eu-west-1</Region>" in body


def test_botocore_follows(s3: Any, west: str) -> None:
    assert s3.get_object(Bucket=west, Key="k")["Body"].read() == b"western"
    assert s3.list_objects_v2(Bucket=west)["KeyCount"] == 1


def test_where_a_bucket_is_anybody_is_told(endpoint: str | None, s3: Any, west: str) -> None:
    assert s3.get_bucket_location(Bucket=west)["LocationConstraint"] == "eu-west-1"
    status, headers, _ = send(endpoint, "HEAD", f"/{west}", None)
    assert (status, headers["x-amz-bucket-region"]) == (403, "eu-west-1")
    status, headers, _ = send(endpoint, "HEAD", f"/no-bucket-{uuid.uuid4().hex}", None)
    assert status == 404 and "x-amz-bucket-region" not in headers


def test_a_copy_comes_from_any_region(s3: Any, bucket: str, west: str) -> None:
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{west}/k")
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"western"


def test_objects_say_how_long_they_are(endpoint: str | None, bucket: str) -> None:
    """Chunks of HTTP alone do not; those that are S3's own do (test_objects.py)."""
    chunked = {"Transfer-Encoding": "chunked"}
    for path in (f"/{bucket}/k", f"/{bucket}/k?partNumber=1&uploadId=u"):
        status, _, body = send(endpoint, "PUT", path, headers=chunked, chunks=[b"a", b"b"])
        assert status == 501 and "<Code>NotImplemented</Code>" in body
        assert "<Header>Transfer-Encoding</Header>" in body
    coded = {**chunked, "Content-Encoding": "aws-chunked"}
    status, _, body = send(
        endpoint, "PUT", f"/{bucket}/k", headers=coded, chunks=[b"1\r\na\r\n0\r\n\r\n"]
    )
    assert status == 411 and "<Code>MissingContentLength</Code>" in body
