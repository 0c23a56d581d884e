"""The services that a start does not wait for.

Reading their code takes as long as everything that the first answer of a table needs. So the
server begins with DynamoDB, its streams and DAX; the others come right after, or at once when one
of them is asked for (`Gateway.complete`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jedlik.api.operation import Registry, load_registry

if TYPE_CHECKING:
    from jedlik.wire.s3 import Edge

SERVICES = ("iam", "sts", "cloudwatch", "applicationautoscaling", "s3", "kinesis", "logs")


def modules() -> Iterator[str]:
    """The names of what is to be imported, one after the other."""
    for name in SERVICES:
        package = importlib.import_module(f"jedlik.services.{name}")
        for info in pkgutil.iter_modules(package.__path__):
            yield f"{package.__name__}.{info.name}"
    yield "jedlik.wire.protocols"
    yield "jedlik.background"


def services(first: Registry) -> tuple[Registry, Edge]:
    """All services, `first` among them, and what S3 does at the edge of HTTP."""
    from jedlik.services.s3 import edge

    rest = load_registry(importlib.import_module(f"jedlik.services.{name}") for name in SERVICES)
    return Registry([*first.services.values(), *rest.services.values()]), edge.Edge()
