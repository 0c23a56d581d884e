"""CREATE EXTERNAL TABLE over objects of each kind, and what a SELECT reads of them."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from typing import Any

OPENX = "org.openx.data.jsonserde.JsonSerDe"


def place(bucket: str, database: str, name: str) -> tuple[str, str]:
    """A folder of a bucket: its prefix, and where it is for statements."""
    prefix = f"{database}/{name}/"
    return prefix, f"s3://{bucket}/{prefix}"


def test_csv_with_quotes_and_a_header(s3: Any, bucket: str, database: str, query: Any) -> None:
    prefix, location = place(bucket, database, "csv")
    s3.put_object(Bucket=bucket, Key=f"{prefix}a.csv", Body=b'id,name\n1,"a,b"\n2,\n3,"q""x"\n')
    s3.put_object(Bucket=bucket, Key=f"{prefix}_SUCCESS", Body=b"not data\n")
    s3.put_object(Bucket=bucket, Key=f"{prefix}b.csv.gz", Body=gzip.compress(b"id,name\n4,d\n"))
    query(
        "CREATE EXTERNAL TABLE csv (id bigint, name string) ROW FORMAT SERDE "
        "'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES ('quoteChar'='\"') "
        f"LOCATION '{location}' TBLPROPERTIES ('skip.header.line.count'='1')"
    )
    answer = query("SELECT * FROM csv ORDER BY id")
    assert answer.columns == [("id", "bigint"), ("name", "varchar")]
    assert answer.rows == [["1", "a,b"], ["2", ""], ["3", 'q"x'], ["4", "d"]]
    counted = query('SELECT "$path", count(*) FROM csv GROUP BY 1 ORDER BY 2 DESC')
    assert counted.rows == [[f"{location}a.csv", "3"], [f"{location}b.csv.gz", "1"]]


def test_delimited_text_is_null_where_it_cannot_be_read(
    s3: Any, bucket: str, database: str, query: Any
) -> None:
    prefix, location = place(bucket, database, "tsv")
    body = b"1\ta\t2024-01-01\tx,y\tmore\n2\t\\N\nz\tc\tq\t\n"
    s3.put_object(Bucket=bucket, Key=f"{prefix}a.tsv", Body=body)
    query(
        "CREATE EXTERNAL TABLE tsv (id int, name string, dt date, tags array<string>) "
        "ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' COLLECTION ITEMS TERMINATED BY ',' "
        f"STORED AS TEXTFILE LOCATION '{location}'"
    )
    answer = query("SELECT * FROM tsv")
    assert answer.columns[2:] == [("dt", "date"), ("tags", "array")]
    assert answer.rows == [
        ["1", "a", "2024-01-01", "[x, y]"],
        ["2", None, None, None],
        [None, "c", None, "[]"],
    ]


def test_json_finds_names_without_their_case(
    s3: Any, bucket: str, database: str, query: Any
) -> None:
    prefix, location = place(bucket, database, "json")
    lines = [{"UserId": 1, "Deep": {"InnerMost": "x"}}, {"userid": 2}, {"UserId": "3", "Rare": 1}]
    body = "\n".join(map(json.dumps, lines[:1] + lines[2:])).encode()
    s3.put_object(Bucket=bucket, Key=f"{prefix}a.json", Body=body + b"\nnot json\n")
    query(
        f"CREATE EXTERNAL TABLE js (userid int, deep struct<innermost:string>, other_name int, "
        f"nowhere string) ROW FORMAT SERDE '{OPENX}' WITH SERDEPROPERTIES "
        "('ignore.malformed.json'='true', 'mapping.other_name'='Rare') "
        f"LOCATION '{location}'"
    )
    answer = query(
        "SELECT userid, deep.innermost, other_name, nowhere, deep FROM js "
        "WHERE userid IS NOT NULL ORDER BY 1"
    )
    assert answer.rows == [
        ["1", "x", None, None, "{innermost=x}"],
        ["3", None, "1", None, None],
    ]


def test_lines_by_a_regular_expression(s3: Any, bucket: str, database: str, query: Any) -> None:
    prefix, location = place(bucket, database, "regex")
    s3.put_object(Bucket=bucket, Key=f"{prefix}log", Body=b"GET /a 200\nbroken\n")
    query(
        "CREATE EXTERNAL TABLE log (verb string, path string, status int) ROW FORMAT SERDE "
        "'org.apache.hadoop.hive.serde2.RegexSerDe' WITH SERDEPROPERTIES "
        "('input.regex'='([A-Z]+) ([^ ]+) ([0-9]+)') "
        f"LOCATION '{location}'"
    )
    rows = query("SELECT verb, path, status FROM log ORDER BY status").rows
    assert rows == [["GET", "/a", "200"], [None, None, None]]


def test_an_export_of_a_table(
    dynamodb: Any,
    make_table: Callable[..., str],
    s3: Any,
    bucket: str,
    query: Any,
) -> None:
    table = make_table()
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    for number in range(3):
        item = {"pk": {"S": f"k{number}"}, "Score": {"N": str(number * 10)}}
        if number:
            item["Tags"] = {"SS": ["new", f"t{number}"]}
            item["Address"] = {"M": {"City": {"S": f"city{number}"}}}
        dynamodb.put_item(TableName=table, Item=item)
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    started = dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket=bucket, S3Prefix=table)
    export = exported(dynamodb, started)
    data = f"s3://{bucket}/{table}/AWSDynamoDB/{export.rpartition('/')[2]}/data/"
    query(
        "CREATE EXTERNAL TABLE export (Item struct<pk:struct<S:string>, Score:struct<N:int>, "
        "Tags:struct<SS:array<string>>, Address:struct<M:struct<City:struct<S:string>>>>) "
        f"ROW FORMAT SERDE '{OPENX}' LOCATION '{data}'"
    )
    answer = query(
        "SELECT Item.pk.S AS pk, item.score.n AS score, item.address.m.city.s AS city "
        "FROM export ORDER BY 1"
    )
    assert answer.columns == [("pk", "varchar"), ("score", "integer"), ("city", "varchar")]
    assert answer.rows == [["k0", "0", None], ["k1", "10", "city1"], ["k2", "20", "city2"]]
    ion = f"{table}-ion"
    started = dynamodb.export_table_to_point_in_time(
        TableArn=arn, S3Bucket=bucket, S3Prefix=ion, ExportFormat="ION"
    )
    other = exported(dynamodb, started)
    query(
        "CREATE EXTERNAL TABLE ion (Item struct<pk:string, Score:int, Tags:array<string>, "
        "Address:struct<City:string>>) ROW FORMAT SERDE 'com.amazon.ionhiveserde.IonHiveSerDe' "
        "STORED AS ION "
        f"LOCATION 's3://{bucket}/{ion}/AWSDynamoDB/{other.rpartition('/')[2]}/data/'"
    )
    answer = query("SELECT Item.pk, Item.Score, Item.Address.City FROM ion ORDER BY 1")
    assert answer.rows == [["k0", "0", None], ["k1", "10", "city1"], ["k2", "20", "city2"]]
    tags = query(
        "SELECT tag, sum(e.item.score.n) FROM export e CROSS JOIN UNNEST(e.item.tags.ss) AS t(tag) "
        "GROUP BY tag ORDER BY tag"
    )
    assert tags.rows == [["new", "30"], ["t1", "10"], ["t2", "20"]]


def exported(dynamodb: Any, started: dict[str, Any]) -> str:
    """Wait for an export; its ARN."""
    arn = str(started["ExportDescription"]["ExportArn"])
    deadline = time.monotonic() + 60
    while True:
        told = dynamodb.describe_export(ExportArn=arn)["ExportDescription"]
        if told["ExportStatus"] != "IN_PROGRESS":
            assert told["ExportStatus"] == "COMPLETED"
            return arn
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_partitions(s3: Any, bucket: str, database: str, query: Any) -> None:
    prefix, location = place(bucket, database, "parts")
    for year, month, value in (("2023", "12", "a"), ("2024", "1", "b")):
        key = f"{prefix}year={year}/month={month}/data.json"
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps({"v": value}).encode())
    s3.put_object(Bucket=bucket, Key=f"{database}/elsewhere/x.json", Body=b'{"v": "c"}')
    query(
        "CREATE EXTERNAL TABLE parts (v string) PARTITIONED BY (year int, month int) "
        f"ROW FORMAT SERDE '{OPENX}' LOCATION '{location}'"
    )
    assert query("SELECT count(*) FROM parts").rows == [["0"]]
    repaired = query("MSCK REPAIR TABLE parts")
    assert ["Repair: Added partition to metastore parts:year=2024/month=1"] in repaired.all_rows
    query(
        "ALTER TABLE parts ADD IF NOT EXISTS PARTITION (year = 2025, month = 2) "
        f"LOCATION 's3://{bucket}/{database}/elsewhere/'"
    )
    shown = query("SHOW PARTITIONS parts").all_rows
    assert sorted(shown) == [["year=2023/month=12"], ["year=2024/month=1"], ["year=2025/month=2"]]
    answer = query("SELECT v, year, month FROM parts WHERE year >= 2024 ORDER BY year")
    assert answer.columns[1] == ("year", "integer")
    assert answer.rows == [["b", "2024", "1"], ["c", "2025", "2"]]
    again = query("ALTER TABLE parts ADD PARTITION (year = 2025, month = 2)", fails=True)
    assert "Partition already exists." in again.reason
    query("ALTER TABLE parts DROP PARTITION (year = 2023)")
    assert len(query('SELECT * FROM "parts$partitions"').rows) == 2


def test_ctas_insert_and_unload(
    s3: Any, athena: Any, bucket: str, database: str, query: Any
) -> None:
    made = query(
        "CREATE TABLE made WITH (format = 'PARQUET', partitioned_by = ARRAY['p'], "
        f"external_location = 's3://{bucket}/{database}/made/') AS "
        "SELECT 1 AS id, DATE '2024-01-01' AS dt, cast(row(1, 'x') AS row(a integer, b varchar)) "
        "AS r, 'one' AS p UNION ALL SELECT 2, null, null, 'two'"
    )
    assert made.execution["SubstatementType"] == "CREATE_TABLE_AS_SELECT"
    assert made.location == f"s3://{bucket}/results/tables/{made.id}"
    manifest = made.execution["Statistics"]["DataManifestLocation"].split("/", 3)[3]
    files = s3.get_object(Bucket=bucket, Key=manifest)["Body"].read().decode().split()
    assert sorted(name.rpartition("/")[0] for name in files) == [
        f"s3://{bucket}/{database}/made/p=one",
        f"s3://{bucket}/{database}/made/p=two",
    ]
    inserted = query("INSERT INTO made SELECT 3, null, null, 'two'")
    assert athena.get_query_results(QueryExecutionId=inserted.id)["UpdateCount"] == 1
    answer = query("SELECT id, dt, r, p FROM made ORDER BY id")
    assert answer.rows == [
        ["1", "2024-01-01", "{a=1, b=x}", "one"],
        ["2", None, None, "two"],
        ["3", None, None, "two"],
    ]
    described = athena.get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName=database, TableName="made"
    )["TableMetadata"]
    assert described["PartitionKeys"] == [{"Name": "p", "Type": "string"}]
    assert described["Columns"][2] == {"Name": "r", "Type": "struct<a:int,b:string>"}
    again = query("CREATE TABLE made AS SELECT 1 AS id", fails=True)
    assert again.reason.startswith("TABLE_ALREADY_EXISTS")
    target = f"s3://{bucket}/{database}/unloaded/"
    statement = f"UNLOAD (SELECT id, p FROM made) TO '{target}' WITH (format = 'JSON')"
    query(statement)
    (found,) = s3.list_objects_v2(Bucket=bucket, Prefix=f"{database}/unloaded/")["Contents"]
    body = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
    lines = [json.loads(line) for line in gzip.decompress(body).splitlines()]
    assert sorted(line["id"] for line in lines) == [1, 2, 3]
    assert query(statement, fails=True).reason.startswith("HIVE_PATH_ALREADY_EXISTS")


def test_views(query: Any, database: str, athena: Any) -> None:
    query("CREATE VIEW first AS SELECT 1 AS id, 'a' AS name")
    query("CREATE OR REPLACE VIEW second AS SELECT upper(name) AS name FROM first")
    assert query(f'SELECT * FROM "{database}"."second"').rows == [["A"]]
    assert query("SHOW CREATE VIEW second").all_rows[1] == ["SELECT upper(name) AS name FROM first"]
    told = athena.get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName=database, TableName="second"
    )["TableMetadata"]
    assert (told["TableType"], told["Columns"]) == (
        "VIRTUAL_VIEW",
        [{"Name": "name", "Type": "string"}],
    )
    query("DROP VIEW second")
    assert query("SHOW TABLES").all_rows == [["first"]]
