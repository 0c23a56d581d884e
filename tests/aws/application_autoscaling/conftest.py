"""Fixtures of Application Auto Scaling's tests: a client, tables with provisioned capacity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def scaling(make_client: Callable[..., Any], client_settings: dict[str, Any]) -> Any:
    """A boto3 client that lets through what it would refuse itself."""
    from botocore.config import Config

    config = client_settings.get("config", Config()).merge(Config(parameter_validation=False))
    return make_client("application-autoscaling", config=config)


@pytest.fixture(scope="session")
def cloudwatch(make_client: Callable[..., Any]) -> Any:
    return make_client("cloudwatch")


@pytest.fixture
def provisioned(make_table: Callable[..., str]) -> str:
    """A table with five units each way, and a global index with four."""
    four = {"ReadCapacityUnits": 4, "WriteCapacityUnits": 4}
    return make_table(
        AttributeDefinitions=[{"AttributeName": "other", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-other",
                "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": four,
            }
        ],
    )


def reads(table: str) -> dict[str, str]:
    """The read capacity of a table, as requests name it."""
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{table}",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
