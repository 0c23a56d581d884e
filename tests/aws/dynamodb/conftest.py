"""Fixtures of the DynamoDB tests: ask an operation by name, and see exactly how it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Ask = Callable[..., dict[str, Any]]
Refusal = Callable[..., tuple[str, str]]


@pytest.fixture(scope="session")
def ask(make_client: Callable[..., Any], client_settings: dict[str, Any]) -> Ask:
    """ask("GetItem", TableName=…): the answer; boto3 lets through what it would refuse itself."""
    from botocore import xform_name
    from botocore.config import Config

    config = client_settings.get("config", Config()).merge(Config(parameter_validation=False))
    client = make_client("dynamodb", config=config)

    def call(operation: str, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        del answer["ResponseMetadata"]
        return answer

    return call


@pytest.fixture(scope="session")
def refusal(ask: Ask) -> Refusal:
    """refusal("GetItem", TableName=…): the error's code and text; fails where it is accepted."""
    from botocore.exceptions import ClientError

    def call(operation: str, **parameters: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as refused:
            ask(operation, **parameters)
        error = refused.value.response["Error"]
        return error["Code"], error["Message"]

    return call


@pytest.fixture
def invalid(refusal: Refusal) -> Callable[..., str]:
    """invalid("GetItem", TableName=…): the text of a ValidationException."""

    def call(operation: str, **parameters: Any) -> str:
        code, message = refusal(operation, **parameters)
        assert code == "ValidationException", f"{code}: {message}"
        return message

    return call


@pytest.fixture
def indexed_table(make_table: Callable[..., str]) -> str:
    """pk:S sk:N with the local index `by_l` (l:S, keys only) and the global indexes `by_g` (g:S
    gs:N, keys only), `by_g_all` (g:S, everything) and `by_g_some` (g:S, includes `kept`)."""
    part = [{"AttributeName": "pk", "KeyType": "HASH"}]
    by_g = [{"AttributeName": "g", "KeyType": "HASH"}]
    keys_only = {"ProjectionType": "KEYS_ONLY"}
    return make_table(
        keys="pk:S sk:N",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in (("g", "S"), ("gs", "N"), ("l", "S"))
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by_l",
                "KeySchema": [*part, {"AttributeName": "l", "KeyType": "RANGE"}],
                "Projection": keys_only,
            }
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_g",
                "KeySchema": [*by_g, {"AttributeName": "gs", "KeyType": "RANGE"}],
                "Projection": keys_only,
            },
            {
                "IndexName": "by_g_all",
                "KeySchema": by_g,
                "Projection": {"ProjectionType": "ALL"},
            },
            {
                "IndexName": "by_g_some",
                "KeySchema": by_g,
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["kept"]},
            },
        ],
    )
