"""Partitions as requests give them, and as answers tell what was wrong with some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.api.errors import ApiError
from jedlik.services.glue.errors import invalid
from jedlik.services.glue.store import Document


def checked(table: Document, given: Document) -> Document:
    """The partition, if it has a value for each key of its table."""
    keys = table.get("PartitionKeys") or []
    values = given.get("Values", [])
    if len(values) != len(keys):
        raise invalid("The number of partition keys do not match the number of partition values")
    return {**given, "Values": values}


def told(values: Sequence[str], refusal: ApiError) -> dict[str, Any]:
    detail = {"ErrorCode": refusal.code, "ErrorMessage": refusal.message}
    return {"PartitionValues": list(values), "ErrorDetail": detail}
