"""A client, and buckets that are emptied and deleted where that matters (on AWS)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="session")
def s3(make_client: Callable[..., Any], target: str) -> Any:
    if target == "dynamodb-local":
        pytest.skip("DynamoDB Local has no S3")
    return make_client("s3")


@pytest.fixture
def bucket(s3: Any, target: str) -> Iterator[str]:
    name = f"jedlik-test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    yield name
    if target == "aws":
        s3.delete_bucket(Bucket=name)


@pytest.fixture
def versioned(s3: Any, bucket: str) -> str:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


class Refused:
    """`with refused("NoSuchKey", 404) as error:` the block must raise this ClientError."""

    def __init__(self, code: str, status: int | None = None) -> None:
        self.code, self.status = code, status

    def __enter__(self) -> Refused:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        assert isinstance(error, ClientError), f"{self.code} expected, not {error!r}"
        self.response = error.response
        assert error.response["Error"]["Code"] == self.code, error.response
        if self.status is not None:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == self.status
        self.message = error.response["Error"].get("Message")
        return True


@pytest.fixture
def refused() -> Callable[..., Refused]:
    return Refused
