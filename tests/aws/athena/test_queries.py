"""The life of a query: states, results in S3, pages, parameters, stopping, tokens, errors."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.athena.conftest import finished

ENDLESS = (
    "SELECT sum(a.x * b.x % 7) FROM unnest(sequence(1, 200000)) AS a(x) "
    "CROSS JOIN unnest(sequence(1, 200000)) AS b(x) CROSS JOIN unnest(sequence(1, 99)) AS c(x)"
)


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


def test_a_select_leaves_a_csv(athena: Any, s3: Any, bucket: str, query: Any) -> None:
    answer = query("SELECT 1 AS id, 'a\"b' AS text, CAST(null AS varchar) AS nothing, '' AS empty")
    assert answer.location == f"s3://{bucket}/results/{answer.id}.csv"
    assert answer.columns == [
        ("id", "integer"),
        ("text", "varchar"),
        ("nothing", "varchar"),
        ("empty", "varchar"),
    ]
    assert answer.all_rows == [
        ["id", "text", "nothing", "empty"],
        ["1", 'a"b', None, ""],
    ]
    body = s3.get_object(Bucket=bucket, Key=f"results/{answer.id}.csv")["Body"].read()
    assert body == b'"id","text","nothing","empty"\n"1","a""b",,""\n'
    s3.head_object(Bucket=bucket, Key=f"results/{answer.id}.csv.metadata")
    told = answer.execution
    assert (told["StatementType"], told["WorkGroup"]) == ("DML", "primary")
    assert told["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert told["Statistics"]["TotalExecutionTimeInMillis"] >= 0
    assert told["Statistics"]["DataScannedInBytes"] == 0
    assert told["Status"]["CompletionDateTime"] >= told["Status"]["SubmissionDateTime"]
    statistics = athena.get_query_runtime_statistics(QueryExecutionId=answer.id)
    rows = statistics["QueryRuntimeStatistics"]["Rows"]
    assert (rows["OutputRows"], rows["OutputBytes"]) == (1, len(body))
    s3.delete_object(Bucket=bucket, Key=f"results/{answer.id}.csv")
    assert refused(athena.get_query_results, QueryExecutionId=answer.id) == (
        "InvalidRequestException",
        "Could not find results",
    )


def test_results_come_in_pages(athena: Any, query: Any) -> None:
    answer = query(
        "SELECT n, 'line\nbreak, \"' AS t FROM unnest(sequence(1, 2500)) AS u(n) ORDER BY n"
    )
    pages = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=answer.id))
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]
    rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert [int(row[0]["VarCharValue"]) for row in rows[1:]] == list(range(1, 2501))
    assert {row[1]["VarCharValue"] for row in rows[1:]} == {'line\nbreak, "'}
    small = athena.get_query_results(QueryExecutionId=answer.id, MaxResults=2)
    assert len(small["ResultSet"]["Rows"]) == 2
    rest = athena.get_query_results(
        QueryExecutionId=answer.id, MaxResults=1, NextToken=small["NextToken"]
    )
    assert rest["ResultSet"]["Rows"][0]["Data"][0]["VarCharValue"] == "2"


def test_parameters(query: Any) -> None:
    answer = query("SELECT ? AS a, ? + 1 AS b", ExecutionParameters=["'it''s'", "5"])
    assert answer.rows == [["it's", "6"]]
    assert answer.execution["ExecutionParameters"] == ["'it''s'", "5"]
    few = query("SELECT ?, ?", ExecutionParameters=["1"], fails=True)
    assert few.reason == "Incorrect number of parameters: expected 2 but found 1"


def test_stopping(athena: Any, bucket: str, database: str) -> None:
    started = athena.start_query_execution(
        QueryString=ENDLESS,
        QueryExecutionContext={"Database": database},
        ResultConfiguration={"OutputLocation": f"s3://{bucket}/"},
    )["QueryExecutionId"]
    deadline = time.monotonic() + 60
    while True:
        told = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
        if told["Status"]["State"] == "RUNNING":
            break
        assert told["Status"]["State"] == "QUEUED"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert refused(athena.get_query_results, QueryExecutionId=started) == (
        "InvalidRequestException",
        "Query has not yet finished. Current state: RUNNING",
    )
    athena.stop_query_execution(QueryExecutionId=started)
    told = finished(athena, started)
    assert told["Status"]["State"] == "CANCELLED"
    athena.stop_query_execution(QueryExecutionId=started)  # harmless
    assert refused(athena.get_query_results, QueryExecutionId=started) == (
        "InvalidRequestException",
        "Query did not finish successfully. Final query state: CANCELLED",
    )


def test_a_client_token_begins_one_query(athena: Any, bucket: str) -> None:
    token = f"token-{uuid.uuid4().hex}"
    request = {
        "QueryString": "SHOW DATABASES",
        "ClientRequestToken": token,
        "ResultConfiguration": {"OutputLocation": f"s3://{bucket}/"},
    }
    first = athena.start_query_execution(**request)["QueryExecutionId"]
    assert athena.start_query_execution(**request)["QueryExecutionId"] == first
    other = {**request, "QueryString": "SHOW TABLES"}
    assert refused(athena.start_query_execution, **other) == (
        "InvalidRequestException",
        "Idempotent parameters do not match",
    )


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM missing", "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{}.missing'"),
        ("SELECT * FROM nowhere.t", "SCHEMA_NOT_FOUND: line 1:1: Schema 'nowhere' does not exist"),
        ("SELECT missing FROM (SELECT 1 a)", "COLUMN_NOT_FOUND: line 1:1: Column 'missing' cannot"),
        ("SELECT missing", "COLUMN_NOT_FOUND: line 1:1: Column 'missing' cannot be resolved"),
        ("SELECT 1 / (SELECT 0)", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT nofunction(1)", "FUNCTION_NOT_FOUND: line 1:1: Function 'nofunction' not"),
        ("SELECT cast('x' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast 'x' to"),
        ("DROP TABLE missing", "FAILED: SemanticException [Error 10001]: Table not found {}."),
    ],
)
def test_what_fails_tells_why(query: Any, database: str, sql: str, reason: str) -> None:
    answer = query(sql, fails=True)
    assert answer.reason.startswith(reason.format(database)), answer.reason
    told = answer.execution["Status"]["AthenaError"]
    assert (told["ErrorCategory"], told["ErrorMessage"]) == (2, answer.reason)


def test_what_is_refused_at_once(athena: Any, bucket: str) -> None:
    results = {"OutputLocation": f"s3://{bucket}/"}

    def start(sql: str, **parameters: Any) -> tuple[str, str]:
        given = {"ResultConfiguration": results, **parameters}
        return refused(athena.start_query_execution, QueryString=sql, **given)

    code, text = start("SELEC 1")
    assert (code, text[:40]) == (
        "InvalidRequestException",
        "line 1:1: mismatched input 'SELEC'. Expe",
    )
    assert start("SELECT 1; SELECT 2")[1].startswith("Only one sql statement is allowed.")
    assert start("SELECT 1", ResultConfiguration={})[1].startswith("No output location provided.")
    missing = {"OutputLocation": f"s3://missing-{uuid.uuid4().hex}/"}
    assert start("SELECT 1", ResultConfiguration=missing)[1].startswith(
        "Unable to verify/create output bucket missing-"
    )
    wrong = {"OutputLocation": "file:///tmp/"}
    assert start("SELECT 1", ResultConfiguration=wrong)[1].startswith(
        "The S3 location provided to save your query results is invalid."
    )
    assert start("SELECT 1", WorkGroup="missing")[1] == "WorkGroup missing is not found."
    unknown = str(uuid.uuid4())
    for call in (
        athena.get_query_execution,
        athena.get_query_results,
        athena.stop_query_execution,
    ):
        assert refused(call, QueryExecutionId=unknown) == (
            "InvalidRequestException",
            f"QueryExecution {unknown} was not found",
        )


def test_files_of_the_machine_cannot_be_reached(query: Any, tmp_path: Any) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    for sql in (
        f"SELECT * FROM '{secret}'",
        f'SELECT * FROM "{secret}"',
        f"SELECT * FROM read_csv('{secret}')",
        f"SELECT read_text('{secret}')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM pg_catalog.pg_tables",
    ):
        assert "NOT_FOUND" in query(sql, fails=True).reason


def test_lists_of_queries(athena: Any, query: Any, bucket: str) -> None:
    group = f"wg-{uuid.uuid4().hex}"
    athena.create_work_group(Name=group)
    ids = [query("SHOW DATABASES", WorkGroup=group).id for _ in range(3)]
    page = athena.list_query_executions(WorkGroup=group, MaxResults=2)
    rest = athena.list_query_executions(WorkGroup=group, NextToken=page["NextToken"])
    assert [*page["QueryExecutionIds"], *rest["QueryExecutionIds"]] == ids[::-1]
    assert "NextToken" not in rest
    none = athena.list_query_executions(WorkGroup=group, MaxResults=0)
    assert none["QueryExecutionIds"] == ids[::-1]
    unknown = str(uuid.uuid4())
    told = athena.batch_get_query_execution(QueryExecutionIds=[ids[0], unknown])
    assert [each["QueryExecutionId"] for each in told["QueryExecutions"]] == ids[:1]
    assert [each["QueryExecutionId"] for each in told["UnprocessedQueryExecutionIds"]] == [unknown]
