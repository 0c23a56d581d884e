"""Kinesis in CBOR (application/x-amz-cbor-1.1), as AWS's Java clients speak it."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from jedlik.wire.cbor import decode, encode
from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY

CBOR = "application/x-amz-cbor-1.1"


def call(endpoint: str, operation: str, **members: Any) -> tuple[int, Any]:
    headers = {"X-Amz-Target": f"Kinesis_20131202.{operation}", "Content-Type": CBOR}
    request = AWSRequest("POST", endpoint + "/", headers=headers, data=encode(members))
    SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "kinesis", REGION).add_auth(request)
    connection = HTTPConnection(urlsplit(endpoint).netloc, timeout=20)
    connection.request("POST", "/", request.body, dict(request.headers))
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == CBOR
    body = answer.read()
    connection.close()
    return answer.status, decode(body) if body else {}


def test_blobs_and_times(endpoint: str, stream: str) -> None:
    status, put = call(endpoint, "PutRecord", StreamName=stream, PartitionKey="k", Data=b"\0\xff")
    assert status == 200
    place = {"StreamName": stream, "ShardId": put["ShardId"]}
    status, found = call(
        endpoint, "GetShardIterator", **place, ShardIteratorType="AT_TIMESTAMP",
        Timestamp=int(time.time() * 1000) - 60_000,
    )  # fmt: skip
    assert status == 200, found
    _, answer = call(endpoint, "GetRecords", ShardIterator=found["ShardIterator"])
    (record,) = answer["Records"]
    assert record["Data"] == b"\0\xff"
    assert abs(record["ApproximateArrivalTimestamp"] - time.time() * 1000) < 60_000
    assert record["SequenceNumber"] == put["SequenceNumber"]


def test_refusals(endpoint: str) -> None:
    status, told = call(endpoint, "DescribeStreamSummary", StreamName="none")
    assert status == 400
    assert told["__type"].endswith("ResourceNotFoundException")
