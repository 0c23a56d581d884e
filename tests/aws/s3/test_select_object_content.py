"""Queries of objects: what is found, in which form, and what is wrong."""

from __future__ import annotations

import bz2
import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EventStreamError

PEOPLE = b'name,age,city\nanna,40,Wien\nbob,50,"Graz, Mitte"\ncarla,20,Linz\n'
ORDERS = (
    b'{"id": 1, "total": 10.50, "lines": [{"sku": "a", "n": 2}, {"sku": "b"}], "Paid": true}\n'
    b'{"id": 2, "total": 7, "lines": [], "Paid": null, "at": "2026-01-31T10:00:00Z"}\n'
)
USE = {"CSV": {"FileHeaderInfo": "USE"}}
LINES = {"JSON": {"Type": "LINES"}}


def select(
    s3: Any,
    bucket: str,
    body: bytes,
    expression: str,
    input: dict[str, Any],
    output: dict[str, Any] | None = None,
    **more: Any,
) -> tuple[str, dict[str, Any]]:
    """The records, and the other events by name."""
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    answer = s3.select_object_content(
        Bucket=bucket, Key="k", Expression=expression, ExpressionType="SQL",
        InputSerialization=input, OutputSerialization=output or {"JSON": {}}, **more,
    )  # fmt: skip
    records, others = b"", {}
    for event in answer["Payload"]:
        ((name, told),) = event.items()
        if name == "Records":
            records += told["Payload"]
        else:
            others[name] = told
    assert "End" in others
    return records.decode(), others


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SELECT * FROM S3Object LIMIT 1", [{"name": "anna", "age": "40", "city": "Wien"}]),
        (
            "select s.NAME, s._2 from s3object s where s.city = 'Linz'",
            [{"NAME": "carla", "_2": "20"}],
        ),
        (
            "SELECT name FROM S3Object WHERE CAST(age AS INT) >= 40 AND city LIKE '%, M%'",
            [{"name": "bob"}],
        ),
        ("SELECT COUNT(*) AS n, MAX(CAST(age AS INT)) FROM S3Object", [{"n": 3, "_2": 50}]),
        ("SELECT AVG(CAST(age AS FLOAT)) FROM S3Object WHERE name <> 'bob'", [{"_1": 30}]),
        (
            "SELECT UPPER(name) || '!', CHAR_LENGTH(city) FROM S3Object WHERE name IN ('bob', 'x')",
            [{"_1": "BOB!", "_2": 11}],
        ),
        (
            "SELECT CASE WHEN CAST(age AS INT) < 30 THEN 'young' ELSE 'old' END AS a FROM S3Object",
            [{"a": "old"}, {"a": "old"}, {"a": "young"}],
        ),
        (
            'SELECT s."name" FROM S3Object s WHERE NOT (s.age BETWEEN 30 AND 60)',
            [{"name": "carla"}],
        ),
    ],
)
def test_queries_of_csv(s3: Any, bucket: str, expression: str, expected: Any) -> None:
    found, _ = select(s3, bucket, PEOPLE, expression, USE)
    assert [json.loads(line) for line in found.splitlines()] == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SELECT * FROM S3Object s WHERE s.Paid = TRUE", [json.loads(ORDERS.splitlines()[0])]),
        ("SELECT s.lines[0].sku, s.id FROM S3Object[*] s", [{"sku": "a", "id": 1}, {"id": 2}]),
        ("SELECT l.sku FROM S3Object[*].lines[*] l WHERE l.n IS MISSING", [{"sku": "b"}]),
        ("SELECT sku FROM S3Object[*].lines[*].sku", [{"sku": "a"}, {"sku": "b"}]),
        ("SELECT SUM(s.total) FROM S3Object s", [{"_1": 17.5}]),
        ("SELECT s.id FROM S3Object s WHERE s.Paid IS NULL", [{"id": 2}]),
        (
            "SELECT EXTRACT(MONTH FROM DATE_ADD(month, 1, TO_TIMESTAMP(s.at))) AS m "
            "FROM S3Object s WHERE s.at IS NOT MISSING",
            [{"m": 2}],
        ),
    ],
)
def test_queries_of_json(s3: Any, bucket: str, expression: str, expected: Any) -> None:
    found, _ = select(s3, bucket, ORDERS, expression, LINES)
    assert [json.loads(line) for line in found.splitlines()] == expected


def test_a_document_of_many_lines(s3: Any, bucket: str) -> None:
    document = json.dumps({"Rules": [{"id": "x"}, {"other": 1}]}, indent=2).encode()
    given = {"JSON": {"Type": "DOCUMENT"}}
    expression = "SELECT r.id FROM S3Object[*].Rules[*] r"
    assert select(s3, bucket, document, expression, given)[0] == '{"id":"x"}\n{}\n'


def test_many_documents_one_after_the_other(s3: Any, bucket: str) -> None:
    body = b"".join(b'{"n": %d, "t": "\xc3\xbc"}' % n for n in range(40_000))  # over four pieces
    given = {"JSON": {"Type": "DOCUMENT"}}
    expression = "SELECT COUNT(*), SUM(s.n), MAX(s.t) FROM S3Object s"
    found = json.loads(select(s3, bucket, body, expression, given)[0])
    assert found == {"_1": 40_000, "_2": sum(range(40_000)), "_3": "\u00fc"}


def test_forms_of_csv(s3: Any, bucket: str) -> None:
    given = {
        "CSV": {
            "FieldDelimiter": "|", "RecordDelimiter": ";", "QuoteCharacter": "'", "Comments": "#",
            "AllowQuotedRecordDelimiter": True,
        }
    }  # fmt: skip
    body = b"a|'b;c'|1;#no|thing|;'it''s'|d|2"
    wanted = {"CSV": {"FieldDelimiter": ",", "RecordDelimiter": "\n", "QuoteFields": "ALWAYS"}}
    found, _ = select(s3, bucket, body, "SELECT _1, _2 FROM S3Object", given, wanted)
    assert found == '"a","b;c"\n"it\'s","d"\n'
    found, _ = select(s3, bucket, PEOPLE, "SELECT * FROM S3Object", USE, {"CSV": {}})
    assert found.encode() == PEOPLE.partition(b"\n")[2]


def test_a_quoted_field_may_be_nearly_a_megabyte(s3: Any, bucket: str) -> None:
    body = b'"' + b"x, " * 300_000 + b'",2\n'
    expression = "SELECT CHAR_LENGTH(_1), _2 FROM S3Object"
    assert select(s3, bucket, body, expression, {"CSV": {}})[0] == '{"_1":900000,"_2":"2"}\n'


def test_packed_objects_and_what_is_told_of_them(s3: Any, bucket: str) -> None:
    many = b"name,age\n" + b"somebody,42\n" * 50_000
    for packing, packed in (("GZIP", gzip.compress(many)), ("BZIP2", bz2.compress(many))):
        given = {**USE, "CompressionType": packing}
        found, others = select(
            s3, bucket, packed, "SELECT COUNT(*) FROM S3Object", given,
            RequestProgress={"Enabled": True},
        )  # fmt: skip
        assert found == '{"_1":50000}\n'
        told = others["Stats"]["Details"]
        assert told == {
            "BytesScanned": len(packed), "BytesProcessed": len(many), "BytesReturned": len(found)
        }  # fmt: skip
        assert others["Progress"]["Details"] == told
    with pytest.raises(EventStreamError, match="TruncatedInput"):
        select(
            s3, bucket, packed[:-20], "SELECT * FROM S3Object", {**USE, "CompressionType": "BZIP2"}
        )


def test_records_that_begin_in_a_range(s3: Any, bucket: str) -> None:
    body = b"".join(b"%04d\n" % n for n in range(100))
    found = ""
    for start in range(0, 500, 73):  # ranges that meet in the middle of records
        part, _ = select(
            s3, bucket, body, "SELECT * FROM S3Object", {"CSV": {}}, {"CSV": {}},
            ScanRange={"Start": start, "End": start + 72},
        )  # fmt: skip
        found += part
    assert found.encode() == body
    last, _ = select(
        s3, bucket, body, "SELECT * FROM S3Object", {"CSV": {}}, {"CSV": {}}, ScanRange={"End": 10}
    )
    assert last == "0098\n0099\n"


def test_parquet(s3: Any, bucket: str, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "t.parquet"
    duckdb.sql(
        f"COPY (SELECT n AS id, 'name ' || n AS name, {{'x': [n, n + 1]}} AS s "
        f"FROM range(2500) t(n)) TO '{path}' (FORMAT parquet)"
    )
    expression = "SELECT p.name, p.s.x[1] AS y FROM S3Object p WHERE p.id = 2400"
    found, _ = select(s3, bucket, path.read_bytes(), expression, {"Parquet": {}})
    assert json.loads(found) == {"name": "name 2400", "y": 2401}
    with pytest.raises(EventStreamError, match="ParquetParsingError"):
        select(s3, bucket, b"no parquet", "SELECT * FROM S3Object", {"Parquet": {}})


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("SELEC * FROM S3Object", "ParseExpectedKeyword"),
        ("SELECT *", "ParseSelectMissingFrom"),
        ("SELECT * FROM elsewhere", "InvalidDataSource"),
        ("SELECT * FROM S3Object WHERE", "ParseUnexpectedToken"),
        ("SELECT * FROM S3Object WHERE a = ~", "LexerInvalidChar"),
        ("SELECT REVERSE(a) FROM S3Object", "UnsupportedFunction"),
        ("SELECT CAST(a AS thing) FROM S3Object", "ParseUnknownTypeName"),
        ("SELECT COUNT(*), a FROM S3Object", "UnsupportedSyntax"),
        ("SELECT a FROM S3Object GROUP BY a", "UnsupportedSyntax"),
        ("SELECT " + "(" * 200 + "1" + ")" * 200 + " FROM S3Object", "UnsupportedSyntax"),
        ("SELECT * FROM S3Object WHERE 1 = 1" + " AND 1 = 1" * 2000, "UnsupportedSyntax"),
        ("SELECT SUM(1" + " + 1" * 2000 + ") FROM S3Object", "UnsupportedSyntax"),
        ("SELECT '" + "x" * 262_144 + "' FROM S3Object", "ExpressionTooLong"),
    ],
)
def test_expressions_that_are_none(
    s3: Any, bucket: str, refused: Any, expression: str, code: str
) -> None:
    with refused(code, 400):
        select(s3, bucket, PEOPLE, expression, USE)


def test_what_goes_wrong_on_the_way_ends_the_stream(s3: Any, bucket: str) -> None:
    for body, expression, given, code in (
        (PEOPLE, "SELECT CAST(name AS INT) FROM S3Object", USE, "CastFailed"),
        (b'{"a": 1}\n{"a"\n', "SELECT * FROM S3Object", LINES, "JSONParsingError"),
        (b"[" * 900 + b"]" * 900, "SELECT * FROM S3Object", LINES, "JSONParsingError"),
        (b"a\xff\n", "SELECT * FROM S3Object", {"CSV": {}}, "InvalidTextEncoding"),
        (b"x" * (2 << 20), "SELECT * FROM S3Object", {"CSV": {}}, "OverMaxRecordSize"),
        (PEOPLE, "SELECT 1 / 0 FROM S3Object", USE, "EvaluatorDivideByZero"),
    ):
        with pytest.raises(EventStreamError, match=code):
            select(s3, bucket, body, expression, given)


def test_a_limit_leaves_the_rest_unread(s3: Any, bucket: str) -> None:
    many = b"name,age\n" + b"somebody,42\n" * 1_000_000
    found, others = select(s3, bucket, many, "SELECT name FROM S3Object LIMIT 2", USE)
    assert found == '{"name":"somebody"}\n' * 2
    assert others["Stats"]["Details"]["BytesScanned"] < len(many) // 2


def test_requests_that_contradict_themselves(s3: Any, bucket: str, refused: Any) -> None:
    with refused("InvalidDataSource", 400):
        select(s3, bucket, PEOPLE, "SELECT * FROM S3Object", {**USE, **LINES})
    with refused("InvalidCompressionFormat", 400):
        packed = {"Parquet": {}, "CompressionType": "GZIP"}
        select(s3, bucket, PEOPLE, "SELECT * FROM S3Object", packed)
    with refused("UnsupportedScanRangeInput", 400):
        packed = {**USE, "CompressionType": "GZIP"}
        select(s3, bucket, PEOPLE, "SELECT * FROM S3Object", packed, ScanRange={"Start": 1})
    with refused("NoSuchKey", 404):
        s3.select_object_content(
            Bucket=bucket, Key="none", Expression="SELECT * FROM S3Object", ExpressionType="SQL",
            InputSerialization=USE, OutputSerialization={"CSV": {}},
        )  # fmt: skip


def test_only_so_many_at_once(s3: Any, bucket: str, refused: Any, target: str) -> None:
    """Each has a process; streams that nobody reads hold theirs."""
    if target != "jedlik":
        pytest.skip("our own limit")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 99 + b"\n" * 1 + b"0123456789\n" * 1_000_000)
    asked = {
        "Bucket": bucket, "Key": "k", "Expression": "SELECT * FROM S3Object",
        "ExpressionType": "SQL", "InputSerialization": {"CSV": {}},
        "OutputSerialization": {"CSV": {}},
    }  # fmt: skip
    held = []
    try:
        with refused("Busy", 503):
            for _ in range(17):
                held.append(s3.select_object_content(**asked)["Payload"])
    finally:
        for each in held:
            each.close()
    assert len(held) == 16
    for _ in range(100):  # the server finds out in its own time that nobody reads
        try:
            last = s3.select_object_content(**asked)["Payload"]
        except s3.exceptions.ClientError:
            time.sleep(0.1)
            continue
        assert next(iter(last))["Records"]["Payload"]
        last.close()
        return
    raise AssertionError("streams that were closed still count")


def test_values_that_no_number_can_be(s3: Any, bucket: str) -> None:
    """What is beyond numbers is a fault in the stream, or no number, never an internal error."""
    body = b"nan,1e400,\xc2\xb2," + b"9" * 900 + b"\n"
    found, _ = select(
        s3, bucket, body, "SELECT _1 > 1, _2 > 1, _3 > 1, _4 > 1 FROM S3Object", {"CSV": {}}
    )
    assert json.loads(found) == {"_1": False, "_2": True, "_3": False, "_4": True}
    for expression, code in (
        ("CAST(_1 AS FLOAT)", "CastFailed"),
        ("CAST(_2 AS FLOAT) * 10", "CastFailed"),
        ("_4 * _4", "IntegerOverflow"),
        ("CAST('1e308' AS FLOAT) * 10", "IntegerOverflow"),
        ("_1 LIKE _1 ESCAPE TRUE", "LikeInvalidInputs"),
    ):
        with pytest.raises(EventStreamError, match=code):
            select(s3, bucket, body, f"SELECT {expression} FROM S3Object", {"CSV": {}})
