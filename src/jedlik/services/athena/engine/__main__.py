"""Runs one query. In: see `sql/plan.py`. Out: {"columns", "rows", "files"} or {"fault"}."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

import duckdb
import orjson

from jedlik.services.athena.engine import faults, macros, readers, written
from jedlik.services.athena.sql.hive_types import literal, quoted

LOOK_S = 1.0


def main() -> int:
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    plan = orjson.loads(sys.stdin.buffer.read())
    try:
        answer = run(plan)
    except (duckdb.Error, faults.Refused) as fault:
        answer = {"fault": faults.told(fault, plan)}
    sys.stdout.buffer.write(orjson.dumps(answer))
    return 0


def _end_with(parent: int) -> None:
    """End when the server is gone: nobody would ever stop a query whose server was killed."""
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


def run(plan: dict[str, Any]) -> dict[str, Any]:
    connection = connect(plan)
    for name in plan["schemas"]:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}")
    for step in plan["steps"]:
        if "rows" in step:
            _make_rows(connection, step["rows"])
        elif "view" in step:
            view = step["view"]
            sql = _that_binds(connection, view["sqls"])
            connection.execute(f"CREATE VIEW {_name(view)} AS {sql}")
        else:
            table = step["table"]
            sql = readers.select(connection, table)
            connection.execute(f"CREATE VIEW {_name(table)} AS {sql}")
    output = plan["output"]
    sql = _that_binds(connection, plan["sqls"])
    if output["kind"] == "explain":
        word = "EXPLAIN ANALYZE" if output["analyze"] else "EXPLAIN"
        found = connection.execute(f"{word} {sql}").fetchall()
        return {"columns": [], "rows": 0, "text": "\n".join(str(row[-1]) for row in found)}
    if output["kind"] == "describe":
        return written.described(connection, sql)
    if output["kind"] == "csv":
        return written.to_csv(connection, sql, plan["folder"])
    return written.to_files(connection, sql, plan["folder"], output)


def connect(plan: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """A database in memory that reaches the query's folder and nothing else."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": f"{plan['memory_mb']}MB",
            "threads": plan["threads"],
        },
    )
    folder = plan["folder"]
    for setting in (
        f"allowed_directories=[{literal(folder)}]",
        f"temp_directory={literal(folder + '/spill')}",
        f"max_temp_directory_size='{plan['spill_mb']}MB'",
        "TimeZone='UTC'",
        "integer_division=true",
        "enable_external_access=false",
    ):
        connection.execute(f"SET {setting}")
    for sql in macros.STATEMENTS:
        connection.execute(sql)
    connection.execute("SET lock_configuration=true")
    return connection


def _that_binds(connection: duckdb.DuckDBPyConnection, sqls: list[str]) -> str:
    """The first of several readings of a query whose types fit."""
    first: duckdb.Error | None = None
    for sql in sqls:
        try:
            connection.execute(f"DESCRIBE {sql}")
        except (duckdb.BinderException, duckdb.CatalogException) as fault:
            first = first or fault
        else:
            return sql
    assert first is not None
    raise first


def _make_rows(connection: duckdb.DuckDBPyConnection, given: dict[str, Any]) -> None:
    """A table of a few rows that are known already."""
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in given["columns"])
    connection.execute(f"CREATE TABLE {_name(given)} ({columns})")
    marks = ", ".join("?" for _ in given["columns"])
    if given["rows"]:
        connection.executemany(f"INSERT INTO {_name(given)} VALUES ({marks})", given["rows"])


def _name(of: dict[str, Any]) -> str:
    return f"{quoted(of['schema'])}.{quoted(of['name'])}"


if __name__ == "__main__":
    raise SystemExit(main())
