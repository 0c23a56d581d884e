"""Bodies that nest deeper than anything may: refused, wherever the depth is found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.raw import Raw

TOO_DEEP = "Nesting Levels have exceeded supported limits"


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "a"}
    for level in range(levels):
        value = {"L": [value]} if level % 2 else {"M": {"a": value}}
    return value


def requests(value: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Ways in for an attribute value; transactions with a token write what they were asked."""
    put = {"TableName": "deep", "Item": {"pk": {"S": "a"}, "d": value}}
    statement = {"Statement": "SELECT * FROM deep WHERE pk = ?", "Parameters": [value]}
    return [
        ("PutItem", put),
        ("GetItem", {"TableName": "deep", "Key": {"pk": value}}),
        ("Scan", {"TableName": "deep", "ExclusiveStartKey": {"pk": value}}),
        ("ExecuteStatement", statement),
        ("TransactWriteItems", {"ClientRequestToken": "t", "TransactItems": [{"Put": put}]}),
        (
            "ExecuteTransaction",
            {"ClientRequestToken": "t", "TransactStatements": [statement]},
        ),
    ]


@pytest.mark.parametrize("levels", [32, 100])
def test_values_nest_too_deep(endpoint: str, levels: int) -> None:
    raw = Raw(endpoint)
    for operation, body in requests(nested(levels)):
        answer = raw.call(operation, body)
        assert (answer.status, answer.error) == (400, "ValidationException"), operation
        assert TOO_DEEP in str(answer.message), operation


@pytest.mark.parametrize("levels", [200, 300, 600, 1000])
def test_members_that_nobody_knows_may_nest(endpoint: str, table: str, levels: int) -> None:
    """They are left out, however often such a body comes: its form is looked for at the second."""
    raw = Raw(endpoint)
    key = f'{{"TableName":"{table}","Key":{{"pk":{{"S":"a"}}}}'
    update = ',"UpdateExpression":"SET c = :c","ExpressionAttributeValues":{":c":{"S":"x"}}'
    extra = f',"Extra":{"[" * levels}{"]" * levels}}}'
    for operation, body in (
        ("PutItem", key.replace("Key", "Item") + extra),
        ("UpdateItem", key + update + extra),
        ("GetItem", key + extra),
    ):
        for _ in range(8):
            assert raw.once(operation, body.encode()).status == 200, operation


@pytest.mark.parametrize("levels", [130, 200, 300])
def test_values_nest_beyond_what_is_read(endpoint: str, levels: int) -> None:
    raw = Raw(endpoint)
    for operation, body in requests(nested(levels)):
        answer = raw.call(operation, body)
        assert (answer.status, answer.error) == (400, "SerializationException"), operation
