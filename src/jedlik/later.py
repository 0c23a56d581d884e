"""What a start does not wait for.

Reading the code of everything takes twice as long as what a table's first answer needs. So the
server begins with the operations of FIRST; the others come right after, those that DAX needs before
the rest, or at once when one of them is asked for (`Gateway.complete`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jedlik.api.operation import Registry, Service, load_registry

if TYPE_CHECKING:
    from jedlik.wire.s3 import Edge

FIRST = (
    "batch_get_item",
    "batch_write_item",
    "create_table",
    "delete_item",
    "delete_table",
    "describe_endpoints",
    "describe_limits",
    "describe_table",
    "get_item",
    "list_tables",
    "list_tags_of_resource",
    "put_item",
    "query",
    "scan",
    "transact_get_items",
    "transact_write_items",
    "update_item",
    "update_table",
)
"""Of DynamoDB, what most clients begin with."""
SERVICES = (
    "dynamodb",
    "dynamodbstreams",
    "dax",
    "iam",
    "sts",
    "cloudwatch",
    "applicationautoscaling",
    "s3",
    "kinesis",
    "firehose",
    "logs",
    "glue",
    "athena",
)


def first() -> Registry:
    """The operations that a start waits for."""
    return load_registry([importlib.import_module("jedlik.services.dynamodb")], only=FIRST)


def modules_of_dax() -> Iterator[str]:
    """The names of what is to be imported before DAX can begin, one after the other."""
    yield from _files("dynamodb")
    yield from _files("dax")
    yield "jedlik.dax_part"


def modules() -> Iterator[str]:
    """The same for all that comes late."""
    for name in SERVICES:
        yield from _files(name)
    yield "jedlik.wire.protocols"
    yield "jedlik.background"


def all_of_dynamodb() -> Service:
    return load_registry([importlib.import_module("jedlik.services.dynamodb")]).services["dynamodb"]


def services() -> tuple[Registry, Edge]:
    """All services, and what S3 does at the edge of HTTP."""
    from jedlik.services.s3 import edge

    found = load_registry(importlib.import_module(f"jedlik.services.{name}") for name in SERVICES)
    return found, edge.Edge()


def _files(service: str) -> Iterator[str]:
    package = importlib.import_module(f"jedlik.services.{service}")
    for info in pkgutil.iter_modules(package.__path__):
        yield f"{package.__name__}.{info.name}"
