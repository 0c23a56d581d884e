"""The functions and operators of a query that want all of their arguments. Raises Fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from jedlik.services.s3_select import dates
from jedlik.services.s3_select.faults import bad_arguments, cast_failed
from jedlik.services.s3_select.values import (
    Text,
    arithmetic,
    as_number,
    compare,
    is_finite,
    written,
)


def _comparison(holds: Callable[[int], bool], otherwise: bool | None) -> Callable[[Any, Any], Any]:
    def compared(left: Any, right: Any) -> Any:
        found = compare(left, right)
        return otherwise if found is None else holds(found)

    return compared


def _concatenated(left: Any, right: Any) -> str:
    if not isinstance(left, str) or not isinstance(right, str):
        raise bad_arguments("||")
    return left + right


def _not(value: Any) -> Any:
    if not isinstance(value, bool):
        raise bad_arguments("NOT")
    return not value


def _negative(value: Any) -> Any:
    number = as_number(value)
    if number is None:
        raise bad_arguments("-")
    return -number


def _between(value: Any, low: Any, high: Any) -> Any:
    lower, upper = compare(value, low), compare(value, high)
    return lower is not None and upper is not None and lower >= 0 and upper <= 0


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise bad_arguments(name)
    return value


def _substring(value: Any, start: Any, length: Any = None) -> str:
    text, first = _text("SUBSTRING", value), as_number(start)
    count = as_number(length) if length is not None else None
    if not isinstance(first, int) or (length is not None and not isinstance(count, int)):
        raise bad_arguments("SUBSTRING")
    if count is None:
        return text[max(0, first - 1) :]
    if not isinstance(count, int) or count < 0:
        raise bad_arguments("SUBSTRING")
    # Places before the first count, though there is nothing at them.
    end = first - 1 + count
    return text[max(0, first - 1) : max(0, end)]


def _trim(value: Any, side: str, chars: Any) -> str:
    text, taken = _text("TRIM", value), _text("TRIM", chars)
    if side != "TRAILING":
        text = text.lstrip(taken)
    return text if side == "LEADING" else text.rstrip(taken)


def _cast(value: Any, kind: str) -> Any:
    try:
        if kind == "string":
            return (
                value if isinstance(value, str) and not isinstance(value, Text) else written(value)
            )
        if kind == "bool":
            if isinstance(value, str):
                return {"true": True, "false": False}[value.strip().lower()]
            return bool(value)
        if kind == "timestamp":
            return value if isinstance(value, datetime) else dates.read(_text("CAST", value))
        number = value.strip() if isinstance(value, str) else value
        if isinstance(number, bool):
            number = int(number)
        if kind == "int":
            if isinstance(number, str) and re.fullmatch(r"[+-]?\d{1,30}", number):
                return int(number)
            return int(Decimal(str(number)))
        found = float(number) if kind == "float" else Decimal(str(number))
        if not is_finite(found):
            raise cast_failed()
        return found
    except (ValueError, KeyError, InvalidOperation, OverflowError, TypeError):
        raise cast_failed() from None


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "=": _comparison(lambda found: found == 0, False),
    "<>": _comparison(lambda found: found != 0, True),
    "<": _comparison(lambda found: found < 0, False),
    "<=": _comparison(lambda found: found <= 0, False),
    ">": _comparison(lambda found: found > 0, False),
    ">=": _comparison(lambda found: found >= 0, False),
    "between": _between,
    "not": _not,
    "negative": _negative,
    "||": _concatenated,
    "cast": _cast,
    "CHAR_LENGTH": lambda value: len(_text("CHAR_LENGTH", value)),
    "CHARACTER_LENGTH": lambda value: len(_text("CHARACTER_LENGTH", value)),
    "LOWER": lambda value: _text("LOWER", value).lower(),
    "UPPER": lambda value: _text("UPPER", value).upper(),
    "SUBSTRING": _substring,
    "TRIM": _trim,
    "UTCNOW": lambda: datetime.now(UTC),
    "DATE_ADD": dates.added,
    "DATE_DIFF": dates.difference,
    "EXTRACT": dates.extracted,
    "TO_STRING": dates.formatted,
    "TO_TIMESTAMP": lambda text: dates.read(_text("TO_TIMESTAMP", text)),
    **{mark: (lambda left, right, mark=mark: arithmetic(mark, left, right)) for mark in "+-*/%"},
}
