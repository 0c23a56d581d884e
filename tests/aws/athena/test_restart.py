"""What a server that ends leaves of its queries, and one without the extra."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.aws.athena.conftest import finished
from tests.aws.athena.test_queries import ENDLESS
from tests.support.server import Server


@pytest.fixture(autouse=True)
def only_here(target: str) -> None:
    if target != "jedlik":
        pytest.skip("servers of our own")


def test_a_query_ends_with_its_server() -> None:
    with tempfile.TemporaryDirectory(prefix="jedlik-athena-") as folder:
        with Server("--data", folder) as server:
            server.client("s3").create_bucket(Bucket="results")
            results = {"OutputLocation": "s3://results/"}
            athena = server.client("athena")
            done = athena.start_query_execution(
                QueryString="SELECT 1 AS one", ResultConfiguration=results
            )["QueryExecutionId"]
            assert finished(athena, done)["Status"]["State"] == "SUCCEEDED"
            started = athena.start_query_execution(
                QueryString=ENDLESS, ResultConfiguration=results
            )["QueryExecutionId"]
        with Server("--data", folder) as server:
            athena = server.client("athena")
            status = finished(athena, started)["Status"]
            assert status["State"] == "FAILED"
            assert "the process that ran the query has ended" in status["StateChangeReason"]
            rows = athena.get_query_results(QueryExecutionId=done)["ResultSet"]["Rows"]
            assert [row["Data"][0]["VarCharValue"] for row in rows] == ["one", "1"]
            again = athena.start_query_execution(
                QueryString="SELECT 2", ResultConfiguration=results
            )["QueryExecutionId"]
            assert finished(athena, again)["Status"]["State"] == "SUCCEEDED"
            assert not list(Path(folder, "objects", "work").glob("athena-*"))


def test_without_the_extra_a_query_tells_what_to_install(tmp_path: Path) -> None:
    # A finder that knows no DuckDB, before all others.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nreal = u.find_spec\n"
        "u.find_spec = lambda name, package=None: "
        "None if name == 'duckdb' else real(name, package)\n"
    )
    with Server("--memory", environment={"PYTHONPATH": str(tmp_path)}) as server:
        with pytest.raises(ClientError) as error:
            server.client("athena").start_query_execution(
                QueryString="SELECT 1", ResultConfiguration={"OutputLocation": "s3://results/"}
            )
    told = error.value.response["Error"]
    assert told["Code"] == "InvalidRequestException"
    assert told["Message"].endswith("pip install 'jedlik[athena]'")
