"""The program that reads queries: `python -m jedlik.services.athena.sql.reader`.

A line of JSON in, a line of JSON out, until the input ends. Beside the server, because some texts
take a parser longer than anybody should wait: `reading.py` ends it then.

    {"what": "check", "sql"}                                     -> {}
    {"what": "names", "sql", "parameters", "database"}           -> {"names", "wants_path"}
    {"what": "render", "sql", "parameters", "database", "columns"} -> {"sqls"}
    what is wrong with it                                        -> {"malformed"} or {"failed"}
"""

from __future__ import annotations

import sys
from typing import Any

import orjson

from jedlik.services.athena.sql import translate
from jedlik.services.athena.sql.faults import Failed, Malformed

MEMORY_BYTES_MAX = 2 << 30


def main() -> int:
    _limit_memory()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(orjson.dumps(answer(orjson.loads(line))) + b"\n")
        sys.stdout.buffer.flush()
    return 0


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return _answer(asked)
    except Malformed as fault:
        return {"malformed": str(fault)}
    except Failed as fault:
        return {"failed": [fault.reason, fault.category, fault.type]}
    except (RecursionError, MemoryError):
        return {"malformed": "the statement is nested too deep"}


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    if asked["what"] == "check":
        translate.check(asked["sql"])
        return {}
    tree = translate.read(asked["sql"], asked["parameters"])
    names = translate.names(tree, asked["database"])
    if asked["what"] == "names":
        return {"names": names, "wants_path": translate.wants_path(tree)}
    return {"sqls": translate.render(tree, asked["columns"])}


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    except (ImportError, ValueError, OSError):
        return  # not everywhere


if __name__ == "__main__":
    raise SystemExit(main())
