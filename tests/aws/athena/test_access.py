"""Queries are judged by the policies of whoever asks: the API, the catalog, and each object."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.athena.conftest import Answer, finished
from tests.support.people import fresh, iam, keys_of, user

__all__ = ["fresh", "iam", "keys_of", "user"]


@pytest.fixture
def allowed(
    iam: Any, user: str, keys_of: Any, make_client: Callable[..., Any]
) -> Callable[..., Any]:
    """allowed(statement, …): an Athena client of a user with these statements for a policy."""
    keys = keys_of(user)

    def make(*statements: dict[str, Any]) -> Any:
        iam.put_user_policy(
            UserName=user,
            PolicyName="only",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}),
        )
        return make_client("athena", **keys)

    return make


def allow(*actions: str, on: Any = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


def test_objects_are_read_as_the_caller(
    allowed: Any, s3: Any, query: Any, bucket: str, database: str
) -> None:
    for name in ("open", "secret"):
        s3.put_object(Bucket=bucket, Key=f"{database}/{name}/a", Body=b"x\n")
        query(
            f"CREATE EXTERNAL TABLE {name} (a string) LOCATION 's3://{bucket}/{database}/{name}/'"
        )
    everything = allow("athena:*", "glue:*", "s3:ListBucket", "s3:PutObject")
    some = allow("s3:GetObject", on=[f"arn:aws:s3:::{bucket}/{database}/open/*"])
    results = allow("s3:GetObject", on=[f"arn:aws:s3:::{bucket}/results/*"])

    def ask(client: Any, sql: str) -> dict[str, Any]:
        started = client.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": database},
            ResultConfiguration={"OutputLocation": f"s3://{bucket}/results/"},
        )
        return finished(client, started["QueryExecutionId"])

    client = allowed(everything, some, results)
    told = ask(client, "SELECT a FROM open")
    assert told["Status"]["State"] == "SUCCEEDED", told["Status"]
    assert Answer(client, told).rows == [["x"]]
    told = ask(client, "SELECT a FROM secret")
    assert told["Status"]["StateChangeReason"] == (
        f"Permission denied on S3 path: s3://{bucket}/{database}/secret/a"
    )
    called = {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}
    told = ask(allowed(everything, {**some, "Condition": called}, results), "SELECT a FROM open")
    assert told["Status"]["State"] == "SUCCEEDED", told["Status"]
    client = allowed(everything, some)
    told = ask(client, "SELECT a FROM open")
    with pytest.raises(ClientError) as error:
        client.get_query_results(QueryExecutionId=told["QueryExecutionId"])
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    no_tables = {"Effect": "Deny", "Action": "glue:GetTable", "Resource": "*"}
    told = ask(allowed(everything, some, no_tables), "SELECT a FROM open")
    assert "is not authorized to perform: glue:GetTable" in told["Status"]["StateChangeReason"]


def test_work_groups_are_what_policies_name(allowed: Any, athena: Any, bucket: str) -> None:
    group = "arn:aws:athena:us-east-1:000000000000:workgroup/{}"
    client = allowed(allow("athena:GetWorkGroup", on=group.format("primary")))
    assert client.get_work_group(WorkGroup="primary")["WorkGroup"]["Name"] == "primary"
    with pytest.raises(ClientError) as error:
        client.start_query_execution(
            QueryString="SELECT 1", ResultConfiguration={"OutputLocation": f"s3://{bucket}/"}
        )
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "athena:StartQueryExecution" in error.value.response["Error"]["Message"]
