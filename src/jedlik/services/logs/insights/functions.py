"""The functions of expressions, by name: how many arguments they take, and what they do.

All but those of LENIENT are nothing where one of their arguments is nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, NamedTuple

from jedlik.services.logs.insights.values import (
    INTEGER_MAX,
    Time,
    compared,
    equal,
    is_true,
    number_of,
    plain,
    text_of,
)

MANY = 100


class Function(NamedTuple):
    least: int
    most: int
    apply: Callable[..., Any]


def _numeric(how: Callable[..., float]) -> Callable[..., Any]:
    def apply(*values: Any) -> Any:
        numbers = [number_of(each) for each in values]
        if None in numbers:
            return None
        try:
            return plain(how(*numbers))
        except (ArithmeticError, ValueError, TypeError):
            return None  # 1 / 0, a logarithm of nothing, a root of less than nothing

    return apply


def _ordered(holds: Callable[[int], bool]) -> Callable[[Any, Any], bool]:
    def apply(one: Any, other: Any) -> bool:
        found = compared(one, other)
        return found is not None and holds(found)

    return apply


def _power(base: float, exponent: float) -> float:
    # As a float: whole numbers of any length could take for ever.
    return math.pow(base, exponent)


def _trimmed(strip: Callable[..., str]) -> Callable[..., str]:
    return lambda text, *rest: strip(text_of(text), *(text_of(each) for each in rest))


def _substring(text: Any, start: Any, length: Any = None) -> str | None:
    first = number_of(start)
    count = MANY * 1_000_000 if length is None else number_of(length)
    if first is None or count is None:
        return None
    low = max(int(first), 0)
    return text_of(text)[low : low + max(int(count), 0)]


def _address(text: Any, *kinds: type) -> bool:
    try:
        return isinstance(ip_address(text_of(text)), kinds)
    except ValueError:
        return False


def _in_subnet(text: Any, subnet: Any) -> bool:
    try:
        return ip_address(text_of(text)) in ip_network(text_of(subnet), strict=False)
    except ValueError:
        return False


def _contains(text: Any, part: Any) -> bool:
    return text_of(part) in text_of(text)


def _concat(*values: Any) -> str:
    return "".join(text_of(each) for each in values)


def _replace(text: Any, part: Any, new: Any) -> str:
    return text_of(text).replace(text_of(part), text_of(new))


def _from_millis(value: Any) -> Time | None:
    number = number_of(value)
    return None if number is None or abs(number) > INTEGER_MAX else Time(number)


def _first(*values: Any) -> Any:
    return next((each for each in values if each is not None), None)


def _choice(condition: Any, one: Any, other: Any) -> Any:
    return one if is_true(condition) else other


def _one_of(value: Any, *members: Any) -> bool:
    return any(equal(value, each) for each in members)


FUNCTIONS: dict[str, Function] = {
    "+": Function(2, 2, _numeric(lambda a, b: a + b)),
    "-": Function(2, 2, _numeric(lambda a, b: a - b)),
    "*": Function(2, 2, _numeric(lambda a, b: a * b)),
    "/": Function(2, 2, _numeric(lambda a, b: a / b)),
    "%": Function(2, 2, _numeric(math.fmod)),
    "^": Function(2, 2, _numeric(_power)),
    "=": Function(2, 2, equal),
    "!=": Function(2, 2, lambda a, b: not equal(a, b)),
    "<": Function(2, 2, _ordered(lambda found: found < 0)),
    "<=": Function(2, 2, _ordered(lambda found: found <= 0)),
    ">": Function(2, 2, _ordered(lambda found: found > 0)),
    ">=": Function(2, 2, _ordered(lambda found: found >= 0)),
    "not": Function(1, 1, lambda a: not is_true(a)),
    "in": Function(2, MANY * MANY, _one_of),
    "abs": Function(1, 1, _numeric(abs)),
    "ceil": Function(1, 1, _numeric(math.ceil)),
    "floor": Function(1, 1, _numeric(math.floor)),
    "greatest": Function(1, MANY, _numeric(lambda *values: max(values))),
    "least": Function(1, MANY, _numeric(lambda *values: min(values))),
    "log": Function(1, 1, _numeric(math.log)),
    "sqrt": Function(1, 1, _numeric(math.sqrt)),
    "frommillis": Function(1, 1, _from_millis),
    "tomillis": Function(1, 1, _numeric(int)),
    "ispresent": Function(1, 1, lambda a: a is not None),
    "isempty": Function(1, 1, lambda a: a is None or text_of(a) == ""),
    "isblank": Function(1, 1, lambda a: a is None or not text_of(a).strip()),
    "coalesce": Function(1, MANY, _first),
    "if": Function(3, 3, _choice),
    "concat": Function(1, MANY, _concat),
    "trim": Function(1, 2, _trimmed(str.strip)),
    "ltrim": Function(1, 2, _trimmed(str.lstrip)),
    "rtrim": Function(1, 2, _trimmed(str.rstrip)),
    "strlen": Function(1, 1, lambda a: len(text_of(a))),
    "toupper": Function(1, 1, lambda a: text_of(a).upper()),
    "tolower": Function(1, 1, lambda a: text_of(a).lower()),
    "substr": Function(2, 3, _substring),
    "replace": Function(3, 3, _replace),
    "strcontains": Function(2, 2, _contains),
    "isvalidip": Function(1, 1, lambda a: _address(a, IPv4Address, IPv6Address)),
    "isvalidipv4": Function(1, 1, lambda a: _address(a, IPv4Address)),
    "isvalidipv6": Function(1, 1, lambda a: _address(a, IPv6Address)),
    "isipinsubnet": Function(2, 2, _in_subnet),
    "isipv4insubnet": Function(2, 2, lambda a, b: _address(a, IPv4Address) and _in_subnet(a, b)),
    "isipv6insubnet": Function(2, 2, lambda a, b: _address(a, IPv6Address) and _in_subnet(a, b)),
}
LENIENT = {"=", "!=", "<", "<=", ">", ">=", "not", "in", "ispresent", "isempty", "isblank",
           "coalesce", "if", "concat"}  # fmt: skip
