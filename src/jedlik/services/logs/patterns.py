"""Filter patterns: terms, phrases, regexes, properties of JSON, columns.

Source: user guide, "Filter pattern syntax".

    ERROR "not found"      both                ?ERROR ?WARN     at least one of those with "?"
    ERROR -DEBUG           one, not the other  %4[0-9]{2}%      a regular expression
    (nothing)              every message
    { $.a = "b" }          a JSON property: `json_patterns.py`
    [ip, ..., size > 9]    columns: `column_patterns.py`
"""

from __future__ import annotations

import re

from jedlik.services.logs.column_patterns import column_pattern
from jedlik.services.logs.errors import invalid
from jedlik.services.logs.json_patterns import json_pattern
from jedlik.services.logs.matching import Found, Pattern, Test, searching

_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([^\s"%]+))')


def compiled(pattern: str) -> Pattern:
    """What a message is matched with; raises InvalidParameterException for no pattern."""
    text = pattern.strip()
    if not text:
        return lambda message: Found()
    if text.startswith("{"):
        return json_pattern(text)
    if text.startswith("["):
        return column_pattern(text)
    return _terms(text)


def _terms(text: str) -> Pattern:
    wanted: list[Test] = []
    either: list[Test] = []
    unwanted: list[Test] = []
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            raise invalid("Invalid filter pattern")
        at = found.end()
        sign, phrase, regex, word = found.groups()
        into = {"": wanted, "?": either, "-": unwanted}[sign]
        if regex is not None:
            into.append(searching(regex))
        else:
            plain = re.sub(r"\\(.)", r"\1", phrase) if phrase is not None else word
            into.append(_holding(plain))

    def matches(message: str) -> Found | None:
        good = (
            all(each(message) for each in wanted)
            and (not either or bool(wanted) or any(each(message) for each in either))
            and not any(each(message) for each in unwanted)
        )
        return Found() if good else None

    return matches


def _holding(plain: str) -> Test:
    return lambda message: plain in message
