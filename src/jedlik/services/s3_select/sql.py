"""The SQL of S3 Select, from text to a Query. Raises Fault.

SELECT * | expression [AS name], … FROM S3Object[path] [AS alias] [WHERE condition] [LIMIT n]

`tokens.py` walks over the text, `expressions.py` reads what stands in the clauses.
"""

from __future__ import annotations

from typing import Any

from jedlik.services.s3_select.expressions import expression, steps
from jedlik.services.s3_select.faults import Fault, not_supported, unexpected
from jedlik.services.s3_select.syntax import (
    WILDCARD,
    Item,
    Name,
    Path,
    Query,
    aggregates,
    levels,
    parts,
)
from jedlik.services.s3_select.tokens import RESERVED, Cursor

EXPRESSION_BYTES_MAX = 256 * 1024
LEVELS_MAX = 250  # of calls in calls, as one after the other in "a AND b AND c". Unverified


def read(text: str) -> Query:
    if len(text.encode()) > EXPRESSION_BYTES_MAX:
        raise Fault(
            "ExpressionTooLong",
            "The SQL expression is too long: The maximum byte-length for the SQL expression is "
            "256 KB.",
        )
    query = _query(Cursor(text))
    _check(query)
    return query


def _query(cursor: Cursor) -> Query:
    cursor.expect_word("SELECT")
    if cursor.head.is_word("DISTINCT"):
        raise not_supported("DISTINCT")
    items = None if cursor.take_mark("*") else cursor.comma_list(_item)
    if not cursor.take_word("FROM"):
        raise Fault("ParseSelectMissingFrom", "Missing FROM after the SELECT list.")
    source, aliases = _source(cursor)
    if items and len(items) == 1 and _is_whole(items[0], aliases):
        items = None
    where = expression(cursor) if cursor.take_word("WHERE") else None
    clause = cursor.take_word("GROUP", "ORDER", "HAVING", "JOIN", "UNION")
    if clause:
        raise not_supported(clause)
    limit = _limit(cursor) if cursor.take_word("LIMIT") else None
    token = cursor.advance()
    if token.kind != "end":
        raise unexpected(token.text, token.at)
    return Query(items, source, aliases, where, limit)


def _item(cursor: Cursor) -> Item:
    found = expression(cursor)
    name = None
    named = cursor.head.is_name and not cursor.head.is_reserved
    if cursor.take_word("AS") or named:
        name = cursor.name().text
    elif isinstance(found, Path) and isinstance(found.steps[-1], Name):
        name = found.steps[-1].text
    return Item(found, name)


def _source(cursor: Cursor) -> tuple[tuple[Any, ...], frozenset[str]]:
    """The path below a record, and what names the row."""
    token = cursor.advance()
    if not token.is_word("S3OBJECT"):
        raise Fault("InvalidDataSource", "Invalid data source type. Only S3Object is supported.")
    path = steps(cursor)
    names = {"s3object"}
    if cursor.take_word("AS") or cursor.head.is_name:
        if cursor.head.text.upper() not in RESERVED:
            names.add(cursor.name().text.lower())
    return path, frozenset(names)


def _limit(cursor: Cursor) -> int:
    token = cursor.advance()
    if not token.is_digits:
        raise unexpected(token.text, token.at)
    return int(token.text)


def _is_whole(item: Item, aliases: frozenset[str]) -> bool:
    """Whether an item is `alias.*`."""
    found = item.expression
    return (
        isinstance(found, Path)
        and len(found.steps) == 2
        and isinstance(found.steps[0], Name)
        and found.steps[0].text.lower() in aliases
        and found.steps[1] is WILDCARD
    )


def _check(query: Query) -> None:
    """Aggregates stand in the SELECT list, not in each other, and beside no plain columns."""
    if aggregates(query.where):
        raise not_supported("an aggregate in the WHERE clause")
    items = [item.expression for item in query.items or ()]
    for each in (query.where, *items):
        for whole in (each, *(one.arg for one in aggregates(each))):
            if sum(1 for _ in levels(whole)) > LEVELS_MAX:
                raise not_supported("an expression as deep as this")
    aggregated = any(aggregates(each) for each in items)
    for each in items:
        inside = aggregates(each)
        if any(aggregates(one.arg) for one in inside):
            raise not_supported("an aggregate in an aggregate")
        if aggregated and not inside and any(isinstance(part, Path) for part in parts(each)):
            raise not_supported("a column beside an aggregate")
