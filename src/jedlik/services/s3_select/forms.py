"""Calls whose arguments have a syntax of their own, CAST(x AS INT) for one, and aggregates.

Each function reads what stands between the parentheses; `expression` reads an expression there.
Raises Fault.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from jedlik.services.s3_select.faults import Fault, bad_arguments, expected, unexpected
from jedlik.services.s3_select.syntax import Aggregate, Call, Expression, Literal
from jedlik.services.s3_select.tokens import Cursor

Read = Callable[[Cursor], Expression]

TYPES = {
    "INT": "int", "INTEGER": "int", "SMALLINT": "int", "BIGINT": "int",
    "FLOAT": "float", "REAL": "float", "DOUBLE": "float",
    "DECIMAL": "decimal", "NUMERIC": "decimal",
    "STRING": "string", "CHAR": "string", "CHARACTER": "string", "VARCHAR": "string",
    "SYMBOL": "string",
    "BOOL": "bool", "BOOLEAN": "bool",
    "TIMESTAMP": "timestamp",
}  # fmt: skip
PARTS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TIMEZONE_HOUR", "TIMEZONE_MINUTE")


def _aggregate(name: str, cursor: Cursor, expression: Read) -> Aggregate:
    if name == "COUNT" and cursor.take_mark("*"):
        return Aggregate(name, None)
    return Aggregate(name, expression(cursor))


def _cast(cursor: Cursor, expression: Read) -> Call:
    value = expression(cursor)
    cursor.expect_word("AS")
    token = cursor.advance()
    kind = TYPES.get(token.text.upper())
    if kind is None:
        raise Fault("ParseUnknownTypeName", f"Unknown type {token.text!r} in CAST.")
    if not cursor.take_word("PRECISION") and cursor.take_mark("("):
        _pass_over_size(cursor)
    return Call("cast", (value, Literal(kind)))


def _pass_over_size(cursor: Cursor) -> None:
    """The rest of DECIMAL(10, 2)."""
    while not cursor.take_mark(")"):
        token = cursor.advance()
        if token.kind != "number" and token.text != ",":
            raise unexpected(token.text, token.at)


def _substring(cursor: Cursor, expression: Read) -> Call:
    """With commas, or SUBSTRING(text FROM 2 FOR 3)."""
    args = [expression(cursor)]
    if cursor.take_word("FROM"):
        args.append(expression(cursor))
        if cursor.take_word("FOR"):
            args.append(expression(cursor))
    elif cursor.take_mark(","):
        args += cursor.comma_list(expression)
    if not 2 <= len(args) <= 3:
        raise bad_arguments("SUBSTRING")
    return Call("SUBSTRING", tuple(args))


def _trim(cursor: Cursor, expression: Read) -> Call:
    """TRIM([LEADING | TRAILING | BOTH] [characters] FROM text), or TRIM(text)."""
    side = cursor.take_word("LEADING", "TRAILING", "BOTH")
    characters: Expression = Literal(" ")
    if side is None or not cursor.take_word("FROM"):
        first = expression(cursor)
        if not cursor.take_word("FROM"):
            if side is not None:
                raise expected("FROM", cursor.head.at)
            return Call("TRIM", (first, Literal("BOTH"), characters))
        characters = first
    return Call("TRIM", (expression(cursor), Literal(side or "BOTH"), characters))


def _extract(cursor: Cursor, expression: Read) -> Call:
    part = _part(cursor)
    cursor.expect_word("FROM")
    return Call("EXTRACT", (part, expression(cursor)))


def _dates(name: str, cursor: Cursor, expression: Read) -> Call:
    part = _part(cursor)
    cursor.expect_mark(",")
    first = expression(cursor)
    cursor.expect_mark(",")
    return Call(name, (part, first, expression(cursor)))


def _part(cursor: Cursor) -> Literal:
    token = cursor.advance()
    if token.text.upper() not in PARTS:
        raise Fault(
            "ParseExpectedDatePart",
            f"Did not find the expected date part at position {token.at}.",
        )
    return Literal(token.text.upper())


FORMS: dict[str, Callable[[Cursor, Read], Expression]] = {
    "CAST": _cast,
    "SUBSTRING": _substring,
    "TRIM": _trim,
    "EXTRACT": _extract,
    **{name: partial(_dates, name) for name in ("DATE_ADD", "DATE_DIFF")},
    **{name: partial(_aggregate, name) for name in ("COUNT", "SUM", "AVG", "MIN", "MAX")},
}
