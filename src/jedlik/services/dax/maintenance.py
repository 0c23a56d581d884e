"""The weekly window for maintenance: checked, kept and shown; Jedlik needs none."""

from __future__ import annotations

import re

from jedlik.services.dax.errors import invalid_value

DEFAULT = "sun:05:00-sun:06:00"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LENGTH_MIN = 60
WEEK = 7 * 24 * 60
_TIME = r"(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):([0-5]\d)"
_WINDOW = re.compile(f"{_TIME}-{_TIME}")


def checked_window(window: str | None) -> str:
    """The window, "ddd:hh:mm-ddd:hh:mm", at least an hour long. Unverified texts."""
    if window is None:
        return DEFAULT
    found = _WINDOW.fullmatch(window.lower())
    if found is None:
        raise invalid_value(
            f"Invalid maintenance window: {window}. The format is ddd:hh24:mi-ddd:hh24:mi."
        )
    start, end = _minute(*found.groups()[:3]), _minute(*found.groups()[3:])
    if (end - start) % WEEK < LENGTH_MIN:
        raise invalid_value("The maintenance window must be at least 60 minutes.")
    return window.lower()


def _minute(day: str, hour: str, minute: str) -> int:
    return (DAYS.index(day) * 24 + int(hour)) * 60 + int(minute)
