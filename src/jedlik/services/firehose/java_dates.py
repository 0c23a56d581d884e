"""Java's DateTimeFormatter patterns, as prefixes use them: "yyyy/MM/dd", "'day='dd".

    parts = parse("yyyy-'W'w")         # raises BadPattern
    text = formatted(parts, when)      # when: a datetime with its zone

Letters and their numbers as Java's documentation of DateTimeFormatterBuilder.appendPattern has
them; texts in English; weeks begin on Sunday, and the first one has 1 January, as in Java's
American locale. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

Part = str | tuple[str, int]
"""Literal text, or a letter and how often it stands there."""

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class BadPattern(Exception):
    """No pattern; the message says why."""


def parse(pattern: str) -> list[Part]:
    """Raises BadPattern."""
    parts: list[Part] = []
    place = 0
    while place < len(pattern):
        found = _TOKEN.match(pattern, place)
        if found is None:
            raise BadPattern(f"Pattern ends with an incomplete string literal: {pattern}")
        place = found.end()
        quoted, letter, other = found[1], found[2], found[3]
        if quoted is not None:
            parts.append(quoted.replace("''", "'") or "'")
        elif letter is not None:
            count = len(found[0])
            if letter not in _LETTERS:
                raise BadPattern(f"Unknown pattern letter: {letter}")
            if count > _MOST.get(letter, 2):
                raise BadPattern(f"Too many pattern letters: {letter}")
            parts.append((letter, count))
        elif other in "{}#":
            raise BadPattern(f"Pattern includes reserved character: '{other}'")
        elif other not in "[]":  # what is optional is always there
            parts.append(other)
    return parts


def formatted(parts: Sequence[Part], when: datetime) -> str:
    return "".join(
        part if isinstance(part, str) else _LETTERS[part[0]](when, part[1]) for part in parts
    )


def _number(of: Callable[[datetime], int]) -> Callable[[datetime, int], str]:
    return lambda when, count: f"{of(when):0{count}d}"


def _year(of: Callable[[datetime], int]) -> Callable[[datetime, int], str]:
    def shown(when: datetime, count: int) -> str:
        return f"{of(when) % 100:02d}" if count == 2 else f"{of(when):0{count}d}"

    return shown


def _named(names: Sequence[str], of: Callable[[datetime], int]) -> Callable[[datetime, int], str]:
    """Numbers from 1 for one and two letters; then short, full and narrow names."""

    def shown(when: datetime, count: int) -> str:
        number = of(when)
        if count <= 2:
            return f"{number:0{count}d}"
        name = names[number - 1]
        return {3: name[:3], 4: name, 5: name[:1]}[count]

    return shown


def _day_name(when: datetime, count: int) -> str:
    name = _DAYS[when.weekday()]
    return name if count == 4 else name[:1] if count == 5 else name[:3]


def _quarter(when: datetime, count: int) -> str:
    number = (when.month + 2) // 3
    if count <= 2:
        return f"{number:0{count}d}"
    if count == 4:
        return ("1st", "2nd", "3rd", "4th")[number - 1] + " quarter"
    return f"Q{number}" if count == 3 else str(number)


def _sunday(day: date) -> date:
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _week_year(when: datetime) -> int:
    """The year of whose first week the day, or a later one of its week, is."""
    return (_sunday(when.date()) + timedelta(days=6)).year


def _week(when: datetime) -> int:
    first = _sunday(date(_week_year(when), 1, 1))
    return (_sunday(when.date()) - first).days // 7 + 1


def _week_of_month(when: datetime) -> int:
    first = _sunday(when.date().replace(day=1))
    return (_sunday(when.date()) - first).days // 7 + 1


def _since_midnight_ns(when: datetime) -> int:
    return ((when.hour * 60 + when.minute) * 60 + when.second) * 10**9 + when.microsecond * 1000


def _era(when: datetime, count: int) -> str:
    return "Anno Domini" if count == 4 else "A" if count == 5 else "AD"


def _offset(when: datetime, count: int, zero: str) -> str:
    """X, x: +08, +0830, +08:30, and with seconds where there are any."""
    shift = when.utcoffset() or timedelta()
    minutes = int(shift.total_seconds()) // 60
    if not minutes and zero:
        return zero
    sign = "+" if minutes >= 0 else "-"
    hours, rest = divmod(abs(minutes), 60)
    if count == 1:
        return f"{sign}{hours:02d}" + (f"{rest:02d}" if rest else "")
    colon = ":" if count in (3, 5) else ""
    return f"{sign}{hours:02d}{colon}{rest:02d}"


def _zone_offset(when: datetime, count: int) -> str:
    """Z."""
    if count == 4:
        return _localised(when, 4)
    if count == 5:
        return _offset(when, 5, "Z")
    return _offset(when, 2, "")


def _localised(when: datetime, count: int) -> str:
    """O."""
    if not when.utcoffset():
        return "GMT"
    text = _offset(when, 3, "")
    if count == 4:
        return f"GMT{text}"
    return f"GMT{text[0]}{text[1:].removesuffix(':00').removeprefix('0')}"


_LETTERS: dict[str, Callable[[datetime, int], str]] = {
    "G": _era,
    "u": _year(lambda when: when.year),
    "y": _year(lambda when: when.year),
    "Y": _year(_week_year),
    "D": _number(lambda when: when.timetuple().tm_yday),
    "M": _named(_MONTHS, lambda when: when.month),
    "L": _named(_MONTHS, lambda when: when.month),
    "d": _number(lambda when: when.day),
    "Q": _quarter,
    "q": _quarter,
    "w": _number(_week),
    "W": _number(_week_of_month),
    "E": _day_name,
    "e": _named(_DAYS[6:] + _DAYS[:6], lambda when: when.isoweekday() % 7 + 1),
    "c": _named(_DAYS[6:] + _DAYS[:6], lambda when: when.isoweekday() % 7 + 1),
    "F": _number(lambda when: (when.day - 1) % 7 + 1),
    "a": lambda when, count: "AM" if when.hour < 12 else "PM",
    "h": _number(lambda when: (when.hour + 11) % 12 + 1),
    "K": _number(lambda when: when.hour % 12),
    "k": _number(lambda when: when.hour or 24),
    "H": _number(lambda when: when.hour),
    "m": _number(lambda when: when.minute),
    "s": _number(lambda when: when.second),
    "S": lambda when, count: f"{when.microsecond * 1000:09d}"[:count],
    "A": _number(lambda when: _since_midnight_ns(when) // 10**6),
    "n": _number(lambda when: when.microsecond * 1000),
    "N": _number(_since_midnight_ns),
    "V": lambda when, count: getattr(when.tzinfo, "key", "UTC"),
    "z": lambda when, count: when.tzname() or "UTC",
    "O": _localised,
    "X": lambda when, count: _offset(when, count, "Z"),
    "x": lambda when, count: _offset(when, count, ""),
    "Z": _zone_offset,
}
_MOST = {
    **dict.fromkeys("GMLQqEecXxZ", 5), **dict.fromkeys("uyY", 19), **dict.fromkeys("SnANp", 19),
    **dict.fromkeys("zO", 4), "D": 3, "W": 1, "F": 1, "a": 1,
}  # fmt: skip
"""How often a letter may stand there; twice, where nothing else is said."""
