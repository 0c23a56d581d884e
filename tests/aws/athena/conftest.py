"""A client, a bucket and a database; `query` runs a statement to its end."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

QUERY_S_MAX = 120


class Answer:
    """What came of a query."""

    def __init__(self, athena: Any, execution: dict[str, Any]) -> None:
        self._athena = athena
        self.execution = execution

    @property
    def id(self) -> str:
        return str(self.execution["QueryExecutionId"])

    @property
    def state(self) -> str:
        return str(self.execution["Status"]["State"])

    @property
    def reason(self) -> str:
        return str(self.execution["Status"].get("StateChangeReason", ""))

    @property
    def location(self) -> str:
        return str(self.execution["ResultConfiguration"]["OutputLocation"])

    @property
    def columns(self) -> list[tuple[str, str]]:
        found = self._athena.get_query_results(QueryExecutionId=self.id)
        told = found["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        return [(each["Name"], each["Type"]) for each in told]

    @property
    def all_rows(self) -> list[list[str | None]]:
        """Every row of the first page, the names of columns included."""
        found = self._athena.get_query_results(QueryExecutionId=self.id)
        return [
            [each.get("VarCharValue") for each in row["Data"]] for row in found["ResultSet"]["Rows"]
        ]

    @property
    def rows(self) -> list[list[str | None]]:
        """Of a SELECT: without the names."""
        return self.all_rows[1:]


@pytest.fixture(scope="session")
def athena(make_client: Callable[..., Any], target: str) -> Any:
    if target == "dynamodb-local":
        pytest.skip("DynamoDB Local has no Athena")
    return make_client("athena")


@pytest.fixture(scope="session")
def s3(make_client: Callable[..., Any]) -> Any:
    return make_client("s3")


@pytest.fixture(scope="session")
def glue(make_client: Callable[..., Any]) -> Any:
    return make_client("glue")


@pytest.fixture(scope="session")
def bucket(s3: Any) -> str:
    name = f"jedlik-test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def database(glue: Any) -> str:
    name = f"db_{uuid.uuid4().hex}"
    glue.create_database(DatabaseInput={"Name": name})
    return name


@pytest.fixture
def query(athena: Any, bucket: str, database: str) -> Callable[..., Answer]:
    """query(sql, **StartQueryExecution parameters) -> Answer, of one that succeeded; with
    `fails=True` of one that did not."""

    def run(sql: str, *, fails: bool = False, **parameters: Any) -> Answer:
        parameters.setdefault("QueryExecutionContext", {"Database": database})
        parameters.setdefault("ResultConfiguration", {"OutputLocation": f"s3://{bucket}/results/"})
        started = athena.start_query_execution(QueryString=sql, **parameters)
        answer = Answer(athena, finished(athena, started["QueryExecutionId"]))
        assert answer.state == ("FAILED" if fails else "SUCCEEDED"), answer.reason
        return answer

    return run


def finished(athena: Any, query_id: str) -> dict[str, Any]:
    """The execution, once it is done."""
    deadline = time.monotonic() + QUERY_S_MAX
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return dict(execution)
        assert time.monotonic() < deadline, "the query does not end"
        time.sleep(0.02)
