"""Values of fields: None (not there), truths, numbers, times and texts; how they compare, and how
they are shown. Fields of events are texts, and numbers wherever they look like one."""

from __future__ import annotations

import math
import re
import time
from typing import Any

DECIMALS = 4
"""Of calculated numbers, as they are shown. Unverified."""
INTEGER_MAX = 1 << 63
DATE_MS_MAX = 253_402_300_799_999
"""The end of the year 9999."""
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_CHUNK = re.compile(r"\d+|\D+")
Number = int | float


class Time(int):
    """Milliseconds since 1970, shown as a date."""


def number_of(value: Any) -> Number | None:
    if isinstance(value, str):
        if _NUMBER.fullmatch(value) is None:
            return None
        found = float(value)
        if found.is_integer() and "." not in value and "e" not in value.lower():
            return int(value)
        return found if math.isfinite(found) else None
    return value if isinstance(value, int | float) else None


def plain(number: float) -> Number | None:
    """Whole numbers are shown without a point; what is no number is nothing."""
    if isinstance(number, int):
        # Longer ones are shown as floats: they could grow for ever.
        return int(number) if -INTEGER_MAX <= number <= INTEGER_MAX else float(number)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) <= INTEGER_MAX else number


def text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Time):
        return date(value)
    if isinstance(value, float):
        return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def date(ms: int) -> str:
    """2026-11-22 10:00:00.000, or the number where that is in no year that has four digits."""
    if not -DATE_MS_MAX // 5 <= ms <= DATE_MS_MAX:
        return str(int(ms))
    seconds, rest = divmod(ms, 1000)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(seconds))}.{rest:03d}"


def is_true(value: Any) -> bool:
    return value is not None and value not in (False, 0, "", "0", "false")


def equal(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return False
    if isinstance(one, bool) or isinstance(other, bool):
        return _truth(one) is not None and _truth(one) == _truth(other)
    first, second = number_of(one), number_of(other)
    if first is not None and second is not None:
        return first == second
    return text_of(one) == text_of(other)


def compared(one: Any, other: Any) -> int | None:
    """Below 0, 0 or above; None for what has no order."""
    if one is None or other is None:
        return None
    first, second = number_of(one), number_of(other)
    if first is not None and second is not None:
        return (first > second) - (first < second)
    if first is not None or second is not None:
        return None
    left, right = text_of(one), text_of(other)
    return (left > right) - (left < right)


def sort_key(value: Any) -> tuple[Any, ...]:
    """What is missing first, then texts, then numbers (user guide, "sort"). In texts, digits that
    follow each other compare by their count first."""
    if value is None:
        return (0,)
    number = number_of(value)
    if number is not None:
        return (2, number)
    chunks = _CHUNK.findall(text_of(value))
    return (1, [(1, len(each), each) if each.isdigit() else (0, 0, each) for each in chunks])


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    known = {"1": True, "true": True, "0": False, "false": False}
    return known.get(text_of(value).lower())
