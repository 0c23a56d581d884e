"""Streams for the tests of Kinesis."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

WAIT_S_MAX = 60


@pytest.fixture(scope="session")
def kinesis(make_client: Callable[..., Any], target: str) -> Any:
    if target == "dynamodb-local":
        pytest.skip("DynamoDB Local has no Kinesis")
    return make_client("kinesis")


def settled(kinesis: Any, name: str) -> dict[str, Any]:
    """Wait until a stream is ACTIVE; its summary."""
    deadline = time.monotonic() + WAIT_S_MAX
    while True:
        found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        if found["StreamStatus"] == "ACTIVE":
            return dict(found)
        assert time.monotonic() < deadline, f"{name} is still {found['StreamStatus']}"
        time.sleep(0.02)


@pytest.fixture
def make_stream(kinesis: Any, new_name: Callable[[], str]) -> Iterator[Callable[..., str]]:
    """make_stream(ShardCount=2) -> name of an ACTIVE stream."""
    made: list[str] = []

    def make(**parameters: Any) -> str:
        name = parameters.setdefault("StreamName", new_name())
        if "StreamModeDetails" not in parameters:
            parameters.setdefault("ShardCount", 1)
        kinesis.create_stream(**parameters)
        made.append(name)
        settled(kinesis, name)
        return str(name)

    yield make
    for name in made:
        try:
            kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)
        except kinesis.exceptions.ResourceNotFoundException:
            continue


@pytest.fixture
def stream(make_stream: Callable[..., str]) -> str:
    """A stream of one shard."""
    return make_stream()


def iterator(kinesis: Any, name: str, shard: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
    answer = kinesis.get_shard_iterator(
        StreamName=name, ShardId=shard, ShardIteratorType=kind, **more
    )
    return str(answer["ShardIterator"])


def drain(kinesis: Any, place: str | None) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """All records up to the tip or the end of a shard; and the last answer."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + WAIT_S_MAX
    while True:
        assert time.monotonic() < deadline
        try:
            answer = kinesis.get_records(ShardIterator=place)
        except kinesis.exceptions.ProvisionedThroughputExceededException:
            time.sleep(0.25)
            continue
        found += answer["Records"]
        place = answer.get("NextShardIterator")
        if place is None or (answer["MillisBehindLatest"] == 0 and not answer["Records"]):
            return found, answer
