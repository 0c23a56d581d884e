"""`jedlik sample`, `load`, `dump` and `status` against a running server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ACCESS_KEY, REGION, SECRET_KEY

COMMAND_S_MAX = 60

Jedlik = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def jedlik(endpoint: str | None, target: str) -> Jedlik:
    """jedlik("status"): the command, against the server under test."""
    if target != "jedlik":
        pytest.skip("the command is for Jedlik")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JEDLIK_", "AWS_"))}
    keys = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": REGION,
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "jedlik", *arguments],
            capture_output=True,
            text=True,
            env={**kept, "JEDLIK_ENDPOINT": str(endpoint), **keys},
            stdin=subprocess.DEVNULL,
            timeout=COMMAND_S_MAX,
        )

    return run


def items_of(jedlik: Jedlik, table: str, *more: str) -> list[Any]:
    done = jedlik("dump", table, *more)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_sample_twice_gives_the_four_tables(jedlik: Jedlik, dynamodb: Any) -> None:
    for _ in range(2):
        done = jedlik("sample")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            "ProductCatalog: 8 items",
            "Forum: 3 items",
            "Thread: 5 items",
            "Reply: 8 items",
        ]
    assert dynamodb.scan(TableName="ProductCatalog", Select="COUNT")["Count"] == 8
    status = jedlik("status")
    assert status.returncode == 0, status.stderr
    assert "auth open" in status.stdout
    assert "PostedBy-Message-Index" in status.stdout


def test_load_makes_the_table_and_dump_gives_the_items_back(
    jedlik: Jedlik, table_name: str, tmp_path: Path, dynamodb: Any
) -> None:
    file = tmp_path / f"{table_name}.jsonl"
    sent = [{"k": {"S": f"{n:03}"}, "r": {"N": str(n % 7)}, "x": {"BOOL": True}} for n in range(80)]
    file.write_text("".join(json.dumps(item) + "\n" for item in sent))
    done = jedlik("load", str(file))
    assert done.returncode == 1
    assert f"there is no table {table_name}" in done.stderr
    done = jedlik("load", str(file), "--key", "k:S", "--key", "r:N")
    assert done.returncode == 0, done.stderr
    assert f"made the table {table_name}" in done.stdout
    assert "80 items" in done.stdout
    assert sorted(items_of(jedlik, table_name), key=lambda item: item["k"]["S"]) == sent
    plain = items_of(jedlik, table_name, "--plain")
    assert {"k": "008", "r": 1, "x": True} in plain


def test_a_folder_of_every_format(jedlik: Jedlik, table: str, tmp_path: Path) -> None:
    put = {"PutRequest": {"Item": {"pk": {"S": "batch"}}}}
    (tmp_path / "a.json").write_text(json.dumps({table: [put]}))
    (tmp_path / "b.jsonl").write_text('{"pk": "plain", "n": 1.5}\n')
    (tmp_path / "c.csv").write_text("pk,Age,Name\ncsv,41,Ann\n")
    (tmp_path / "notes.txt").write_text("not for loading")
    done = jedlik("load", str(tmp_path), "--table", table, "--type", "Age=N")
    assert done.returncode == 0, done.stderr
    found = {item["pk"]["S"]: item for item in items_of(jedlik, table)}
    assert found == {
        "batch": {"pk": {"S": "batch"}},
        "plain": {"pk": {"S": "plain"}, "n": {"N": "1.5"}},
        "csv": {"pk": {"S": "csv"}, "Age": {"N": "41"}, "Name": {"S": "Ann"}},
    }


def test_a_refused_item_says_which_file_and_how_far(
    jedlik: Jedlik, table: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.jsonl"
    good = "".join(json.dumps({"pk": str(n)}) + "\n" for n in range(25))
    file.write_text(good + '{"other": 1}\n')
    done = jedlik("load", str(file), "--table", table)
    assert done.returncode == 1
    assert "BatchWriteItem was refused: ValidationException" in done.stderr
    assert f"Error: {file}, line 26: BatchWriteItem was refused:" in done.stderr
    assert "(25 items were loaded before)" in done.stderr


def test_what_comes_before_a_bad_line_is_loaded_whatever_is_bad(
    jedlik: Jedlik, table: str, tmp_path: Path
) -> None:
    # 30 good lines are one batch and a part of another, which the server would refuse as a whole.
    for bad in ('{"other": 1}', "nonsense", '{"pk": 7}'):
        mark = f"{len(bad)}-"
        good = "".join(json.dumps({"pk": f"{mark}{n:02}"}) + "\n" for n in range(30))
        file = tmp_path / "x.jsonl"
        file.write_text(good + bad + "\n" + '{"pk": "after"}\n')
        done = jedlik("load", str(file), "--table", table)
        loaded = [item["pk"]["S"] for item in items_of(jedlik, table)]
        assert done.returncode == 1
        assert f"{file}, line 31: " in done.stderr
        assert "(30 items were loaded before)" in done.stderr
        assert sorted(pk for pk in loaded if pk.startswith(mark)) == [
            f"{mark}{n:02}" for n in range(30)
        ]
        assert "after" not in loaded


@pytest.mark.parametrize("command", [("status",), ("sample",), ("dump", "T")])
def test_without_a_server_one_line_says_so(jedlik: Jedlik, command: tuple[str, ...]) -> None:
    done = jedlik(*command, "--endpoint", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "Error: nothing answers at http://127.0.0.1:9: start a server with `jedlik start`, "
        "or name another with --endpoint"
    )


def test_dump_of_an_absent_table_is_one_line(jedlik: Jedlik, table_name: str) -> None:
    done = jedlik("dump", table_name)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: there is no table {table_name} at http://")
