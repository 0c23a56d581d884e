"""CreateBucket, HeadBucket, ListBuckets, GetBucketLocation, DeleteBucket."""

from __future__ import annotations

import uuid
from typing import Any

import pytest


def test_a_bucket_is_made_found_listed_and_deleted(s3: Any, refused: Any) -> None:
    name = f"jedlik-test-{uuid.uuid4().hex}"
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert name in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.delete_bucket(Bucket=name)
    with refused("404", 404):
        s3.head_bucket(Bucket=name)
    with refused("NoSuchBucket", 404) as error:
        s3.list_objects_v2(Bucket=name)
    assert error.message == "The specified bucket does not exist"
    assert error.response["Error"]["BucketName"] == name


def test_making_ones_bucket_again_is_no_mistake_in_us_east_1(s3: Any, bucket: str) -> None:
    s3.create_bucket(Bucket=bucket)


def test_elsewhere_it_is_one_and_regions_must_agree(make_client: Any, refused: Any) -> None:
    name = f"jedlik-test-{uuid.uuid4().hex}"
    west = make_client("s3", region_name="eu-west-1")
    with refused("IllegalLocationConstraintException", 400):
        west.create_bucket(Bucket=name)
    there = {"LocationConstraint": "eu-west-1"}
    west.create_bucket(Bucket=name, CreateBucketConfiguration=there)
    assert west.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    assert west.head_bucket(Bucket=name)["BucketRegion"] == "eu-west-1"
    with refused("BucketAlreadyOwnedByYou", 409):
        west.create_bucket(Bucket=name, CreateBucketConfiguration=there)
    west.delete_bucket(Bucket=name)


@pytest.mark.parametrize("name", ["Abc", "a_b.c", "10.0.0.1", "a..b", "xn--abc", "abc-s3alias"])
def test_names_that_no_bucket_can_have(s3: Any, refused: Any, name: str) -> None:
    with refused("InvalidBucketName", 400):
        s3.create_bucket(Bucket=name)


def test_a_bucket_with_anything_in_it_stays(s3: Any, bucket: str, refused: Any) -> None:
    s3.put_object(Bucket=bucket, Key="a")
    with refused("BucketNotEmpty", 409) as error:
        s3.delete_bucket(Bucket=bucket)
    assert error.message == "The bucket you tried to delete is not empty"
    s3.delete_object(Bucket=bucket, Key="a")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="b")["UploadId"]
    s3.delete_bucket(Bucket=bucket)  # an upload that goes on does not keep it
    with refused("NoSuchBucket", 404):
        s3.list_parts(Bucket=bucket, Key="b", UploadId=upload)
    s3.create_bucket(Bucket=bucket)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_a_bucket_of_another_owner_is_not_the_one_expected(
    s3: Any, bucket: str, refused: Any
) -> None:
    with refused("403", 403):
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner="999999999999")
