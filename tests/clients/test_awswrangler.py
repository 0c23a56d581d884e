"""awswrangler, unchanged: frames to Parquet and the catalog, queries to frames.

It brings pandas and pyarrow, so it is not among what every checkout installs: `make test` adds it
(requirements/wrangler.lock).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY

wr = pytest.importorskip("awswrangler", reason="run `make test`, which installs it")
pd = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def place(make_client: Callable[..., Any], target: str) -> tuple[str, str]:
    """A bucket and a database."""
    if target == "dynamodb-local":
        pytest.skip("DynamoDB Local has no Athena")
    name = f"wrangler-{uuid.uuid4().hex}"
    make_client("s3").create_bucket(Bucket=name)
    return name, f"wr_{uuid.uuid4().hex}"


@pytest.fixture(autouse=True)
def pointed(endpoint: str | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """boto3's and the library's settings, which point to the server under test."""
    import boto3

    if endpoint is not None:
        boto3.setup_default_session(
            aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=REGION
        )
        for service in ("s3", "athena", "glue", "sts"):
            monkeypatch.setattr(wr.config, f"{service}_endpoint_url", endpoint)
    yield
    boto3.DEFAULT_SESSION = None


def test_frames_come_and_go(place: tuple[str, str]) -> None:
    bucket, database = place
    wr.catalog.create_database(database)
    frame = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "name": ["a", None, "c"],
            "score": [1.5, 2.5, None],
            "at": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]),
            "year": [2023, 2024, 2024],
        }
    )
    written = wr.s3.to_parquet(
        df=frame,
        path=f"s3://{bucket}/frames/",
        dataset=True,
        database=database,
        table="frames",
        partition_cols=["year"],
    )
    assert len(written["paths"]) == 2
    assert wr.catalog.does_table_exist(database=database, table="frames")
    types = wr.catalog.get_table_types(database=database, table="frames")
    assert types == {
        "id": "bigint",
        "name": "string",
        "score": "double",
        "at": "timestamp",
        "year": "bigint",
    }
    read = wr.athena.read_sql_query(
        "SELECT id, name, score, at FROM frames WHERE year = :year ORDER BY id",
        params={"year": 2024},
        database=database,
        s3_output=f"s3://{bucket}/results/",
        ctas_approach=False,
    )
    assert read["id"].tolist() == [2, 3]
    assert read["name"].isna().tolist() == [True, False]
    assert read["at"].dt.day.tolist() == [2, 3]
    more = frame.assign(year=2025)
    wr.s3.to_parquet(
        df=more,
        path=f"s3://{bucket}/frames/",
        dataset=True,
        database=database,
        table="frames",
        partition_cols=["year"],
        mode="append",
    )
    counted = wr.athena.read_sql_query(
        "SELECT year, count(*) AS n FROM frames GROUP BY year ORDER BY year",
        database=database,
        s3_output=f"s3://{bucket}/results/",
        ctas_approach=False,
    )
    assert counted.values.tolist() == [[2023, 1], [2024, 2], [2025, 3]]
    partitions = wr.catalog.get_partitions(database=database, table="frames")
    assert sorted(values[0] for values in partitions.values()) == ["2023", "2024", "2025"]


def test_the_other_ways_to_read(place: tuple[str, str]) -> None:
    bucket, database = place
    wr.catalog.create_database(database, exist_ok=True)
    results = {"database": database, "s3_output": f"s3://{bucket}/results/"}
    by_table = wr.athena.read_sql_query(
        "SELECT n FROM unnest(sequence(1, 5)) AS t(n)", ctas_approach=True, **results
    )
    assert sorted(by_table["n"].tolist()) == [1, 2, 3, 4, 5]
    by_unload = wr.athena.read_sql_query(
        "SELECT n FROM unnest(sequence(1, 5)) AS t(n)",
        ctas_approach=False,
        unload_approach=True,
        **{**results, "s3_output": f"s3://{bucket}/unloaded/"},
    )
    assert sorted(by_unload["n"].tolist()) == [1, 2, 3, 4, 5]
    wr.catalog.delete_database(database)
    assert database not in [each["Name"] for each in wr.catalog.get_databases()]


def test_queries_of_logs_are_frames(
    make_client: Callable[..., Any], endpoint: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sends times in milliseconds, and waits for results."""
    if endpoint is None:
        pytest.skip("of this server")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    logs, group = make_client("logs"), f"/wrangler/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = pd.Timestamp.now(tz="UTC")
    at_ms = int(now.timestamp() * 1000) - 5000
    logs.put_log_events(
        logGroupName=group,
        logStreamName="s",
        logEvents=[
            {"timestamp": at_ms + n, "message": f'{{"path": "/{n % 2}", "ms": {n}}}'}
            for n in range(10)
        ],
    )
    frame = wr.cloudwatch.read_logs(
        query="stats count(*) as n, sum(ms) as total by path | sort path asc",
        log_group_names=[group],
        start_time=(now - pd.Timedelta(hours=1)).to_pydatetime(),
        end_time=(now + pd.Timedelta(minutes=1)).to_pydatetime(),
    )
    assert frame.to_dict("records") == [
        {"path": "/0", "n": "5", "total": "20"},
        {"path": "/1", "n": "5", "total": "25"},
    ]
