"""Statements: what they are, Hive's types, and texts that would take long to read."""

from __future__ import annotations

import pytest

from jedlik.services.athena import process, reading
from jedlik.services.athena.engine.written import java_double, java_float
from jedlik.services.athena.sql import statements as said
from jedlik.services.athena.sql.faults import Malformed
from jedlik.services.athena.sql.hive_types import parse_type
from jedlik.services.athena.sql.lexer import split_at_commas
from jedlik.services.athena.sql.parse import parse
from jedlik.services.athena.sql.statements import Name


@pytest.mark.parametrize(
    ("text", "kind", "type", "sub"),
    [
        ("select 1", said.Query, "DML", "SELECT"),
        ("-- why\n/* what */ WITH a AS (SELECT 1) SELECT 1;", said.Query, "DML", "SELECT"),
        ("(select 1)", said.Query, "DML", "SELECT"),
        ("values 1", said.Query, "DML", "SELECT"),
        ("insert into a.b (c) select 'x\\'", said.Insert, "DML", "INSERT"),
        ("unload (select ')') to 's3://b/' with (format = 'json')", said.Unload, "DML", "UNLOAD"),
        ("explain analyze select 1", said.Explain, "UTILITY", "EXPLAIN"),
        ("create or replace view v as select 1", said.CreateView, "DDL", "CREATE_VIEW"),
        ("create database if not exists d", said.CreateDatabase, "DDL", "CREATE_DATABASE"),
        ("drop view if exists v", said.Drop, "DDL", "DROP_VIEW"),
        ("alter table t add columns (a int)", said.Alter, "DDL", "ALTER_TABLE"),
        ("msck repair table `d`.`t`", said.Repair, "DDL", "MSCK_REPAIR_TABLE"),
        ("show partitions t", said.Show, "UTILITY", "SHOW"),
        ("describe formatted d.t", said.Describe, "UTILITY", "DESCRIBE"),
        ("prepare p from select ?", said.Prepare, "UTILITY", "PREPARE"),
        ("execute p using 'a, b', 2", said.Execute, "DML", "EXECUTE"),
    ],
)
def test_kinds(text: str, kind: type, type: str, sub: str) -> None:
    statement = parse(text)
    assert isinstance(statement, kind)
    assert (statement.type, statement.sub) == (type, sub)


def test_create_table_as_is_taken_apart() -> None:
    statement = parse(
        "CREATE TABLE IF NOT EXISTS d.t WITH (format = 'ORC', partitioned_by = ARRAY['a', 'b'], "
        "bucket_count = 4) AS SELECT 1 AS a WITH NO DATA"
    )
    assert statement == said.CreateTableAs(
        Name("t", "d"),
        True,
        {"format": "ORC", "partitioned_by": ["a", "b"], "bucket_count": "4"},
        "SELECT 1 AS a",
        False,
    )


def test_types() -> None:
    text = "struct<Name:string,tags:array<map<string,decimal(10,2)>>,`odd-1`:int>"
    found = parse_type(text)
    assert found.hive == "struct<name:string,tags:array<map<string,decimal(10,2)>>,odd-1:int>"
    assert parse_type(found.hive).hive == found.hive
    assert parse_type(found.spelled) == found
    assert found.trino == (
        "row(name varchar, tags array(map(varchar, decimal(10,2))), odd-1 integer)"
    )
    assert found.duckdb == (
        'STRUCT("name" VARCHAR, "tags" MAP(VARCHAR, DECIMAL(10,2))[], "odd-1" INTEGER)'
    )
    deep = "array<" * 40 + "int" + ">" * 40
    for wrong in ("struct<a>", "array<int,int>", "nothing", "decimal(x)", "varchar(1.5)", deep):
        with pytest.raises(Malformed):
            parse_type(wrong)


def test_a_table_of_buckets() -> None:
    text = "create external table t (a int) clustered by (a) into {} buckets location 's3://b/c/'"
    statement = parse(text.format(8))
    assert isinstance(statement, said.CreateTable)
    storage = statement.table["StorageDescriptor"]
    assert (storage["BucketColumns"], storage["NumberOfBuckets"]) == (["a"], 8)
    with pytest.raises(Malformed, match="Expecting: <integer>"):
        parse(text.format("many"))


def test_commas_in_texts_and_parentheses_part_nothing() -> None:
    assert split_at_commas("'a, b', f(1, 2), \"c,d\" , 3") == ["'a, b'", "f(1, 2)", '"c,d"', "3"]


@pytest.mark.parametrize(
    "text",
    [
        "show tables '" + "\\'" * 100_000,
        "show tables " + "/*" * 100_000,
        "show tables `" + "'" * 100_001,
        "execute p using " + "(" * 100_000,
    ],
    ids=["quotes", "comments", "backquotes", "parentheses"],
)
def test_texts_that_do_not_end_are_refused_at_once(text: str) -> None:
    if text.startswith("execute"):
        parse(text)
        return
    with pytest.raises(Malformed, match="does not end"):
        parse(text)


async def test_reading_that_takes_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sqlglot")
    reader = reading.Reading()
    try:
        await reader.check("select 1")  # started, and kept
        monkeypatch.setattr(reading, "READ_S_MAX", 0.5)
        with pytest.raises(Malformed, match="too complex"):
            await reader.check("select " + "array[" * 40 + "1" + "]" * 40)
        monkeypatch.undo()
        with pytest.raises(Malformed, match="mismatched input"):
            await reader.check("select from")
        names = await reader.names("select * from a, b.c where d = ?", ["1"], "x")
        assert names == ([("x", "a"), ("b", "c")], False)
    finally:
        await reader.close()


async def test_a_query_beyond_its_memory_fails(tmp_path) -> None:
    pytest.importorskip("duckdb")
    from jedlik.services.athena.sql.faults import Failed

    plan = {
        "folder": str(tmp_path),
        "schemas": [],
        "steps": [],
        "sqls": ["SELECT count(*) FROM (SELECT DISTINCT md5(i::VARCHAR) FROM range(900000) r(i))"],
        "output": {"kind": "csv"},
    }
    monkey = pytest.MonkeyPatch()
    monkey.setattr(process, "SPILL_MB", 1)
    try:
        with pytest.raises(Failed, match="exhausted resources"):
            await process.run(plan, memory_mb=16)
    finally:
        monkey.undo()


def test_numbers_as_java_writes_them() -> None:
    doubles = {1.0: "1.0", 1e7: "1.0E7", 1.5e-4: "1.5E-4", -0.0: "-0.0", 123.25: "123.25"}
    assert {value: java_double(value) for value in doubles} == doubles
    assert java_float(0.10000000149011612) == "0.1"
    assert java_double(float("inf")) == "Infinity"
