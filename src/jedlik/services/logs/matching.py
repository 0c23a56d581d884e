"""What the kinds of filter patterns have in common: what is found, and comparisons of values."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from typing import Any

from jedlik.services.logs.errors import invalid

REGEXES_MAX = 2
"""In a pattern for JSON or for columns (user guide)."""

Test = Callable[[Any], bool]


class Found:
    """A message that matches. extracted: what its pattern names, by "$" and the name."""

    def __init__(
        self,
        extracted: Mapping[str, str] | None = None,
        value_of: Callable[[str], Any] = lambda selector: None,
    ) -> None:
        self.extracted = dict(extracted or {})
        self.value_of = value_of
        """The value of a selector, which need not be in the pattern; None without one."""


Pattern = Callable[[str], Found | None]


def searching(regex: str) -> Callable[[str], bool]:
    """Raises InvalidParameterException. Sub-patterns are not supported (user guide), so that no
    pattern can take for ever."""
    if re.search(r"(?<!\\)[()!]", regex):
        raise invalid("Invalid regular expression in filter pattern")
    try:
        expression = re.compile(regex)
    except re.error as fault:
        raise invalid("Invalid regular expression in filter pattern") from fault
    return lambda message: expression.search(message) is not None


def comparison(operator: str, given: str) -> Test:
    """Whether a value compares so with what a pattern says: "quoted", %regex% or a word."""
    if given.startswith("%"):
        if operator not in ("=", "!="):
            raise invalid("Invalid filter pattern")
        search = searching(given[1:-1])
        return lambda value: isinstance(value, str) and search(value) == (operator == "=")
    if given.startswith('"') or operator in ("=", "!="):
        plain = re.sub(r"\\(.)", r"\1", given[1:-1]) if given.startswith('"') else given
        return _equality(operator, plain)
    try:
        bound = float(given)
    except ValueError:
        raise invalid("Invalid filter pattern") from None

    def compares(value: Any) -> bool:
        number = number_of(value)
        if number is None:
            return False
        return {
            "<": number < bound,
            "<=": number <= bound,
            ">": number > bound,
            ">=": number >= bound,
        }[operator]

    return compares


def number_of(value: Any) -> float | None:
    """A number, or what a text says of one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _equality(operator: str, plain: str) -> Test:
    """`*` stands for any characters; numbers compare as numbers."""
    if operator not in ("=", "!="):
        raise invalid("Invalid filter pattern")
    number = number_of(plain)
    glob = re.compile(fnmatch.translate(plain.replace("[", "[[]").replace("?", "[?]")))

    def equal(value: Any) -> bool:
        if isinstance(value, bool):
            same = plain == str(value).lower()
        elif isinstance(value, int | float):
            same = plain == "*" or (number is not None and value == number)
        else:
            same = isinstance(value, str) and (
                glob.match(value) is not None or (number is not None and number_of(value) == number)
            )
        return same == (operator == "=")

    return equal
