"""Fixtures of the stream tests: tables with a stream, and asking by an operation's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

NO_SHARD = "shardId-00000000000000000000-00000000"


@pytest.fixture(scope="session")
def ask(make_client: Callable[..., Any], client_settings: dict[str, Any]) -> Callable[..., Any]:
    """ask("GetRecords", ShardIterator=…): the answer; boto3 lets through what it would refuse."""
    from botocore import xform_name
    from botocore.config import Config

    config = client_settings.get("config", Config()).merge(Config(parameter_validation=False))
    client = make_client("dynamodbstreams", config=config)

    def call(operation: str, **parameters: Any) -> Any:
        answer = getattr(client, xform_name(operation))(**parameters)
        del answer["ResponseMetadata"]
        return answer

    return call


@pytest.fixture(scope="session")
def refusal(ask: Callable[..., Any]) -> Callable[..., tuple[str, str]]:
    """refusal("GetRecords", ShardIterator=…): the error's code and text."""
    from botocore.exceptions import ClientError

    def call(operation: str, **parameters: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as refused:
            ask(operation, **parameters)
        error = refused.value.response["Error"]
        return error["Code"], error["Message"]

    return call


@pytest.fixture
def make_stream(make_table: Callable[..., str], dynamodb: Any) -> Callable[..., tuple[str, str]]:
    """make_stream(view): a new table with a stream, and the stream's ARN."""

    def make(view: str = "NEW_AND_OLD_IMAGES", **parameters: Any) -> tuple[str, str]:
        name = make_table(
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view}, **parameters
        )
        return name, dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]

    return make


@pytest.fixture
def shards(ask: Callable[..., Any]) -> Callable[[str], list[dict[str, Any]]]:
    """shards(arn): the shards of a stream."""
    return lambda arn: ask("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]


@pytest.fixture
def records(ask: Callable[..., Any], shards: Callable[..., Any]) -> Callable[[str], list[Any]]:
    """records(arn): all records of a stream, shard by shard."""

    def read(arn: str) -> list[Any]:
        found: list[Any] = []
        for shard in shards(arn):
            iterator = ask(
                "GetShardIterator",
                StreamArn=arn,
                ShardId=shard["ShardId"],
                ShardIteratorType="TRIM_HORIZON",
            )["ShardIterator"]
            while iterator:
                answer = ask("GetRecords", ShardIterator=iterator)
                found += answer["Records"]
                iterator = answer.get("NextShardIterator") if answer["Records"] else None
        return found

    return read


@pytest.fixture
def busy_shard(
    make_stream: Callable[..., tuple[str, str]], dynamodb: Any, ask: Any, shards: Any
) -> tuple[str, str, list[str]]:
    """A stream, its only shard with records, and their three sequence numbers."""
    name, arn = make_stream()
    for number in range(3):
        dynamodb.put_item(TableName=name, Item={"pk": {"S": "a"}, "n": {"N": str(number)}})
    for shard in shards(arn):
        found = ask(
            "GetRecords",
            ShardIterator=ask(
                "GetShardIterator",
                StreamArn=arn,
                ShardId=shard["ShardId"],
                ShardIteratorType="TRIM_HORIZON",
            )["ShardIterator"],
        )["Records"]
        if found:
            numbers = [record["dynamodb"]["SequenceNumber"] for record in found]
            assert len(numbers) == 3
            return arn, shard["ShardId"], numbers
    raise AssertionError("no shard has the records")
