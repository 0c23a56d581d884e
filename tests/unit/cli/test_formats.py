"""Every file that `jedlik load` takes, and what it says of one that it cannot."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from jedlik.cli import formats

A = {"pk": {"S": "a"}, "n": {"N": "1.50"}}
B = {"pk": {"S": "b"}, "m": {"M": {"x": {"L": [{"NULL": True}]}}}}


def items(path: Path, **types: str) -> list[Any]:
    return [write.request["PutRequest"]["Item"] for write in formats.read(path, types=types)]


def test_dynamodb_json_lines_bare_and_as_exported(tmp_path: Path) -> None:
    file = tmp_path / "T.jsonl"
    file.write_text(json.dumps(A) + "\n\n" + json.dumps({"Item": B}) + "\n")
    assert items(file) == [A, B]
    assert formats.table_named_by(file) == "T"


def test_plain_json_lines_keep_numbers_as_written(tmp_path: Path) -> None:
    file = tmp_path / "T.ndjson"
    file.write_text('{"pk": "a", "n": 0.1000000000000000055511151231257827, "l": [true, null, {}]}')
    assert items(file) == [
        {
            "pk": {"S": "a"},
            "n": {"N": "0.1000000000000000055511151231257827"},
            "l": {"L": [{"BOOL": True}, {"NULL": True}, {"M": {}}]},
        }
    ]


def test_a_batch_request_names_its_tables(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    delete = {"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}
    requests = {"T": [{"PutRequest": {"Item": A}}, delete], "U": [{"PutRequest": {"Item": B}}]}
    expected = [
        ("T", {"PutRequest": {"Item": A}}),
        ("T", delete),
        ("U", {"PutRequest": {"Item": B}}),
    ]
    texts = [
        json.dumps(requests),
        json.dumps(requests, indent=2),
        json.dumps({"RequestItems": requests}),
    ]
    for text in texts:
        file.write_text(text)
        assert [(w.table, w.request) for w in formats.read(file, types={})] == expected


def test_scan_answers_arrays_and_single_items(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    for text in (
        json.dumps({"Items": [A, B], "Count": 2}),
        json.dumps([A, B], indent=1),
        json.dumps([A, B]),
    ):
        file.write_text(text)
        assert items(file) == [A, B]
    file.write_text(json.dumps(A, indent=2))
    assert items(file) == [A]


def test_csv_takes_key_types_and_leaves_empty_cells_out(tmp_path: Path) -> None:
    file = tmp_path / "T.csv.gz"
    file.write_bytes(gzip.compress('\ufeffId,Name,Tags,Ok\n1,"a, b",x|y,true\n2,,,\n'.encode()))
    assert items(file, Id="N", Tags="SS", Ok="BOOL") == [
        {
            "Id": {"N": "1"},
            "Name": {"S": "a, b"},
            "Tags": {"SS": ["x", "y"]},
            "Ok": {"BOOL": True},
        },
        {"Id": {"N": "2"}},
    ]
    assert formats.table_named_by(file) == "T"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.jsonl", '{"a": 1}\n{"a": \n', "x.jsonl, line 2: Expecting value"),
        ("x.jsonl", '{"a": 1}\n[]\n', "x.jsonl, line 2: an item is a JSON object"),
        ("x.json", "3", "neither items nor a BatchWriteItem request"),
        ("x.json", "{", "x.json: Expecting property name"),
        ("x.csv", "a,b\n1,2,3\n", "x.csv, line 2: more cells than the header has"),
        ("x.csv", "a,b,a\n1,2,3\n", "x.csv, line 1: the header names 'a' twice"),
        ("x.csv", "a,,b\n1,2,3\n", "x.csv, line 1: the header does not name column 2"),
        ("x.json", '[{"a": 1}, 2]', "x.json, item 2: an item is a JSON object"),
        ("x.csv", "a\n1\n\udce9\n", "x.csv, after line"),
        ("x.txt", "", "x.txt: not one of .json, .jsonl, .ndjson, .csv"),
        ("x.json.gz", "no gzip", "x.json.gz: Not a gzipped file"),
    ],
)
def test_says_what_is_wrong_and_where(tmp_path: Path, name: str, text: str, message: str) -> None:
    file = tmp_path / name
    file.write_text(text, errors="surrogateescape")
    with pytest.raises(formats.BadFile) as bad:
        list(formats.read(file, types={}))
    assert message in str(bad.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("x.json", ""), ("x.jsonl", ""), ("x.jsonl", "\n \n"), ("x.csv", ""), ("x.csv", "a,b\n")],
)
def test_an_empty_file_holds_no_items(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert items(tmp_path / name) == []


def test_a_batch_never_holds_a_key_twice() -> None:
    requests = [{"PutRequest": {"Item": {"pk": {"N": str(n % 30)}}}} for n in range(60)]
    writes = [formats.Write(None, request, 0, f"line {n}") for n, request in enumerate(requests)]
    groups = list(formats.batches(writes, key_names=("pk",)))
    assert [write for group in groups for write in group] == writes
    assert [len(group) for group in groups] == [25, 25, 10]
    again = [writes[0], writes[1], writes[0]]
    assert [len(group) for group in formats.batches(again, key_names=("pk",))] == [2, 1]


def test_plain_json_writes_numbers_as_they_are() -> None:
    item = {"n": {"N": "1.50"}, "s": {"NS": ["1", "2"]}, "z": {"NULL": True}, "b": {"B": "AA=="}}
    assert orjson.dumps(formats.to_plain_json(item)) == b'{"n":1.50,"s":[1,2],"z":null,"b":"AA=="}'
