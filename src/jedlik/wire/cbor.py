"""CBOR (RFC 8949) as AWS's clients write and read it: bytes ↔ plain Python values.

Decoding takes any well-formed item: byte strings come out as bytes, a time (tag 1) as its number of
seconds, other tags as what they wrap, bignums as whole numbers. Encoding writes definite lengths
and doubles. No shapes here: `rpc_cbor.py` knows what a value means.
"""

from __future__ import annotations

import struct
from typing import Any

DEPTH_MAX = 64
BIGNUM_BYTES_MAX = 127  # more than a double takes, 1.8e308, would not do anywhere
EPOCH = b"\xc1"  # tag 1: seconds since 1970
_BREAK = object()
_DOUBLE = struct.Struct(">d")
_FLOAT = struct.Struct(">f")
_HALF = struct.Struct(">e")


class Malformed(Exception):
    """The bytes are no CBOR item, or one that nests too deep."""


def decode(data: bytes) -> Any:
    """The one item that the bytes are. Raises Malformed."""
    value, position = _item(data, 0, 0)
    if value is _BREAK or position != len(data):
        raise Malformed("trailing bytes")
    return value


def as_json(number: int) -> int | float:
    """A whole number as a reader of JSON has it: a double where 64 bits are not enough."""
    return number if -(1 << 63) <= number < 1 << 64 else float(number)


def encode(value: Any) -> bytes:
    """None, bool, int, float, str, bytes, lists and dicts with string keys as CBOR."""
    out = bytearray()
    write(out, value)
    return bytes(out)


def write(out: bytearray, value: Any) -> None:
    """Append a value."""
    if value is None:
        out.append(0xF6)
    elif value is True:
        out.append(0xF5)
    elif value is False:
        out.append(0xF4)
    elif isinstance(value, int):
        _write_int(out, value)
    elif isinstance(value, float):
        out.append(0xFB)
        out += _DOUBLE.pack(value)
    elif isinstance(value, str):
        write_text(out, value)
    elif isinstance(value, bytes):
        write_head(out, 2, len(value))
        out += value
    elif isinstance(value, dict):
        write_head(out, 5, len(value))
        for key, each in value.items():
            write_text(out, key)
            write(out, each)
    else:
        write_head(out, 4, len(value))
        for each in value:
            write(out, each)


def write_text(out: bytearray, text: str) -> None:
    data = text.encode()
    write_head(out, 3, len(data))
    out += data


def write_head(out: bytearray, major: int, number: int) -> None:
    """The first bytes of an item: its major type and a number or length."""
    if number < 24:
        out.append(major << 5 | number)
    elif number < 1 << 8:
        out += bytes((major << 5 | 24, number))
    elif number < 1 << 16:
        out.append(major << 5 | 25)
        out += number.to_bytes(2, "big")
    elif number < 1 << 32:
        out.append(major << 5 | 26)
        out += number.to_bytes(4, "big")
    else:
        out.append(major << 5 | 27)
        out += number.to_bytes(8, "big")


def _write_int(out: bytearray, value: int) -> None:
    magnitude = value if value >= 0 else -1 - value
    if magnitude < 1 << 64:
        write_head(out, 0 if value >= 0 else 1, magnitude)
        return
    data = magnitude.to_bytes((magnitude.bit_length() + 7) // 8, "big")
    out.append(0xC2 if value >= 0 else 0xC3)
    write_head(out, 2, len(data))
    out += data


def _item(data: bytes, position: int, depth: int) -> tuple[Any, int]:
    """The item at a position, and the position after it."""
    if position >= len(data):
        raise Malformed("cut short")
    if depth > DEPTH_MAX:
        raise Malformed("nested too deep")
    first = data[position]
    major, info = first >> 5, first & 31
    if major == 7:
        return _simple(data, position + 1, info)
    number, position = _number(data, position + 1, info)
    if major == 0:
        return _definite(number), position
    if major == 1:
        return -1 - _definite(number), position
    if major in (2, 3):
        return _string(data, position, number, major)
    if major == 4:
        return _array(data, position, number, depth)
    if major == 5:
        return _map(data, position, number, depth)
    return _tagged(data, position, _definite(number), depth)


def _number(data: bytes, position: int, info: int) -> tuple[int | None, int]:
    """The number in an item's head; None: of indefinite length."""
    if info < 24:
        return info, position
    if info == 31:
        return None, position
    if info > 27:
        raise Malformed("reserved head")
    end = position + (1 << (info - 24))
    if end > len(data):
        raise Malformed("cut short")
    return int.from_bytes(data[position:end], "big"), end


def _definite(number: int | None) -> int:
    if number is None:
        raise Malformed("indefinite number")
    return number


def _simple(data: bytes, position: int, info: int) -> tuple[Any, int]:
    if info == 20:
        return False, position
    if info == 21:
        return True, position
    if info in (22, 23):
        return None, position
    if info == 31:
        return _BREAK, position
    for width, kind, form in ((2, 25, _HALF), (4, 26, _FLOAT), (8, 27, _DOUBLE)):
        if info == kind:
            if position + width > len(data):
                raise Malformed("cut short")
            return form.unpack_from(data, position)[0], position + width
    raise Malformed("unknown simple value")


def _string(data: bytes, position: int, length: int | None, major: int) -> tuple[Any, int]:
    if length is None:
        chunks: list[Any] = []
        while True:
            if position < len(data) and data[position] == 0xFF:
                empty: Any = b"" if major == 2 else ""
                return empty.join(chunks), position + 1
            if position >= len(data) or data[position] >> 5 != major or data[position] & 31 == 31:
                raise Malformed("broken chunk")
            size, position = _number(data, position + 1, data[position] & 31)
            chunk, position = _string(data, position, _definite(size), major)
            chunks.append(chunk)
    end = position + length
    if end > len(data):
        raise Malformed("cut short")
    raw = data[position:end]
    if major == 2:
        return raw, end
    try:
        return raw.decode(), end
    except UnicodeDecodeError:
        raise Malformed("text that is no UTF-8") from None


def _array(data: bytes, position: int, length: int | None, depth: int) -> tuple[list[Any], int]:
    if length is not None and length > len(data) - position:
        raise Malformed("cut short")
    found: list[Any] = []
    while length is None or len(found) < length:
        value, position = _item(data, position, depth + 1)
        if value is _BREAK:
            if length is not None:
                raise Malformed("stray break")
            break
        found.append(value)
    return found, position


def _map(data: bytes, position: int, length: int | None, depth: int) -> tuple[dict[str, Any], int]:
    if length is not None and length > len(data) - position:
        raise Malformed("cut short")
    found: dict[str, Any] = {}
    count = 0
    while length is None or count < length:
        key, position = _item(data, position, depth + 1)
        if key is _BREAK:
            if length is not None:
                raise Malformed("stray break")
            break
        if not isinstance(key, str):
            raise Malformed("a key that is no text")
        value, position = _item(data, position, depth + 1)
        if value is _BREAK:
            raise Malformed("stray break")
        found[key] = value
        count += 1
    return found, position


def _tagged(data: bytes, position: int, tag: int, depth: int) -> tuple[Any, int]:
    value, position = _item(data, position, depth + 1)
    if value is _BREAK:
        raise Malformed("stray break")
    if tag in (2, 3):
        if not isinstance(value, bytes):
            raise Malformed("a bignum that is no byte string")
        if len(value) > BIGNUM_BYTES_MAX:
            raise Malformed("a bignum beyond all doubles")
        number = int.from_bytes(value, "big")
        return (number if tag == 2 else -1 - number), position
    if tag == 1 and (not isinstance(value, (int, float)) or isinstance(value, bool)):
        raise Malformed("a time that is no number")
    return value, position
