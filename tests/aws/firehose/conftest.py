"""Delivery streams for the tests of Firehose."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.aws.kinesis.conftest import settled

WAIT_S_MAX = 90
ROLE = "arn:aws:iam::000000000000:role/firehose"
AT_ONCE = {"SizeInMBs": 1, "IntervalInSeconds": 0}


@pytest.fixture(scope="session")
def firehose(make_client: Callable[..., Any], target: str) -> Any:
    if target == "dynamodb-local":
        pytest.skip("DynamoDB Local has no Firehose")
    return make_client("firehose")


@pytest.fixture(scope="session")
def s3(make_client: Callable[..., Any]) -> Any:
    return make_client("s3")


@pytest.fixture
def bucket(s3: Any, new_name: Callable[[], str]) -> str:
    name = bucket_name(new_name)
    s3.create_bucket(Bucket=name)
    return name


def bucket_name(new_name: Callable[[], str]) -> str:
    return f"firehose-{new_name()[-12:]}"


def to(bucket: str, **more: Any) -> dict[str, Any]:
    """A destination that delivers at once."""
    return {
        "RoleARN": ROLE,
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "BufferingHints": AT_ONCE,
        **more,
    }


@pytest.fixture
def make_stream(firehose: Any, new_name: Callable[[], str]) -> Iterator[Callable[..., str]]:
    """make_stream(bucket, Prefix=…) -> name of an ACTIVE delivery stream."""
    made: list[str] = []

    def make(bucket: str, *, parameters: dict[str, Any] | None = None, **destination: Any) -> str:
        name = f"s-{new_name()[-12:]}"
        firehose.create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration=to(bucket, **destination),
            **(parameters or {}),
        )
        made.append(name)
        active(firehose, name)
        return name

    yield make
    for name in made:
        try:
            firehose.delete_delivery_stream(DeliveryStreamName=name)
        except firehose.exceptions.ResourceNotFoundException:
            continue


@pytest.fixture(scope="session")
def kinesis(make_client: Callable[..., Any]) -> Any:
    return make_client("kinesis")


@pytest.fixture
def make_source(
    kinesis: Any, new_name: Callable[[], str]
) -> Iterator[Callable[[int], tuple[str, str]]]:
    """make_source(shards) -> name and ARN of an ACTIVE Kinesis stream."""
    made: list[str] = []

    def make(shards: int) -> tuple[str, str]:
        name = f"source-{new_name()[-12:]}"
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        made.append(name)
        return name, str(settled(kinesis, name)["StreamARN"])

    yield make
    for name in made:
        kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


def reading(arn: str) -> dict[str, Any]:
    """The parameters of a delivery stream that reads a Kinesis stream."""
    return {
        "DeliveryStreamType": "KinesisStreamAsSource",
        "KinesisStreamSourceConfiguration": {"KinesisStreamARN": arn, "RoleARN": ROLE},
    }


def described(firehose: Any, name: str) -> dict[str, Any]:
    found = firehose.describe_delivery_stream(DeliveryStreamName=name)
    return dict(found["DeliveryStreamDescription"])


def active(firehose: Any, name: str) -> dict[str, Any]:
    return until(
        lambda: described(firehose, name), lambda found: found["DeliveryStreamStatus"] == "ACTIVE"
    )


def put(firehose: Any, name: str, *datas: bytes) -> None:
    answer = firehose.put_record_batch(
        DeliveryStreamName=name, Records=[{"Data": each} for each in datas]
    )
    assert answer["FailedPutCount"] == 0


def objects(s3: Any, bucket: str, prefix: str = "") -> dict[str, bytes]:
    """The objects of a bucket."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def delivered(s3: Any, bucket: str, size: int, prefix: str = "") -> dict[str, bytes]:
    """The objects, as soon as they have so many bytes together."""
    return until(
        lambda: objects(s3, bucket, prefix),
        lambda found: sum(map(len, found.values())) >= size,
    )


def until(look: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    """What `look` finds, once it is good."""
    deadline = time.monotonic() + WAIT_S_MAX
    while True:
        found = look()
        if good(found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
