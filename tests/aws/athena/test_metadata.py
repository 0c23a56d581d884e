"""The data catalog by Athena's operations and statements."""

from __future__ import annotations

import re
from typing import Any

from tests.aws.athena.test_queries import refused

CREATE = """CREATE EXTERNAL TABLE IF NOT EXISTS `orders` (
  `Id` bigint COMMENT 'its number',
  item struct<Name:string,price:decimal(10,2)>)
PARTITIONED BY (dt date)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')
LOCATION 's3://somewhere/orders/'
TBLPROPERTIES ('classification' = 'json')"""


def test_databases(athena: Any, query: Any, database: str) -> None:
    query(f"CREATE DATABASE {database}_x COMMENT 'mine' WITH DBPROPERTIES ('a' = 'b')")
    told = athena.get_database(CatalogName="AwsDataCatalog", DatabaseName=f"{database}_x")
    assert told["Database"] == {
        "Name": f"{database}_x",
        "Description": "mine",
        "Parameters": {"a": "b"},
    }
    assert [f"{database}_x"] in query(f"SHOW DATABASES LIKE '{database}*'").all_rows
    pages = athena.get_paginator("list_databases").paginate(CatalogName="AwsDataCatalog")
    names = [each["Name"] for page in pages for each in page["DatabaseList"]]
    assert {"default", database, f"{database}_x"} <= {*names}
    twice = query(f"CREATE DATABASE {database}_x", fails=True)
    assert "already exists" in twice.reason
    query(f"DROP DATABASE {database}_x")
    code, text = refused(
        athena.get_database, CatalogName="AwsDataCatalog", DatabaseName=f"{database}_x"
    )
    assert code == "MetadataException"
    # PyAthena's dialect of SQLAlchemy knows by this that a table is not there.
    assert re.search(
        r"\(Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; "
        r"Request ID: [-0-9a-f]{36}; Proxy: null\)$",
        text,
    )
    code, text = refused(athena.list_databases, CatalogName="other")
    assert (code, text) == ("InvalidRequestException", "DataCatalog other was not found")


def test_a_table(athena: Any, glue: Any, query: Any, database: str) -> None:
    query(CREATE)
    query(CREATE)  # IF NOT EXISTS
    told = athena.get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName=database, TableName="ORDERS"
    )["TableMetadata"]
    assert told["Columns"] == [
        {"Name": "id", "Type": "bigint", "Comment": "its number"},
        {"Name": "item", "Type": "struct<name:string,price:decimal(10,2)>"},
    ]
    assert told["PartitionKeys"] == [{"Name": "dt", "Type": "date"}]
    assert told["Parameters"]["location"] == "s3://somewhere/orders/"
    assert told["Parameters"]["classification"] == "json"
    same = glue.get_table(DatabaseName=database, Name="orders")["Table"]
    assert same["StorageDescriptor"]["Columns"] == told["Columns"]
    listed = athena.list_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName=database, Expression="ord*"
    )["TableMetadataList"]
    assert [each["Name"] for each in listed] == ["orders"]
    where = {"CatalogName": "AwsDataCatalog", "DatabaseName": database}
    short = athena.list_table_metadata(**where, AttributesToGet=["NAME"])["TableMetadataList"]
    assert short == [{"Name": "orders"}]
    shown = "\n".join(row[0] for row in query("SHOW CREATE TABLE orders").all_rows)
    assert shown.startswith(f"CREATE EXTERNAL TABLE `{database}.orders`(\n  `id` bigint COMMENT")
    query("DROP TABLE orders")
    # What SHOW CREATE TABLE says makes the same table.
    query(shown.replace(f"`{database}.orders`", f"`{database}`.`orders`"))
    again = glue.get_table(DatabaseName=database, Name="orders")["Table"]
    assert again["StorageDescriptor"]["Columns"] == told["Columns"]
    assert again["PartitionKeys"] == told["PartitionKeys"]


def test_changes_of_a_table(query: Any, database: str, glue: Any) -> None:
    query(CREATE)
    query("ALTER TABLE orders ADD COLUMNS (more string)")
    query("ALTER TABLE orders SET TBLPROPERTIES ('classification' = 'jsonl')")
    query("ALTER TABLE orders SET LOCATION 's3://elsewhere/'")
    lines = [row[0].split("\t") for row in query("DESCRIBE orders").all_rows]
    assert [line[0].strip() for line in lines[:4]] == ["id", "item", "more", "dt"]
    assert [row[0].strip() for row in query("SHOW COLUMNS IN orders").all_rows] == [
        "id",
        "item",
        "more",
        "dt",
    ]
    assert query("SHOW TBLPROPERTIES orders('classification')").all_rows == [["jsonl"]]
    table = glue.get_table(DatabaseName=database, Name="orders")["Table"]
    assert table["StorageDescriptor"]["Location"] == "s3://elsewhere/"
    query("ALTER TABLE orders REPLACE COLUMNS (only int)")
    rows = query(
        "SELECT column_name, data_type FROM information_schema.columns "
        f"WHERE table_schema = '{database}' ORDER BY ordinal_position"
    ).rows
    assert rows == [["only", "integer"], ["dt", "date"]]


def test_the_catalog_itself(athena: Any) -> None:
    (only,) = athena.list_data_catalogs()["DataCatalogsSummary"]
    assert (only["CatalogName"], only["Type"]) == ("AwsDataCatalog", "GLUE")
    told = athena.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]
    assert told["Parameters"] == {"catalog-id": "000000000000"}
    assert athena.list_engine_versions()["EngineVersions"][0]["SelectedEngineVersion"] == "AUTO"
