"""Functions of dates and times: where Trino's give dates, DuckDB's mostly give timestamps."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from jedlik.services.athena.sql.calls import Columns, call
from jedlik.services.athena.sql.faults import Failed

_JODA = [  # the longest first; None is literal text
    ("yyyy", "%Y"),
    ("YYYY", "%G"),
    ("yy", "%y"),
    ("y", "%Y"),
    ("MMMM", "%B"),
    ("MMM", "%b"),
    ("MM", "%m"),
    ("M", "%-m"),
    ("dd", "%d"),
    ("d", "%-d"),
    ("DDD", "%j"),
    ("D", "%-j"),
    ("EEEE", "%A"),
    ("EEE", "%a"),
    ("EE", "%a"),
    ("E", "%a"),
    ("e", "%u"),
    ("HH", "%H"),
    ("H", "%-H"),
    ("hh", "%I"),
    ("h", "%-I"),
    ("mm", "%M"),
    ("m", "%-M"),
    ("ss", "%S"),
    ("s", "%-S"),
    ("SSSSSS", "%f"),
    ("SSS", "%g"),
    ("a", "%p"),
    ("ww", "%V"),
    ("ZZ", "%z"),
    ("Z", "%z"),
]
_DATE_UNITS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


def extract(node: exp.Expr, columns: Columns) -> exp.Expr:
    """Days of the week are 1 to 7, from Monday on."""
    parts = {"DOW": "isodow", "DAY_OF_WEEK": "isodow", "DOY": "doy", "DAY_OF_YEAR": "doy"}
    part = parts.get(node.name.upper())
    if part is None:
        return node
    return call("date_part", exp.Literal.string(part), node.expression)


def date_trunc(node: exp.Expr, columns: Columns) -> exp.Expr:
    return exp.cast(node.copy(), "DATE") if _is_date(node.this, columns) else node


def sequence(node: exp.Expr, columns: Columns) -> exp.Expr:
    if _is_date(node.args["start"], columns) and _is_date(node.args["end"], columns):
        return exp.cast(node.copy(), "DATE[]")
    return node


def date_diff(node: exp.Expr, columns: Columns) -> exp.Expr:
    """Trino counts whole units, DuckDB's date_diff the boundaries between them."""
    unit = exp.Literal.string(node.text("unit").lower() or "day")
    return call("date_sub", unit, node.expression, node.this)


def date_add(node: exp.Expr, columns: Columns) -> exp.Expr:
    """A date and some days are a date, where DuckDB makes it a timestamp."""
    if _is_date(node.this, columns) and node.text("unit").upper() in _DATE_UNITS:
        return exp.Cast(this=node.copy(), to=exp.DataType.build("DATE"))
    return node


def plus(node: exp.Expr, columns: Columns) -> exp.Expr:
    right = node.expression
    if isinstance(right, exp.Interval) and _is_date(node.this, columns):
        if right.text("unit").upper() in _DATE_UNITS:
            return exp.Cast(this=exp.Paren(this=node.copy()), to=exp.DataType.build("DATE"))
    return node


def _is_date(node: exp.Expr, columns: Columns) -> bool:
    if isinstance(node, exp.Column):
        return columns.get(node.name.lower()) == "date"
    if isinstance(node, exp.Cast):
        return bool(node.to.this == exp.DataType.Type.DATE)
    return isinstance(node, (exp.CurrentDate, exp.Date, exp.TsOrDsToDate))


def parse_datetime(node: exp.Expr, columns: Columns) -> exp.Expr:
    return from_joda([node.this, node.args["format"]])


def from_joda(given: Sequence[exp.Expr]) -> exp.Expr:
    return call("strptime", given[0], joda(given[1]))


def joda(format: exp.Expr) -> exp.Expr:
    """A pattern of Joda's as one of strftime's. Raises Failed where it is not written out."""
    if not isinstance(format, exp.Literal):
        raise Failed("NOT_SUPPORTED: patterns of dates must be literals here", type=1004)
    text, made = str(format.this), ""
    while text:
        if text[0] == "'":
            end = text.find("'", 1)
            if end == 1:
                made += "'"
            elif end < 0:
                raise Failed(f"INVALID_FUNCTION_ARGUMENT: Illegal pattern: {format.this}")
            else:
                made += text[1:end].replace("%", "%%")
            text = text[end + 1 :]
            continue
        for pattern, meant in _JODA:
            if text.startswith(pattern):
                made, text = made + meant, text[len(pattern) :]
                break
        else:
            made, text = made + text[0].replace("%", "%%"), text[1:]
    return exp.Literal.string(made)
