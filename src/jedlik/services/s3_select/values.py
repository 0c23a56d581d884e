"""The values of a query, and what two of them come to. Raises Fault.

A value is None (NULL), MISSING, or a bool, int, float, Decimal, str, Text, datetime, dict or list.
Text is what a CSV file holds, of which nobody has said what it is: compared with a number it counts
as one, if it can be read as one. Unverified: the reference asks for CAST there.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from jedlik.services.s3_select import dates
from jedlik.services.s3_select.faults import Fault, bad_arguments

INTEGER_BITS_MAX = 4096


class _Nothing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Nothing()


class Text(str):
    """A field of a CSV file."""

    __slots__ = ()


def as_number(value: Any) -> int | float | Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, Text):
        text = value.strip()
        try:
            number = int(text) if text.lstrip("+-").isdecimal() else Decimal(text)
        except (InvalidOperation, ValueError):
            return None
        return number if is_finite(number) else None
    return None


def compare(left: Any, right: Any) -> int | None:
    """-1, 0 or 1; None where the two have nothing to do with each other."""
    if isinstance(left, str) and isinstance(right, str):
        return _order(left, right)
    one, other = as_number(left), as_number(right)
    if one is not None and other is not None:
        return _order(*_alike(one, other))
    if isinstance(left, bool) and isinstance(right, bool):
        return _order(left, right)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return _order(left, right)
    if type(left) is type(right) and isinstance(left, dict | list):
        return 0 if left == right else None
    return None


def _order(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)


def arithmetic(mark: str, left: Any, right: Any) -> Any:
    one, other = as_number(left), as_number(right)
    if one is None or other is None:
        raise bad_arguments(mark)
    if mark in "/%" and other == 0:
        raise Fault("EvaluatorDivideByZero", "Division by zero in the SQL expression.")
    try:
        found = _calculated(mark, *_alike(one, other))
    except (ArithmeticError, ValueError):
        raise _overflow() from None
    if not is_finite(found) or (isinstance(found, int) and found.bit_length() > INTEGER_BITS_MAX):
        raise _overflow()
    return found


def _calculated(mark: str, one: Any, other: Any) -> Any:
    if mark == "+":
        return one + other
    if mark == "-":
        return one - other
    if mark == "*":
        return one * other
    sign = -1 if one < 0 else 1
    if mark == "%":
        return sign * (abs(one) % abs(other))
    if isinstance(one, int) and isinstance(other, int):
        quotient = abs(one) // abs(other)
        return quotient if (one < 0) == (other < 0) else -quotient
    return one / other


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two numbers that Python computes with: a float beside a Decimal is one, too."""
    if isinstance(left, float) and isinstance(right, Decimal):
        return left, float(right)
    if isinstance(left, Decimal) and isinstance(right, float):
        return float(left), right
    return left, right


def widened(number: Any) -> Any:
    return Decimal(number) if isinstance(number, int) else number


def is_finite(number: Any) -> bool:
    if isinstance(number, Decimal):
        return number.is_finite()
    return isinstance(number, int) or isfinite(number)


def _overflow() -> Fault:
    return Fault("IntegerOverflow", "Integer overflow or underflow in the SQL expression.")


def written(value: Any) -> str:
    """A plain value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Decimal):
        return format(value, "f") if abs(value.adjusted()) < 30 else str(value)
    if isinstance(value, datetime):
        return dates.written(value)
    return str(value)
