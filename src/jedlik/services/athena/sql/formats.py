"""Trino's format(), whose texts are Java's, as DuckDB's printf."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from jedlik.services.athena.sql.faults import Failed

# %[argument$][flags][width][.precision]conversion
_PLACE = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*\d*(?:\.\d+)?)([a-zA-Z%])")
_NUMBERS = {"d": "BIGINT", "x": "BIGINT", "X": "BIGINT", "o": "BIGINT"}
_NUMBERS |= dict.fromkeys("eEfgG", "DOUBLE")


def formatted(node: exp.Expr, _columns: Any) -> exp.Expr:
    """A call of format(text, …). Raises Failed for what cannot be told the engine."""
    text, given = node.this, node.expressions
    if not isinstance(text, exp.Literal):
        raise Failed("NOT_SUPPORTED: texts of format() must be literals here", type=1004)
    used: list[exp.Expr] = []
    following = iter(range(len(given)))

    def place(found: re.Match[str]) -> str:
        number, shape, conversion = found.groups()
        if conversion in "%n":
            return "%%" if conversion == "%" else "\n"
        at = int(number) - 1 if number else next(following, len(given))
        if at >= len(given):
            raise Failed(
                f"INVALID_FUNCTION_ARGUMENT: Invalid format string: {text.name} "
                f"(MissingFormatArgument: Format specifier '{found[0]}')"
            )
        if conversion in _NUMBERS:
            used.append(exp.cast(given[at].copy(), _NUMBERS[conversion]))
            return f"%{shape}{conversion}"
        if conversion in "sSb":
            shown: exp.Expr = exp.Coalesce(
                this=exp.cast(given[at].copy(), "VARCHAR"),
                expressions=[exp.Literal.string("null")],
            )
            used.append(exp.Upper(this=shown) if conversion == "S" else shown)
            return f"%{shape}s"
        raise Failed(f"NOT_SUPPORTED: format() with '{found[0]}'", type=1004)

    made = _PLACE.sub(place, text.name)
    return exp.Anonymous(this="printf", expressions=[exp.Literal.string(made), *used])
