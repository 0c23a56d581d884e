"""LexDecimal: numbers as bytes whose order is the numbers' order; sort keys of type N travel so.

A header byte holds sign and exponent, then come groups of three digits in ten bits each and a
terminator that says how many digits of the last group count. The table of headers is in
docs/dax-protocol.md, section 8.
"""

from __future__ import annotations

from .cbor import Broken

_PRECISION = 38
_BYTES_MAX = 200
"""More than the largest number that DynamoDB can name; beyond is not worth reading."""


def encode(number: str) -> bytes:
    """The bytes of a number in plain decimal form ("-12.5")."""
    negative = number[0] == "-"
    whole, _, fraction = number.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return b"\x80"
    exponent = len(digits) - len(fraction)  # value = 0.d1d2d3… * 10 ** exponent
    # Zeros at the end are kept, for clients print what they get ("100", not "1E+2"); but they
    # calculate with 38 digits and fail on more.
    digits = digits[:_PRECISION]
    if -62 <= exponent < 62:
        header = bytes((0x3F - exponent if negative else 0xC0 + exponent,))
    else:
        mark = (0x01 if exponent > 0 else 0x7E) if negative else (0xFE if exponent > 0 else 0x81)
        mask = 0x7FFFFFFF if negative else 0x80000000
        header = bytes((mark,)) + ((exponent & 0xFFFFFFFF) ^ mask).to_bytes(4, "big")
    terminator = (2, 0, 1)[len(digits) % 3]
    padded = digits.ljust(-(-len(digits) // 3) * 3, "0")
    bits = 0
    for start in range(0, len(padded), 3):
        group = int(padded[start : start + 3])
        bits = bits << 10 | (1011 - group if negative else group + 12)
    bits = bits << 10 | (1023 - terminator if negative else terminator)
    length = (len(padded) // 3 + 1) * 10
    size = -(-length // 8)
    return header + (bits << size * 8 - length).to_bytes(size, "big")


def decode(data: bytes) -> str:
    """The number, as text with an exponent. Raises Broken."""
    if not data:
        raise Broken("empty number")
    first = data[0]
    if first in (0x7F, 0x80):
        return "0"
    if first in (0x00, 0xFF):
        raise Broken("null is no number")
    if first in (0x01, 0x7E, 0x81, 0xFE):
        if len(data) < 5:
            raise Broken("number ends early")
        negative = first < 0x80
        mask = 0x7FFFFFFF if negative else 0x80000000
        exponent = int.from_bytes(data[1:5], "big") ^ mask
        if exponent >> 31:
            exponent -= 1 << 32
        at = 5
    else:
        negative = first < 0x80
        exponent = 0x3F - first if negative else first - 0xC0
        at = 1
    digits = _digits(data[at : at + _BYTES_MAX], negative)
    # An integer with an exponent of its own says the same, whatever the digits.
    return f"{'-' if negative else ''}{digits}E{exponent - len(digits)}"


def _digits(data: bytes, negative: bool) -> str:
    bits = int.from_bytes(data, "big")
    length = len(data) * 8
    groups: list[str] = []
    while length >= 10:
        length -= 10
        group = bits >> length & 1023
        if negative:
            group = 1023 - group
        if group < 3:
            text = "".join(groups)
            kept = len(text) - (2, 1, 0)[group]
            if kept <= 0:
                break
            return text[:kept]
        if not 12 <= group <= 1011:
            break
        groups.append(f"{group - 12:03}")
    raise Broken("number without its end")
