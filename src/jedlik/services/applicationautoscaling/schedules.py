"""When scheduled actions are due: at(…), rate(…), cron(…), in a time zone.

User guide, "Schedule recurring scaling actions using cron expressions"; cron fields are minutes,
hours, day of month, month, day of week, year, with `?` `*` `,` `-` `/` `L` `W` `#`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_RATE = re.compile(r"rate\(\s*(\d{1,6})\s+(minute|minutes|hour|hours|day|days)\s*\)")
_AT = re.compile(r"at\(\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\s*\)")
_CRON = re.compile(r"cron\(([^()]+)\)")
UNITS_S = {"minute": 60, "hour": 3600, "day": 86400}
MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
YEARS_MAX = 5
"""How far ahead a cron expression is looked up."""


class BadSchedule(Exception):
    """The text is no schedule; the message tells why."""


NextAfter = Callable[[datetime], datetime | None]


@dataclass(frozen=True)
class Schedule:
    """next_after: the first time after one, both in UTC; None if there is none."""

    next_after: NextAfter


def parse_schedule(text: str, zone_name: str, start: datetime) -> Schedule:
    """start: from when a rate counts. Raises BadSchedule."""
    zone: tzinfo
    try:
        # The names of zones are the machine's; UTC is there without them.
        zone = UTC if zone_name == "UTC" else ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSchedule(f"unknown time zone {zone_name}") from None
    if found := _AT.fullmatch(text):
        try:
            at = datetime.fromisoformat(found[1]).replace(tzinfo=zone).astimezone(UTC)
        except ValueError:
            raise BadSchedule("no such time") from None
        return Schedule(lambda after: at if at > after else None)
    if found := _RATE.fullmatch(text):
        step = timedelta(seconds=int(found[1]) * UNITS_S[found[2].rstrip("s")])
        if not step:
            raise BadSchedule("the rate is zero")
        return Schedule(lambda after: start + ((after - start) // step + 1) * step)
    if found := _CRON.fullmatch(text):
        return Schedule(_cron(found[1].upper().split(), zone))
    raise BadSchedule("it is neither at(…), rate(…) nor cron(…)")


def _cron(fields: list[str], zone: tzinfo) -> NextAfter:
    if len(fields) != 6:
        raise BadSchedule("cron has six fields")
    minutes, hours = _set(fields[0], 0, 59), _set(fields[1], 0, 23)
    months = _set(fields[3], 1, 12, MONTHS)
    years = _set(fields[5], 1970, 2199)
    if (fields[2] == "?") == (fields[4] == "?"):
        raise BadSchedule("one of day of month and day of week is ?")
    is_day = _day_of_month(fields[2]) if fields[4] == "?" else _day_of_week(fields[4])

    def next_after(after: datetime) -> datetime | None:
        local = after.astimezone(zone)
        day = local.date()
        for _ in range(366 * YEARS_MAX):
            if day.year in years and day.month in months and is_day(day):
                for hour in sorted(hours):
                    for minute in sorted(minutes):
                        at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                        found = at.astimezone(UTC)
                        if found > after and found.astimezone(zone).hour == hour:
                            return found
            day += timedelta(days=1)
        return None

    return next_after


def _set(text: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """The numbers that a field stands for."""
    found: set[int] = set()
    for part in text.split(","):
        body, _, step = part.partition("/")
        if step and not (step.isdigit() and int(step)):
            raise BadSchedule(f"the step {step} is no number")
        if body in ("*", "?"):
            first, last = low, high
        else:
            begin, dash, end = body.partition("-")
            first = _number(begin, names)
            last = _number(end, names) if dash else (high if step else first)
        if not low <= first <= last <= high:
            raise BadSchedule(f"{part} is not between {low} and {high}")
        found.update(range(first, last + 1, int(step) if step else 1))
    return frozenset(found)


def _number(text: str, names: dict[str, int] | None) -> int:
    if names is not None and text in names:
        return names[text]
    if not (text.isascii() and text.isdigit()):
        raise BadSchedule(f"{text!r} is no number")
    return int(text)


def _day_of_month(text: str) -> Callable[[date], bool]:
    if text == "L":
        return lambda day: day.day == calendar.monthrange(day.year, day.month)[1]
    if text.endswith("W") and text[:-1].isdigit() and 1 <= int(text[:-1]) <= 31:
        number = int(text[:-1])
        return lambda day: day.day == _weekday_near(day.year, day.month, number)
    days = _set(text, 1, 31)
    return lambda day: day.day in days


def _weekday_near(year: int, month: int, number: int) -> int:
    """The day from Monday to Friday nearest to one, within its month."""
    last = calendar.monthrange(year, month)[1]
    number = min(number, last)
    weekday = date(year, month, number).weekday()
    if weekday == 5:
        return number - 1 if number > 1 else number + 2
    if weekday == 6:
        return number + 1 if number < last else number - 2
    return number


def _day_of_week(text: str) -> Callable[[date], bool]:
    def of(day: date) -> int:
        """Sunday is 1."""
        return day.isoweekday() % 7 + 1

    if "#" in text:
        name, _, which = text.partition("#")
        weekday = _number(name, WEEKDAYS)
        if which not in ("1", "2", "3", "4", "5"):
            raise BadSchedule(f"{text} names no weekday of a month")
        return lambda day: of(day) == weekday and (day.day - 1) // 7 + 1 == int(which)
    if text.endswith("L") and len(text) > 1:
        last = _number(text[:-1], WEEKDAYS)
        return lambda day: (
            of(day) == last and day.day + 7 > calendar.monthrange(day.year, day.month)[1]
        )
    days = _set("7" if text == "L" else text, 1, 7, WEEKDAYS)
    return lambda day: of(day) in days
