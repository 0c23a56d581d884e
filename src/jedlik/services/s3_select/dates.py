"""Timestamps of S3 Select: read, written, added to and compared. Raises Fault."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from jedlik.services.s3_select.faults import Fault, bad_arguments

_ION = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:T(?:(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?"
    r"(Z|[+-]\d\d:\d\d)?)?"
)
_PATTERN = re.compile(r"'([^']*)'|(y+|M+|d+|a+|h+|H+|m+|s+|S+|n+|X+|x+)|(.)", re.S)
_SPANS = {"DAY": 86_400, "HOUR": 3_600, "MINUTE": 60, "SECOND": 1}


def read(text: str) -> datetime:
    """An Ion timestamp, such as 2007-02-23T12:14:33.079-08:00."""
    found = _ION.fullmatch(text.strip())
    if found is None:
        raise _no_timestamp()
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        return datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
            int(second or 0), int((fraction or "0").ljust(6, "0")[:6]), _zone(zone),
        )  # fmt: skip
    except ValueError:
        raise _no_timestamp() from None


def written(value: datetime) -> str:
    zone = value.strftime("%z")
    shown = "Z" if zone in ("+0000", "") else f"{zone[:3]}:{zone[3:]}"
    fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
    return f"{value:%Y-%m-%dT%H:%M:%S}{fraction}{shown}"


def added(part: str, count: Any, value: Any) -> datetime:
    if not isinstance(value, datetime) or isinstance(count, bool) or not isinstance(count, int):
        raise bad_arguments("DATE_ADD")
    try:
        if part in _SPANS:
            return value + timedelta(seconds=count * _SPANS[part])
        months = count * (12 if part == "YEAR" else 1)
        place = value.year * 12 + value.month - 1 + months
        year, month = divmod(place, 12)
        day = min(value.day, calendar.monthrange(year, month + 1)[1])
        return value.replace(year=year, month=month + 1, day=day)
    except (ValueError, OverflowError):
        raise bad_arguments("DATE_ADD") from None


def difference(part: str, left: Any, right: Any) -> int:
    """How many whole parts lie between."""
    if not isinstance(left, datetime) or not isinstance(right, datetime):
        raise bad_arguments("DATE_DIFF")
    if part in _SPANS:
        seconds = (right - left).total_seconds()
        whole = int(abs(seconds) // _SPANS[part])
        return whole if seconds >= 0 else -whole
    first, last = (left, right) if left <= right else (right, left)
    months = (last.year - first.year) * 12 + last.month - first.month
    if months and added("MONTH", months, first) > last:
        months -= 1
    whole = months // 12 if part == "YEAR" else months
    return whole if left <= right else -whole


def extracted(part: str, value: Any) -> int:
    if not isinstance(value, datetime):
        raise bad_arguments("EXTRACT")
    if part.startswith("TIMEZONE"):
        minutes = int((value.utcoffset() or timedelta()).total_seconds() // 60)
        sign = -1 if minutes < 0 else 1
        hours, rest = divmod(abs(minutes), 60)
        return sign * (hours if part.endswith("HOUR") else rest)
    return int(getattr(value, part.lower()))


def formatted(value: Any, pattern: Any) -> str:
    """By the letters of Java's SimpleDateFormat that the reference names."""
    if not isinstance(value, datetime) or not isinstance(pattern, str):
        raise bad_arguments("TO_STRING")
    return "".join(_piece(value, *found.groups()) for found in _PATTERN.finditer(pattern))


def _piece(value: datetime, quoted: str | None, letters: str | None, other: str | None) -> str:
    if letters is None:
        if other is not None and other.isalpha():
            raise Fault(
                "EvaluatorInvalidTimestampFormatPattern",
                "Invalid time stamp format string in the SQL expression.",
            )
        return quoted if quoted is not None else other or ""
    kind, count = letters[0], len(letters)
    if kind == "y":
        return f"{value.year % 100:02d}" if count == 2 else str(value.year).zfill(count)
    if kind == "M" and count >= 3:
        name = calendar.month_name[value.month]
        return {3: name[:3], 4: name}.get(count, name[:1])
    if kind == "a":
        return "AM" if value.hour < 12 else "PM"
    if kind == "S":
        return f"{value.microsecond:06d}000"[:count].ljust(count, "0")
    if kind in "Xx":
        zone = value.strftime("%z") or "+0000"
        if kind == "X" and zone == "+0000":
            return "Z"
        if count == 1:
            return zone[:3] + (zone[3:] if zone[3:] != "00" else "")
        return zone if count in (2, 4) else f"{zone[:3]}:{zone[3:]}"
    number = {
        "M": value.month, "d": value.day, "H": value.hour, "h": value.hour % 12 or 12,
        "m": value.minute, "s": value.second, "n": value.microsecond * 1000,
    }[kind]  # fmt: skip
    return str(number).zfill(count)


def _zone(text: str | None) -> tzinfo:
    if text is None or text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[4:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _no_timestamp() -> Fault:
    return Fault(
        "CastFailed", "Attempt to convert a text to a timestamp failed in the SQL expression."
    )
