"""Attribute values: CBOR ↔ DynamoDB JSON ({"S": "a"}).

Numbers come as integers, big integers, decimal fractions or (JavaScript) doubles, and leave as
integers or decimal fractions, which every client prints as plain decimal text.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import Any

from jedlik.api.errors import validation

from . import cbor
from .cbor import (
    ARRAY,
    BIG_INT_BYTES_MAX,
    BINARY_SET,
    BYTES,
    INDEFINITE,
    MAP,
    MESSAGE_BYTES_MAX,
    NEGATIVE,
    NUMBER_SET,
    STRING_SET,
    TAG,
    TEXT,
    UINT,
    Broken,
    Data,
    byte_string,
    head,
    integer,
    read_head,
    read_simple,
    read_string,
)

Value = dict[str, Any]

NESTING_MAX = 40
"""Deeper than DynamoDB's 32, so that the operation itself refuses what only it can judge."""
TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)
_BEYOND = "1E+999"
"""Stands for numbers whose text would be unwieldy; the operation refuses it as an overflow."""


def read_value(data: Data, at: int, depth: int = 0) -> tuple[Value, int]:
    """One attribute value. Raises Broken, Truncated, or ApiError for what nests too deep."""
    kind, argument, start = read_head(data, at)
    if kind == TEXT:
        if argument != INDEFINITE:
            end = start + argument
            if end <= len(data):
                try:
                    return {"S": str(data[start:end], "utf-8")}, end
                except UnicodeDecodeError:
                    raise Broken("text is not UTF-8") from None
        string, at = read_string(data, at)
        return {"S": string}, at
    if kind == UINT:
        return {"N": str(argument)}, start
    if kind == BYTES:
        string, at = read_string(data, at)
        assert type(string) is bytes
        return {"B": b2a_base64(string, newline=False).decode()}, at
    if depth > NESTING_MAX:
        raise validation(TOO_DEEP)
    if kind == MAP:
        return _read_map(data, start, argument, depth)
    if kind == ARRAY:
        return _read_list(data, start, argument, depth)
    if kind == NEGATIVE:
        return {"N": str(-1 - argument)}, start
    if kind == TAG:
        return _read_tagged(data, at, start, argument)
    simple, at = read_simple(data, at)
    if simple is None:
        return {"NULL": True}, at
    if type(simple) is bool:
        return {"BOOL": simple}, at
    return {"N": _float_text(simple)}, at


def read_number(data: Data, at: int) -> tuple[str, int]:
    """A number in any of its shapes, as text that may hold an exponent."""
    kind, argument, start = read_head(data, at)
    if kind == UINT:
        return str(argument), start
    if kind == NEGATIVE:
        return str(-1 - argument), start
    if kind == TAG and argument in (2, 3):
        return _big_int_text(*_read_big_int(data, start, argument))
    if kind == TAG and argument == 4:
        return _read_decimal(data, start)
    simple, at = read_simple(data, at)
    if type(simple) is not float:
        raise Broken("not a number")
    return _float_text(simple), at


def _float_text(number: float) -> str:
    """The shortest decimal text that is this double, never its binary expansion."""
    text = repr(number)
    return text[:-2] if text.endswith(".0") else text


def _read_big_int(data: Data, at: int, tag: int) -> tuple[int | None, int]:
    """None: larger than any number that DynamoDB has."""
    content, at = read_string(data, at)
    if type(content) is not bytes:
        raise Broken("a big integer is bytes")
    content = content.lstrip(b"\0")
    if len(content) > BIG_INT_BYTES_MAX:
        return None, at
    number = int.from_bytes(content, "big")
    return (number if tag == 2 else -1 - number), at


def _big_int_text(number: int | None, at: int) -> tuple[str, int]:
    return _BEYOND if number is None else str(number), at


def _read_decimal(data: Data, at: int) -> tuple[str, int]:
    """A decimal fraction: [exponent, mantissa]."""
    kind, count, at = read_head(data, at)
    if kind != ARRAY or count != 2:
        raise Broken("a decimal fraction is a pair")
    exponent, at = cbor.read_int(data, at)
    mantissa, start = None, at
    kind, argument, at = read_head(data, at)
    if kind == UINT:
        mantissa = argument
    elif kind == NEGATIVE:
        mantissa = -1 - argument
    elif kind == TAG and argument in (2, 3):
        mantissa, at = _read_big_int(data, at, argument)
    else:
        cbor.read_int(data, start)  # raises Broken
    if mantissa is None:
        return _BEYOND, at
    return f"{mantissa}E{exponent}", at


def _read_tagged(data: Data, at: int, start: int, tag: int) -> tuple[Value, int]:
    if tag in (2, 3, 4):
        number, at = read_number(data, at)
        return {"N": number}, at
    if tag not in (STRING_SET, NUMBER_SET, BINARY_SET):
        raise Broken(f"tag {tag} is not used")
    kind, count, at = read_head(data, start)
    if kind != ARRAY or count > MESSAGE_BYTES_MAX:
        raise Broken("a set is an array")
    members: list[str] = []
    while count == INDEFINITE or len(members) < count:
        if count == INDEFINITE and cbor.is_break(data, at):
            at += 1
            break
        if tag == NUMBER_SET:
            number, at = read_number(data, at)
            members.append(number)
            continue
        member, at = read_string(data, at)
        if type(member) is str and tag == STRING_SET:
            members.append(member)
        elif type(member) is bytes and tag == BINARY_SET:
            members.append(b2a_base64(member, newline=False).decode())
        else:
            raise Broken("a set's member is of another type")
    return {("SS", "NS", "BS")[tag - STRING_SET]: members}, at


def _read_list(data: Data, at: int, count: int, depth: int) -> tuple[Value, int]:
    found: list[Value] = []
    if count > MESSAGE_BYTES_MAX:
        raise Broken("list too long")
    while count == INDEFINITE or len(found) < count:
        if count == INDEFINITE and cbor.is_break(data, at):
            return {"L": found}, at + 1
        value, at = read_value(data, at, depth + 1)
        found.append(value)
    return {"L": found}, at


def _read_map(data: Data, at: int, count: int, depth: int) -> tuple[Value, int]:
    found, at = read_members(data, at, count, depth)
    return {"M": found}, at


def read_members(data: Data, at: int, count: int, depth: int = 0) -> tuple[dict[str, Value], int]:
    """The pairs of a map from texts to values, after its head."""
    found: dict[str, Value] = {}
    if count > MESSAGE_BYTES_MAX:
        raise Broken("map too long")
    left = count
    while left:
        if count == INDEFINITE and cbor.is_break(data, at):
            return found, at + 1
        name, at = read_string(data, at)
        if type(name) is not str:
            raise Broken("attribute names are text")
        found[name], at = read_value(data, at, depth + 1)
        left -= 1
    return found, at


# Writing

_SMALL_TEXTS = [bytes((0x60 | length,)) for length in range(24)]
_SMALL_NUMBERS = {str(number): integer(number) for number in range(-100, 1000)}


def write_value(out: bytearray, value: Value) -> None:
    """Append one attribute value, which is one of ours and hence well-formed."""
    for kind, content in value.items():
        if kind == "S":
            encoded = content.encode()
            length = len(encoded)
            out += _SMALL_TEXTS[length] if length < 24 else head(TEXT, length)
            out += encoded
        elif kind == "N":
            out += _SMALL_NUMBERS.get(content) or number(content)
        elif kind == "BOOL":
            out.append(0xF5 if content else 0xF4)
        elif kind == "M":
            out += head(MAP, len(content))
            for name, member in content.items():
                encoded = name.encode()
                out += head(TEXT, len(encoded))
                out += encoded
                write_value(out, member)
        elif kind == "L":
            out += head(ARRAY, len(content))
            for member in content:
                write_value(out, member)
        elif kind == "NULL":
            out.append(0xF6)
        elif kind == "B":
            out += byte_string(a2b_base64(content))
        else:
            _write_set(out, kind, content)


def _write_set(out: bytearray, kind: str, members: list[str]) -> None:
    out += head(TAG, {"SS": STRING_SET, "NS": NUMBER_SET, "BS": BINARY_SET}[kind])
    out += head(ARRAY, len(members))
    for member in members:
        if kind == "SS":
            out += cbor.text(member)
        elif kind == "NS":
            out += number(member)
        else:
            out += byte_string(a2b_base64(member))


def number(text: str) -> bytes:
    """A number given in plain decimal form."""
    if "." not in text:
        return integer(int(text))
    whole, _, fraction = text.partition(".")
    return b"\xc4\x82" + integer(-len(fraction)) + integer(int(whole + fraction))


def encoded(value: Value) -> bytes:
    out = bytearray()
    write_value(out, value)
    return bytes(out)
