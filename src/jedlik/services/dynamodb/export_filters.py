"""What of a table an export takes: its FilterSpecification (developer guide, "Filtering a table
export").

The expressions are Query's and Scan's, and are checked as theirs when the export is asked for. The
key condition bounds the image that is taken; the filter and the projection are applied where items
become lines (`coding.py`), which may be another process, so there they are made from the
specification again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedlik.services.dynamodb.item_keys import refuse_filter_on_keys, refuse_paths_into_keys
from jedlik.services.dynamodb.request_expressions import ReadParts, with_expressions
from jedlik.services.dynamodb.rules import query_parameters
from jedlik.tables.backups import Span
from jedlik.tables.model import KeySchema, Table
from jedlik.values import encode_key_tuple, token

MEMBER = "FilterSpecification"


def filter_parameters(req: Mapping[str, Any]) -> str | None:
    """A rule: names and values go with expressions."""
    return query_parameters(req.get(MEMBER, {}))


def parts_of(specification: Mapping[str, Any]) -> ReadParts:
    """Its expressions; raises Invalid."""
    return with_expressions(specification, ReadParts(None, None, None))


def check_parts(parts: ReadParts, table: Table) -> None:
    """Whether they fit the keys of the table; raises Invalid."""
    if parts.keys is not None:
        parts.keys.range(table.keys)
        if parts.condition is not None:
            refuse_filter_on_keys("Filter Expression", parts.condition, table.keys)
    refuse_paths_into_keys(table, parts.condition, parts.projection)


def span_of(specification: Mapping[str, Any], keys: KeySchema) -> Span | None:
    """The rows that its key condition selects; None where it has none. It was checked."""
    wanted = parts_of(specification).keys
    if wanted is None:
        return None
    found = wanted.range(keys)
    return Span(
        token(encode_key_tuple(found.partition)),
        found.low,
        found.high,
        found.low_open,
        found.high_open,
    )
