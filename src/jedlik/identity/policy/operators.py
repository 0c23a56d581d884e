"""What a condition operator compares: from a policy's values to a function of one request value.

The quantifiers, IfExists and Not are the business of `conditions.py`; here is only whether a
request's value matches any of the policy's.
"""

from __future__ import annotations

import binascii
import ipaddress
import operator
import re
from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from .globs import Matches, Part, arn_glob, glob
from .templates import plain

Texts = Sequence[Sequence[Part]]
"""The policy's values, their variables replaced."""
Build = Callable[[Texts], Matches]


class Operator(NamedTuple):
    """build: makes the function. negated: whether the operator wants it to be false."""

    build: Build
    negated: bool = False


def _string_equals(texts: Texts) -> Matches:
    return frozenset(map(plain, texts)).__contains__


def _string_equals_ignoring_case(texts: Texts) -> Matches:
    wanted = frozenset(plain(text).lower() for text in texts)
    return lambda value: value.lower() in wanted


def _string_like(texts: Texts) -> Matches:
    return _any([glob(text) for text in texts])


def _arn_like(texts: Texts) -> Matches:
    return _any([arn_glob(text, whole=False) for text in texts])


def _bool(texts: Texts) -> Matches:
    return _string_equals_ignoring_case(texts)


def _binary_equals(texts: Texts) -> Matches:
    wanted = {found for text in texts if (found := _bytes(plain(text))) is not None}
    return lambda value: _bytes(value) in wanted


def _ip_address(texts: Texts) -> Matches:
    networks = [found for text in texts if (found := _network(plain(text))) is not None]

    def inside(value: str) -> bool:
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return False
        return any(address in network for network in networks)

    return inside


def _compared(
    read: Callable[[str], Any], compare: Callable[[Any, Any], bool]
) -> Callable[[Texts], Matches]:
    """Numbers and dates: a value that is none matches nothing."""

    def build(texts: Texts) -> Matches:
        wanted = [found for text in texts if (found := read(plain(text))) is not None]

        def matches(value: str) -> bool:
            given = read(value)
            return given is not None and any(compare(given, each) for each in wanted)

        return matches

    return build


def read_number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?"
    r"(Z|[+-]\d\d:?\d\d)?)?)?)?"
)


def read_date(text: str) -> float | None:
    """Epoch seconds of a date in W3C's profile of ISO 8601, or of a number of seconds."""
    text = text.strip()
    found = _DATE.fullmatch(text)
    if found is None:
        number = read_number(text)
        return None if number is None else float(number)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        time = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=UTC,
        ).timestamp()
    except ValueError:
        return None
    if fraction:
        time += int(fraction) / 10 ** len(fraction)
    if zone and zone != "Z":
        ahead_s = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        time -= ahead_s if zone[0] == "+" else -ahead_s
    return time


def _bytes(text: str) -> bytes | None:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _any(matches: Sequence[Matches]) -> Matches:
    if len(matches) == 1:
        return matches[0]
    return lambda value: any(match(value) for match in matches)


_ORDERS: dict[str, tuple[Callable[[Any, Any], bool], bool]] = {
    "Equals": (operator.eq, False),
    "NotEquals": (operator.eq, True),
    "LessThan": (operator.lt, False),
    "LessThanEquals": (operator.le, False),
    "GreaterThan": (operator.gt, False),
    "GreaterThanEquals": (operator.ge, False),
}

OPERATORS: dict[str, Operator] = {
    "stringequals": Operator(_string_equals),
    "stringnotequals": Operator(_string_equals, True),
    "stringequalsignorecase": Operator(_string_equals_ignoring_case),
    "stringnotequalsignorecase": Operator(_string_equals_ignoring_case, True),
    "stringlike": Operator(_string_like),
    "stringnotlike": Operator(_string_like, True),
    "bool": Operator(_bool),
    "binaryequals": Operator(_binary_equals),
    "ipaddress": Operator(_ip_address),
    "notipaddress": Operator(_ip_address, True),
    "arnequals": Operator(_arn_like),
    "arnlike": Operator(_arn_like),
    "arnnotequals": Operator(_arn_like, True),
    "arnnotlike": Operator(_arn_like, True),
    **{
        f"{kind}{name}".lower(): Operator(_compared(read, compare), negated)
        for kind, read in (("Numeric", read_number), ("Date", read_date))
        for name, (compare, negated) in _ORDERS.items()
    },
}
"""By their names in lower case, as AWS reads them; Null is no comparison."""
