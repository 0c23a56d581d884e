"""PyAthena, unchanged: cursors, parameters, pages, asynchronous cursors, metadata, errors."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY

pyathena = pytest.importorskip("pyathena")


@pytest.fixture(scope="module")
def bucket(make_client: Callable[..., Any], target: str) -> str:
    if target == "dynamodb-local":
        pytest.skip("DynamoDB Local has no Athena")
    name = f"pyathena-{uuid.uuid4().hex}"
    make_client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def connection(endpoint: str | None, bucket: str) -> Iterator[Any]:
    given: dict[str, Any] = {}
    if endpoint is not None:
        given = {
            "endpoint_url": endpoint,
            "aws_access_key_id": ACCESS_KEY,
            "aws_secret_access_key": SECRET_KEY,
        }
    with pyathena.connect(
        s3_staging_dir=f"s3://{bucket}/staging/",
        region_name=REGION,
        schema_name="default",
        poll_interval=0.05,
        kill_on_interrupt=False,
        **given,
    ) as made:
        yield made


def test_values_of_every_type(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(
        "SELECT 1 AS a, CAST(2 AS bigint) AS b, 1.5e0 AS c, DECIMAL '2.50' AS d, true AS e, "
        "'x' AS f, DATE '2024-01-02' AS g, TIMESTAMP '2024-01-02 03:04:05.678' AS h, "
        "to_utf8('hi') AS i, ARRAY[1, 2] AS j, CAST(NULL AS integer) AS k"
    )
    names = [column[0] for column in cursor.description]
    assert names == list("abcdefghijk")
    (row,) = cursor.fetchall()
    assert row == (
        1,
        2,
        1.5,
        Decimal("2.50"),
        True,
        "x",
        datetime.date(2024, 1, 2),
        datetime.datetime(2024, 1, 2, 3, 4, 5, 678000),
        b"hi",
        [1, 2],
        None,
    )
    assert cursor.output_location.endswith(f"/staging/{cursor.query_id}.csv")
    assert cursor.data_scanned_in_bytes == 0


def test_parameters_and_pages(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(
        "SELECT n, %(word)s AS w FROM unnest(sequence(1, 2345)) AS t(n) WHERE n > %(low)d "
        "ORDER BY n",
        {"word": "it's", "low": 5},
    )
    assert cursor.fetchone() == (6, "it's")
    rest = cursor.fetchall()
    assert [row[0] for row in rest] == list(range(7, 2346))
    cursor.execute("SELECT ? AS a, ? AS b", ["'x'", "7"], paramstyle="qmark")
    assert cursor.fetchall() == [("x", 7)]


def test_tables_by_a_dict_cursor(
    connection: Any, make_client: Callable[..., Any], bucket: str
) -> None:
    from pyathena.cursor import DictCursor

    name = f"t_{uuid.uuid4().hex}"
    make_client("s3").put_object(Bucket=bucket, Key=f"{name}/a.csv", Body=b"1,x\n2,y\n")
    cursor = connection.cursor(DictCursor)
    cursor.execute(
        f"CREATE EXTERNAL TABLE {name} (id int, name string) ROW FORMAT DELIMITED FIELDS "
        f"TERMINATED BY ',' LOCATION 's3://{bucket}/{name}/'"
    )
    cursor.execute(f"SELECT * FROM {name} ORDER BY id")
    assert cursor.fetchall() == [{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]
    cursor.execute("SHOW TABLES")
    assert (name,) in connection.cursor().execute("SHOW TABLES").fetchall()
    table = cursor.get_table_metadata(name)
    assert [(column.name, column.type) for column in table.columns] == [
        ("id", "int"),
        ("name", "string"),
    ]
    cursor.execute(f"INSERT INTO {name} SELECT 3, 'z'")
    assert cursor.rowcount == 1
    assert cursor.execute(f"SELECT count(*) AS n FROM {name}").fetchone() == {"n": 3}
    cursor.execute(f"DROP TABLE {name}")


def test_asynchronous(connection: Any) -> None:
    from pyathena.async_cursor import AsyncCursor

    with connection.cursor(AsyncCursor, max_workers=2) as cursor:
        futures = [cursor.execute(f"SELECT {number} AS n")[1] for number in range(3)]
        assert [future.result().fetchall() for future in futures] == [[(0,)], [(1,)], [(2,)]]


def test_errors(connection: Any) -> None:
    cursor = connection.cursor()
    with pytest.raises(pyathena.error.OperationalError, match="TABLE_NOT_FOUND"):
        cursor.execute("SELECT * FROM nothing_of_that_name")
    with pytest.raises(pyathena.error.DatabaseError, match="mismatched input 'SELEC'"):
        cursor.execute("SELEC 1")
