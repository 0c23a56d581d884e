"""DynamoDB's numbers: text to 38 significant digits, 1E-130 to 9.99…E+125, and zero.

A number travels and is stored as text in its plain form ("1500", "-0.25", never "1.5E+3"). This
module brings text into that form, compares, adds and subtracts, counts the bytes DynamoDB charges
for a number, and encodes it so that byte order is numeric order. Called from everywhere; knows
nothing of items.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal

from jedlik.values.errors import Invalid

DIGITS_MAX = 38
EXPONENT_MAX = 125
EXPONENT_MIN = -130

NOT_NUMERIC = "The parameter cannot be converted to a numeric value"
OVERFLOW = (
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
UNDERFLOW = (
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)
TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"

# Already in plain form and, when at most 38 characters long, surely within every limit.
is_plain = re.compile(r"(?!-0\Z)-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?\Z").match
_parts = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?\Z").match
_COMPLEMENT = bytes(range(255, -1, -1))
# Wide enough that a sum of the largest and the smallest number is exact.
_exact = Context(prec=300, Emax=999, Emin=-999)


def normalise(text: str) -> str:
    """The plain form of a number's text. Raises Invalid with AWS's text."""
    if len(text) <= DIGITS_MAX and is_plain(text):
        return text
    negative, digits, exponent = _parse(text)
    if not digits:
        return "0"
    if exponent > EXPONENT_MAX:
        raise Invalid(OVERFLOW)
    if exponent < EXPONENT_MIN:
        raise Invalid(UNDERFLOW)
    if len(digits) > DIGITS_MAX:
        raise Invalid(TOO_PRECISE)
    if exponent < 0:
        plain = "0." + "0" * (-exponent - 1) + digits
    elif exponent >= len(digits) - 1:
        plain = digits + "0" * (exponent - len(digits) + 1)
    else:
        plain = digits[: exponent + 1] + "." + digits[exponent + 1 :]
    return "-" + plain if negative else plain


def _parse(text: str) -> tuple[bool, str, int]:
    """(is negative, digits without outer zeros, exponent of the first digit); no digits: zero."""
    found = _parts(text)
    if found is None:
        raise Invalid(f"{NOT_NUMERIC}: {text}")
    sign, whole, fraction, power = found.groups()
    fraction = fraction or ""
    if not whole and not fraction:
        raise Invalid(f"{NOT_NUMERIC}: {text}" if text else NOT_NUMERIC)
    digits = whole + fraction
    significant = digits.lstrip("0")
    if not significant:
        return False, "", 0
    exponent = len(whole) - 1 - (len(digits) - len(significant))
    if power:
        # Python refuses to convert very long digit strings; anything this long is out of range.
        exponent += int(power) if len(power) < 20 else _far(power)
    return sign == "-", significant.rstrip("0"), exponent


def _far(power: str) -> int:
    size = power.lstrip("+-").lstrip("0")
    magnitude = int(size or "0") if len(size) < 20 else 10**20
    return -magnitude if power[0] == "-" else magnitude


def compare_numbers(a: str, b: str) -> int:
    """-1, 0 or 1 as the number a is less than, equal to or greater than b."""
    if a == b:
        return 0
    x, y = Decimal(a), Decimal(b)
    return -1 if x < y else 1 if x > y else 0


def add(a: str, b: str) -> str:
    """The exact sum in plain form. Raises Invalid when it does not fit a number.

    Unverified: that a sum of more than 38 digits is refused, not rounded, in these words.
    """
    if len(a) < 19 and len(b) < 19 and "." not in a and "." not in b:
        return str(int(a) + int(b))
    return normalise(str(_exact.add(Decimal(a), Decimal(b))))


def subtract(a: str, b: str) -> str:
    """The exact difference in plain form. Raises Invalid when it does not fit a number."""
    if len(a) < 19 and len(b) < 19 and "." not in a and "." not in b:
        return str(int(a) - int(b))
    return normalise(str(_exact.subtract(Decimal(a), Decimal(b))))


def number_size(text: str) -> int:
    """Bytes DynamoDB charges for a number in plain form.

    One byte, one more per base-100 digit that is left once outer zeros are trimmed (base-100
    digits lie either side of the decimal point), and one for a minus sign. The documentation says
    "approximately (1 byte per two significant digits) + (1 byte)".
    """
    if text == "0":
        return 1
    size = 1
    if text[0] == "-":
        size = 2
        text = text[1:]
    whole, _, fraction = text.partition(".")
    if not fraction:
        if text[-1] != "0":
            return size + (len(text) + 1) // 2
        return size + (len(text) + 1) // 2 - (len(text) - len(text.rstrip("0"))) // 2
    pairs_after = (len(fraction) + 1) // 2
    if whole != "0":
        return size + (len(whole) + 1) // 2 + pairs_after
    return size + pairs_after - (len(fraction) - len(fraction.lstrip("0"))) // 2


def encode_number(text: str) -> bytes:
    """Bytes whose order is the order of the numbers, one encoding each.

    Takes any form, for keys are encoded as they come: raises Invalid for what is no number.

    sign (00 negative, 01 zero, 02 positive), exponent + 130, then two decimal digits a byte; a
    negative number's bytes are complemented and end in FF, so that -1.5 precedes -1.
    """
    if len(text) > DIGITS_MAX or not is_plain(text):
        text = normalise(text)
    magnitude = text[1:] if text[0] == "-" else text
    whole, _, fraction = magnitude.partition(".")
    if whole != "0":
        digits = (whole + fraction).rstrip("0")
        exponent = len(whole) - 1
    elif fraction:
        digits = fraction.lstrip("0")
        exponent = len(digits) - len(fraction) - 1
    else:
        return b"\x01"
    if len(digits) & 1:
        digits += "0"
    body = bytes((exponent - EXPONENT_MIN,)) + bytes.fromhex(digits)
    if text[0] == "-":
        return b"\x00" + body.translate(_COMPLEMENT) + b"\xff"
    return b"\x02" + body
