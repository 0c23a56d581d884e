"""The AWS command line, as the quick start uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY

AWS = Path(sys.executable).with_name("aws")
COMMAND_S_MAX = 60


@pytest.fixture
def aws(endpoint: str | None, target: str) -> Callable[..., Any]:
    """aws("list-tables", …): the command's JSON output; raises CalledProcessError."""
    environment = dict(os.environ)
    if target != "aws":
        environment |= {
            "AWS_ENDPOINT_URL": str(endpoint),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_MAX_ATTEMPTS": "1",
        }

    def run(*arguments: str) -> Any:
        done = subprocess.run(
            [str(AWS), "dynamodb", *arguments, "--output", "json"],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_S_MAX,
        )
        if done.returncode:
            raise subprocess.CalledProcessError(
                done.returncode, done.args, done.stdout, done.stderr
            )
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def test_a_table_from_birth_to_death(
    aws: Callable[..., Any], table_name: str, tmp_path: Path
) -> None:
    made = aws(
        "create-table",
        "--table-name", table_name,
        "--attribute-definitions", "AttributeName=Artist,AttributeType=S",
        "AttributeName=Song,AttributeType=S",
        "--key-schema", "AttributeName=Artist,KeyType=HASH", "AttributeName=Song,KeyType=RANGE",
        "--billing-mode", "PAY_PER_REQUEST",
    )  # fmt: skip
    assert made["TableDescription"]["TableName"] == table_name
    aws("wait", "table-exists", "--table-name", table_name)
    song = {"Artist": {"S": "A"}, "Song": {"S": "1"}, "Plays": {"N": "3"}}
    aws("put-item", "--table-name", table_name, "--item", json.dumps(song))
    batch = tmp_path / "batch.json"
    more = [
        {"PutRequest": {"Item": {"Artist": {"S": "A"}, "Song": {"S": str(n)}}}} for n in range(2, 8)
    ]
    batch.write_text(json.dumps({table_name: more}))
    aws("batch-write-item", "--request-items", f"file://{batch}")
    key = json.dumps({"Artist": {"S": "A"}, "Song": {"S": "1"}})
    assert aws("get-item", "--table-name", table_name, "--key", key, "--consistent-read") == {
        "Item": song
    }
    updated = aws(
        "update-item", "--table-name", table_name, "--key", key,
        "--update-expression", "ADD Plays :one",
        "--expression-attribute-values", '{":one": {"N": "1"}}', "--return-values", "UPDATED_NEW",
    )  # fmt: skip
    assert updated == {"Attributes": {"Plays": {"N": "4"}}}
    found = aws(
        "query", "--table-name", table_name,
        "--key-condition-expression", "Artist = :a AND Song BETWEEN :from AND :to",
        "--expression-attribute-values",
        '{":a": {"S": "A"}, ":from": {"S": "2"}, ":to": {"S": "5"}}', "--page-size", "2",
    )  # fmt: skip
    assert [item["Song"]["S"] for item in found["Items"]] == ["2", "3", "4", "5"]
    first = aws("scan", "--table-name", table_name, "--max-items", "3")
    rest = aws("scan", "--table-name", table_name, "--starting-token", first["NextToken"])
    assert len(first["Items"]) + len(rest["Items"]) == 7
    statement = f"SELECT Song FROM \"{table_name}\" WHERE Artist = 'A' AND Song = '1'"
    assert aws("execute-statement", "--statement", statement)["Items"] == [{"Song": {"S": "1"}}]
    aws("transact-write-items", "--transact-items", json.dumps([
        {"Delete": {"TableName": table_name, "Key": json.loads(key)}},
        {"Put": {"TableName": table_name, "Item": {"Artist": {"S": "B"}, "Song": {"S": "1"}}}},
    ]))  # fmt: skip
    assert not aws("get-item", "--table-name", table_name, "--key", key)
    aws("delete-item", "--table-name", table_name, "--key",
        json.dumps({"Artist": {"S": "B"}, "Song": {"S": "1"}}))  # fmt: skip
    assert aws("scan", "--table-name", table_name, "--select", "COUNT")["Count"] == 6
    aws("delete-table", "--table-name", table_name)
    aws("wait", "table-not-exists", "--table-name", table_name)


def test_errors_are_printed_as_aws_prints_them(aws: Callable[..., Any], table_name: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        aws("get-item", "--table-name", table_name, "--key", '{"pk": {"S": "a"}}')
    assert (
        "An error occurred (ResourceNotFoundException) when calling the GetItem operation"
        in failed.value.stderr
    )
