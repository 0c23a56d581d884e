"""Filter patterns for messages of columns, which blanks separate.

    [ip, user, ..., status = 4* || status = 5*, size > 1000]

A column has a name, and may have conditions joined by && or ||; `...` are any columns. What is in
quotes or brackets in a message is one column.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from jedlik.services.logs.errors import invalid
from jedlik.services.logs.matching import REGEXES_MAX, Found, Pattern, comparison

_FIELD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+))')
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|%(?:[^%\\]|\\.)*%|&&|\|\||[^",%&|]+|.')
_CONDITION = re.compile(
    r'\s*([A-Za-z_][\w-]*)\s*(?:(!=|<=|>=|=|<|>)\s*("(?:[^"\\]|\\.)*"|%(?:[^%\\]|\\.)*%|\S+))?\s*'
)
Test = Callable[[str], bool]


class Column(NamedTuple):
    name: str
    test: Test


def column_pattern(text: str) -> Pattern:
    """Raises InvalidParameterException."""
    if not text.endswith("]"):
        raise invalid("Invalid filter pattern")
    items = _items(text[1:-1])
    gaps = [at for at, item in enumerate(items) if _joined(item) == "..."]
    if len(gaps) > 1 or sum(part[0] == "%" for item in items for part in item) > REGEXES_MAX:
        raise invalid("Invalid filter pattern")
    before = [_column(item) for item in items[: gaps[0] if gaps else len(items)]]
    after = [_column(item) for item in items[gaps[0] + 1 :]] if gaps else []

    def matches(message: str) -> Found | None:
        fields = _fields(message)
        between = len(fields) - len(before) - len(after)
        if between < 0 or (between and not gaps):
            return None
        columns = [*before, *(None for _ in range(between)), *after]
        extracted: dict[str, str] = {}
        for number, (column, field) in enumerate(zip(columns, fields, strict=True), 1):
            if column is not None and not column.test(field):
                return None
            extracted[f"${column.name if column is not None else number}"] = field
        return Found(extracted, extracted.get)

    return matches


def _fields(message: str) -> list[str]:
    found = []
    for quoted, bracketed, plain in _FIELD.findall(message):
        found.append(plain or bracketed or quoted)
    return found


def _items(text: str) -> list[list[str]]:
    """The columns of a pattern, each as parts: quoted texts, regexes, joins, and the rest."""
    items: list[list[str]] = [[]]
    for part in _PART.findall(text):
        if part == ",":
            items.append([])
        else:
            items[-1].append(part)
    return items


def _joined(item: list[str]) -> str:
    return "".join(item).strip()


def _column(item: list[str]) -> Column:
    any_of: list[list[Test]] = [[]]
    name = ""
    text = ""
    for part in [*item, ""]:
        if part not in ("&&", "||", ""):
            text += part
            continue
        found = _CONDITION.fullmatch(text)
        if found is None or (name and found[1] != name):
            raise invalid("Invalid filter pattern")
        name, text = found[1], ""
        if found[2] is not None:
            any_of[-1].append(comparison(found[2], found[3]))
        if part == "||":
            any_of.append([])
    return Column(name, lambda value: any(all(each(value) for each in group) for group in any_of))
