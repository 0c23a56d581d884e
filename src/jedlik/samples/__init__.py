"""The sample tables: ProductCatalog, Forum, Thread and Reply, as data.

tables.json holds the CreateTable requests, <Table>.jsonl the items in DynamoDB JSON, one a line.
Read by `jedlik sample` and by the server's --samples; the README's quick start walks through them.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import orjson


def tables() -> list[dict[str, Any]]:
    """The CreateTable requests, in the order to make them."""
    found: list[dict[str, Any]] = orjson.loads(files(__name__).joinpath("tables.json").read_bytes())
    return found


def items(table: str) -> list[dict[str, Any]]:
    """The items of one sample table, in DynamoDB JSON."""
    lines = files(__name__).joinpath(f"{table}.jsonl").read_bytes().splitlines()
    return [orjson.loads(line) for line in lines]
