"""A suite: steps sent in order to every server, on tables of its own.

Suites are independent of each other, so that they can run side by side; the steps of one are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any


@dataclass(frozen=True)
class Step:
    operation: str
    body: Any  # a dict, or bytes to be sent as they are
    # Paging and order are each server's own business where the answer is only a part.
    only_status: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    tied_on: tuple[str, ...] = ()  # the index's key: items that share it come in any order


@dataclass(frozen=True)
class Suite:
    """`steps(random)` yields what to send; `tables` (CreateTable bodies) exist before the first."""

    name: str
    tables: tuple[dict[str, Any], ...]
    steps: Callable[[Random], Iterator[Step]]
    # Whose answers count: "local" (DynamoDB Local) or "dynalite". Dynalite knows no transactions,
    # no PartiQL and no newer members, but carries AWS's own texts for errors of shape.
    peer: str = "local"
    # With False only accepting and refusing are compared, since the peer words it otherwise.
    texts: bool = True
    # DynamoDB Local keeps a number's text where an update copies it out of a document.
    exact_numbers: bool = True


def table(name: str, keys: str, **more: Any) -> dict[str, Any]:
    """A CreateTable body: `keys` such as "pk:S sk:N"; other defined attributes in `attributes`."""
    pairs = [pair.split(":") for pair in keys.split()]
    others = [pair.split(":") for pair in more.pop("attributes", "").split()]
    return {
        "TableName": name,
        "KeySchema": key_schema(*(key for key, _ in pairs)),
        "AttributeDefinitions": [
            {"AttributeName": key, "AttributeType": kind} for key, kind in [*pairs, *others]
        ],
        "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
        **more,
    }


def key_schema(partition: str, sort: str | None = None) -> list[dict[str, str]]:
    schema = [{"AttributeName": partition, "KeyType": "HASH"}]
    return schema + ([{"AttributeName": sort, "KeyType": "RANGE"}] if sort else [])


def index(
    name: str,
    partition: str,
    sort: str | None = None,
    *,
    include: list[str] | None = None,
    keys_only: bool = False,
    local: bool = False,
) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": "KEYS_ONLY" if keys_only else "ALL"}
    if include is not None:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": include}
    described = {
        "IndexName": name,
        "KeySchema": key_schema(partition, sort),
        "Projection": projection,
    }
    if not local:
        described["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    return described


def written(file: str) -> list[str]:
    """The hand-written expressions or statements of a file, one a line."""
    return (Path(__file__).parent / "written" / file).read_text().splitlines()
