"""What went wrong in DuckDB, in Athena's words. The texts follow Athena's by their kind; where what
DuckDB says is all there is to tell, it is told. Unverified: most of it."""

from __future__ import annotations

import re
from typing import Any

import duckdb

_MISSING_COLUMN = re.compile(r'Referenced (?:column|table) "([^"]+)" (?:was )?not found')
_NO_COLUMN = re.compile(r'(?:does not have a column named|Could not find key) "([^"]+)"')
_MISSING_FUNCTION = re.compile(r"Function with name \"?([\w$]+)\"? does not exist")
_CAST = re.compile(
    r"(?:Could not convert(?: string)?|Unable to cast) [\"']?(.*?)[\"']? to [\"']?(\w+)"
)


class Refused(Exception):
    """Something that this engine does not do. The text is for the client."""


def told(fault: Exception, plan: dict[str, Any]) -> dict[str, Any]:
    """reason, and the category and type of the AthenaError."""
    text = str(fault).partition("\nLINE ")[0].strip()
    text = re.sub(r"^\w[\w ]* Error: ", "", text).partition("\nTry setting")[0].strip()
    for step in plan["steps"]:
        for group in step.get("table", {}).get("groups", ()):
            for path, uri in group["files"]:
                text = text.replace(path, uri)
    text = text.replace(plan["folder"], "")[:2000]
    for kind, reason, type_ in _reasons(fault, text):
        if isinstance(fault, kind):
            return {"reason": reason, "category": 2, "type": type_}
    return {"reason": f"GENERIC_INTERNAL_ERROR: {text}", "category": 1, "type": 401}


def _reasons(fault: Exception, text: str) -> list[tuple[type[Exception], str, int]]:
    first = text.partition("\n")[0]
    missing = _MISSING_COLUMN.search(text) or _NO_COLUMN.search(text)
    if missing is not None:
        name = missing[1].lower()
        bound = (
            f"COLUMN_NOT_FOUND: line 1:1: Column '{name}' cannot be resolved or requester is not "
            "authorized to access requested resources"
        )
    else:
        bound = f"TYPE_MISMATCH: line 1:1: {first}"
    function = _MISSING_FUNCTION.search(text)
    if function is not None:
        there = f"FUNCTION_NOT_FOUND: line 1:1: Function '{function[1].lower()}' not registered"
    else:
        there = f"SYNTAX_ERROR: line 1:1: {first}"
    cast = _CAST.search(text)
    if 'in file "' in text or "from source column" in text:
        conversion = f"HIVE_BAD_DATA: {first}"
    elif text.startswith("Division by zero"):
        conversion = "DIVISION_BY_ZERO: Division by zero"
    elif cast is not None:
        conversion = f"INVALID_CAST_ARGUMENT: Cannot cast '{cast[1]}' to {cast[2].lower()}"
    else:
        conversion = f"INVALID_FUNCTION_ARGUMENT: {first}"
    return [
        (Refused, text, 1005),
        (duckdb.OutOfMemoryException, "Query exhausted resources at this scale factor", 233),
        (duckdb.BinderException, bound, 1006),
        (duckdb.CatalogException, there, 1006),
        (duckdb.ParserException, f"SYNTAX_ERROR: line 1:1: {first}", 1001),
        (duckdb.ConversionException, conversion, 1009),
        (duckdb.OutOfRangeException, f"NUMERIC_VALUE_OUT_OF_RANGE: {first}", 1009),
        (duckdb.InvalidInputException, conversion, 1100),
        (duckdb.PermissionException, f"PERMISSION_DENIED: {first}", 1003),
        (duckdb.IOException, f"HIVE_CANNOT_OPEN_SPLIT: {first}", 1106),
        (duckdb.NotImplementedException, f"NOT_SUPPORTED: {first}", 1004),
    ]
