"""Glue's Data Catalog: databases, tables, partitions."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="session")
def glue(make_client: Callable[..., Any], target: str) -> Any:
    if target == "dynamodb-local":
        pytest.skip("DynamoDB Local has no Glue")
    return make_client("glue")


@pytest.fixture
def database(glue: Any) -> str:
    name = f"db_{uuid.uuid4().hex}"
    glue.create_database(DatabaseInput={"Name": name, "Description": "d"})
    return name


def code(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return str(error.value.response["Error"]["Code"])


def a_table(name: str) -> dict[str, Any]:
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"_private": "kept", "classification": "csv"},
        "PartitionKeys": [{"Name": "year", "Type": "int"}, {"Name": "who", "Type": "string"}],
        "StorageDescriptor": {
            "Columns": [{"Name": "a", "Type": "struct<Mixed:string>"}],
            "Location": "s3://b/p/",
        },
    }


def test_databases(glue: Any, database: str) -> None:
    told = glue.get_database(Name=database.upper())["Database"]
    assert (told["Name"], told["Description"], told["CatalogId"]) == (
        database,
        "d",
        "000000000000",
    )
    assert "_id" not in told
    glue.update_database(Name=database, DatabaseInput={"Name": database, "Parameters": {"a": "b"}})
    assert glue.get_database(Name=database)["Database"]["Parameters"] == {"a": "b"}
    assert code(glue.create_database, DatabaseInput={"Name": database}) == "AlreadyExistsException"
    pages = glue.get_paginator("get_databases").paginate()
    assert database in [each["Name"] for page in pages for each in page["DatabaseList"]]
    glue.create_table(DatabaseName=database, TableInput=a_table("t"))
    glue.delete_database(Name=database)
    assert code(glue.get_database, Name=database) == "EntityNotFoundException"
    # What is made again of the same name is empty.
    glue.create_database(DatabaseInput={"Name": database})
    assert glue.get_tables(DatabaseName=database)["TableList"] == []


def test_tables(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=a_table("One"))
    glue.create_table(DatabaseName=database, TableInput=a_table("two"))
    told = glue.get_table(DatabaseName=database, Name="ONE")["Table"]
    assert (told["Name"], told["VersionId"]) == ("one", "0")
    assert told["StorageDescriptor"]["Columns"] == [{"Name": "a", "Type": "struct<Mixed:string>"}]
    assert told["Parameters"] == {"_private": "kept", "classification": "csv"}
    names = [each["Name"] for each in glue.get_tables(DatabaseName=database)["TableList"]]
    assert names == ["one", "two"]
    found = glue.get_tables(DatabaseName=database, Expression="o.*")["TableList"]
    assert [each["Name"] for each in found] == ["one"]
    assert (
        code(glue.create_table, DatabaseName=database, TableInput=a_table("one"))
        == "AlreadyExistsException"
    )
    changed = {**a_table("one"), "Description": "new", "Parameters": {}}
    glue.update_table(DatabaseName=database, TableInput=changed)
    told = glue.get_table(DatabaseName=database, Name="one")["Table"]
    assert (told["Description"], told["VersionId"], told["Parameters"]) == ("new", "1", {})
    errors = glue.batch_delete_table(DatabaseName=database, TablesToDelete=["two", "none"])
    assert [each["TableName"] for each in errors["Errors"]] == ["none"]
    glue.delete_table(DatabaseName=database, Name="one")
    assert code(glue.get_table, DatabaseName=database, Name="one") == "EntityNotFoundException"
    assert code(glue.delete_table, DatabaseName=database, Name="one") == "EntityNotFoundException"


def test_a_table_gets_another_key_after_its_partitions(glue: Any, database: str) -> None:
    """What is known by fewer values cannot be what an expression about the new key lets through."""
    table = a_table("t")
    glue.create_table(DatabaseName=database, TableInput=table)
    place = {"DatabaseName": database, "TableName": "t"}
    glue.create_partition(**place, PartitionInput={"Values": ["2024", "ann"]})
    more = [*table["PartitionKeys"], {"Name": "day", "Type": "int"}]
    glue.update_table(DatabaseName=database, TableInput={**table, "PartitionKeys": more})
    assert glue.get_partitions(**place, Expression="day = 1 OR NOT day = 1")["Partitions"] == []
    assert len(glue.get_partitions(**place)["Partitions"]) == 1


def test_a_partition_of_a_table_without_keys(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput={**a_table("t"), "PartitionKeys": []})
    place = {"DatabaseName": database, "TableName": "t"}
    glue.create_partition(**place, PartitionInput={"Parameters": {"a": "b"}})
    (found,) = glue.get_partitions(**place)["Partitions"]
    assert (found["Values"], found["Parameters"]) == ([], {"a": "b"})


def test_partitions(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=a_table("t"))
    place = {"DatabaseName": database, "TableName": "t"}
    given = [
        {"Values": [str(year), who], "StorageDescriptor": {"Location": f"s3://b/{year}/{who}/"}}
        for year in (999, 2023, 2024)
        for who in ("ann", "bob")
    ]
    assert glue.batch_create_partition(**place, PartitionInputList=given).get("Errors", []) == []
    again = glue.batch_create_partition(**place, PartitionInputList=given[:1])
    assert again["Errors"][0]["ErrorDetail"]["ErrorCode"] == "AlreadyExistsException"
    assert code(glue.create_partition, **place, PartitionInput=given[0]) == (
        "AlreadyExistsException"
    )
    assert code(glue.create_partition, **place, PartitionInput={"Values": ["1"]}) == (
        "InvalidInputException"
    )

    def having(expression: str) -> list[list[str]]:
        told = glue.get_partitions(**place, Expression=expression)["Partitions"]
        return [each["Values"] for each in told]

    # Numbers compare as numbers: 999 is less than 2023.
    assert having("year < 2023") == [["999", "ann"], ["999", "bob"]]
    assert having("year = 2024 AND who IN ('bob', 'eve')") == [["2024", "bob"]]
    assert having("(year = 999 OR year = 2023) AND NOT who LIKE 'a%'") == [
        ["2023", "bob"],
        ["999", "bob"],
    ]
    assert having("year BETWEEN 2000 AND 2023 AND who = 'ann'") == [["2023", "ann"]]
    for wrong in ("nothing = 1", "(" * 300 + "year = 1" + ")" * 300, "NOT " * 400 + "year = 1"):
        assert code(glue.get_partitions, **place, Expression=wrong) == "InvalidInputException"
    told = glue.get_partition(**place, PartitionValues=["2024", "ann"])["Partition"]
    assert told["StorageDescriptor"]["Location"] == "s3://b/2024/ann/"
    glue.update_partition(
        **place,
        PartitionValueList=["2024", "ann"],
        PartitionInput={"Values": ["2025", "ann"]},
    )
    assert having("year > 2024") == [["2025", "ann"]]
    glue.delete_partition(**place, PartitionValues=["2025", "ann"])
    errors = glue.batch_delete_partition(
        **place, PartitionsToDelete=[{"Values": ["2024", "bob"]}, {"Values": ["1", "x"]}]
    )["Errors"]
    assert [each["PartitionValues"] for each in errors] == [["1", "x"]]
    page = glue.get_partitions(**place, MaxResults=3)
    rest = glue.get_partitions(**place, NextToken=page["NextToken"])
    assert len(page["Partitions"]) == 3
    assert len(rest["Partitions"]) == 1


def test_what_is_not_there_is_unknown(glue: Any) -> None:
    assert code(glue.get_jobs) == "UnknownOperationException"


def test_versions_of_tables(glue: Any, database: str) -> None:
    where = {"DatabaseName": database, "TableName": "t"}
    glue.create_table(DatabaseName=database, TableInput=a_table("t"))
    for text in ("one", "two"):
        glue.update_table(DatabaseName=database, TableInput={**a_table("t"), "Description": text})
    glue.update_table(DatabaseName=database, TableInput=a_table("t"), SkipArchive=True)
    found = glue.get_table_versions(**where)["TableVersions"]
    assert [each["VersionId"] for each in found] == ["3", "1", "0"]
    assert found[0]["Table"] == glue.get_table(DatabaseName=database, Name="t")["Table"]
    assert found[1]["Table"]["Description"] == "one"
    assert glue.get_table_version(**where)["TableVersion"] == found[0]
    assert glue.get_table_version(**where, VersionId="1")["TableVersion"] == found[1]
    assert code(glue.get_table_version, **where, VersionId="9") == "EntityNotFoundException"
    stale = {"DatabaseName": database, "TableInput": a_table("t"), "VersionId": "1"}
    assert code(glue.update_table, **stale) == "ConcurrentModificationException"
    glue.delete_table_version(**where, VersionId="0")
    (error,) = glue.batch_delete_table_version(**where, VersionIds=["1", "0"])["Errors"]
    assert error["VersionId"] == "0"
    assert error["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert len(glue.get_table_versions(**where)["TableVersions"]) == 1
    glue.delete_table(DatabaseName=database, Name="t")
    assert code(glue.get_table_versions, **where) == "EntityNotFoundException"


def test_partitions_are_updated_several_at_a_time(glue: Any, database: str) -> None:
    where = {"DatabaseName": database, "TableName": "t"}
    glue.create_table(DatabaseName=database, TableInput=a_table("t"))
    assert glue.get_partition_indexes(**where)["PartitionIndexDescriptorList"] == []
    glue.create_partition(**where, PartitionInput={"Values": ["1", "a"]})
    entries = [
        {"PartitionValueList": values, "PartitionInput": {"Parameters": {"n": "m"}}}
        for values in (["1", "a"], ["2", "b"])
    ]
    (error,) = glue.batch_update_partition(**where, Entries=entries)["Errors"]
    assert error["PartitionValueList"] == ["2", "b"]
    told = glue.get_partition(**where, PartitionValues=["1", "a"])["Partition"]
    assert told["Parameters"] == {"n": "m"} and told["Values"] == ["1", "a"]


def test_only_what_is_wanted_is_told(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=a_table("t"))
    where = {"DatabaseName": database, "TableName": "t"}
    described = {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://b/p/"}
    glue.create_partition(
        **where, PartitionInput={"Values": ["1", "a"], "StorageDescriptor": described}
    )
    (told,) = glue.get_partitions(**where, ExcludeColumnSchema=True)["Partitions"]
    assert told["StorageDescriptor"] == {"Location": "s3://b/p/"}
    (told,) = glue.get_partitions(**where)["Partitions"]
    assert told["StorageDescriptor"] == described
    tables = {"DatabaseName": database, "AttributesToGet": ["NAME", "TABLE_TYPE"]}
    assert glue.get_tables(**tables)["TableList"] == [{"Name": "t", "TableType": "EXTERNAL_TABLE"}]
    names = glue.get_databases(AttributesToGet=["NAME"])["DatabaseList"]
    assert {"Name": database} in names
    lacking = {"DatabaseName": database, "AttributesToGet": ["TABLE_TYPE"]}
    assert code(glue.get_tables, **lacking) == "InvalidInputException"


def test_segments_have_each_partition_once(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=a_table("t"))
    of_table = {"DatabaseName": database, "TableName": "t"}
    partitions = [{"Values": [str(year), "ann"]} for year in range(7)]
    glue.batch_create_partition(**of_table, PartitionInputList=partitions)
    found = [
        each["Values"][0]
        for number in range(3)
        for each in glue.get_partitions(
            **of_table, Segment={"SegmentNumber": number, "TotalSegments": 3}
        )["Partitions"]
    ]
    assert sorted(found) == [str(year) for year in range(7)]
    beyond = {"SegmentNumber": 3, "TotalSegments": 3}
    assert code(glue.get_partitions, **of_table, Segment=beyond) == "InvalidInputException"
