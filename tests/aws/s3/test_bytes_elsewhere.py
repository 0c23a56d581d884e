"""Object bytes in an S3-compatible store (`--blobs s3://…`): another Jedlik's S3 is one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ACCESS_KEY, SECRET_KEY
from tests.support.server import Server

KEYS = {"JEDLIK_BLOBS_ACCESS_KEY_ID": ACCESS_KEY, "JEDLIK_BLOBS_SECRET_ACCESS_KEY": SECRET_KEY}


@pytest.fixture(scope="module")
def keeper() -> Iterator[Server]:
    """The store of the bytes."""
    with Server() as server:
        server.client("s3").create_bucket(Bucket="bytes")
        yield server


@pytest.fixture(scope="module")
def server(keeper: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("data")
    url = f"s3://bytes/of/objects?endpoint={keeper.endpoint}"
    with Server("--data", str(folder), "--blobs", url, environment=KEYS) as server:
        server.client("s3").create_bucket(Bucket="bucket")
        yield server


def kept(keeper: Server) -> list[str]:
    listed = keeper.client("s3").list_objects_v2(Bucket="bytes", Prefix="of/objects/")
    return [each["Key"] for each in listed.get("Contents", ())]


@pytest.mark.parametrize("size", [0, 1, 300_000, (20 << 20) + 7])
def test_bytes_go_there_and_come_back(server: Server, keeper: Server, size: int) -> None:
    s3, body = server.client("s3"), os.urandom(size)
    before = len(kept(keeper))
    s3.put_object(Bucket="bucket", Key="key", Body=body)
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == body
    assert len(kept(keeper)) == before + (size > 0)
    if size > 10:
        part = s3.get_object(Bucket="bucket", Key="key", Range=f"bytes=5-{size - 3}")
        assert part["Body"].read() == body[5:-2]
    s3.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/key")
    s3.delete_object(Bucket="bucket", Key="key")
    assert s3.get_object(Bucket="bucket", Key="copy")["Body"].read() == body
    s3.delete_object(Bucket="bucket", Key="copy")
    assert len(kept(keeper)) == before


def test_a_store_that_is_away_is_told_of_and_nothing_is_half_there(tmp_path: Any) -> None:
    with Server() as away:
        url = f"s3://bytes?endpoint={away.endpoint}"
    with Server("--data", str(tmp_path), "--blobs", url, environment=KEYS) as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bucket")
        with pytest.raises(ClientError) as refused:
            s3.put_object(Bucket="bucket", Key="key", Body=b"x")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert "Contents" not in s3.list_objects_v2(Bucket="bucket")


def test_without_keys_it_does_not_start(tmp_path: Any) -> None:
    with pytest.raises(RuntimeError, match="JEDLIK_BLOBS_ACCESS_KEY_ID"):
        Server("--data", str(tmp_path), "--blobs", "s3://bytes").start()
