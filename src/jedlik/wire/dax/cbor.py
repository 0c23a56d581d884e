"""CBOR (RFC 8949) as far as DAX uses it: reading with bounds, and writing.

Readers take `(data, at)` and return what they read with the position behind it. They raise
Truncated when the data ends too early, which on a connection means "wait", and Broken for what can
never become right. A declared length is never trusted: nothing is allocated for it, and what
exceeds the limits is broken before it has come.
"""

from __future__ import annotations

import struct
from typing import Any

UINT, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
"""Major types."""

INDEFINITE = -1
NULL = b"\xf6"
BREAK = 0xFF

MESSAGE_BYTES_MAX = (16 << 20) + (64 << 10)
"""DynamoDB takes requests of 16 MB; CBOR is shorter than JSON."""
DEPTH_MAX = 64
BIG_INT_BYTES_MAX = 128
"""DynamoDB's largest number has 126 digits, which are 53 bytes."""

STRING_SET, NUMBER_SET, BINARY_SET, LIST_INDEX = 3321, 3322, 3323, 3324
"""DAX's own tags."""

Data = bytes | bytearray

_half = struct.Struct(">e").unpack_from
_float = struct.Struct(">f").unpack_from
_double = struct.Struct(">d").unpack_from
_pack_double = struct.Struct(">d").pack


class Truncated(Exception):
    """The data ends inside an item."""


class Broken(Exception):
    """No continuation makes this right; the text says what is wrong."""


def read_head(data: Data, at: int) -> tuple[int, int, int]:
    """Major type, argument and where the content begins. INDEFINITE for types 2 to 5 and 7."""
    try:
        first = data[at]
        low = first & 31
        if low < 24:
            return first >> 5, low, at + 1
        if low == 24:
            return first >> 5, data[at + 1], at + 2
    except IndexError:
        raise Truncated from None
    if low < 28:
        end = at + 1 + (1 << (low - 24))
        if end > len(data):
            raise Truncated
        return first >> 5, int.from_bytes(data[at + 1 : end], "big"), end
    if low == 31 and first >> 5 in (BYTES, TEXT, ARRAY, MAP, SIMPLE):
        return first >> 5, INDEFINITE, at + 1
    raise Broken("reserved additional information")


def read_int(data: Data, at: int) -> tuple[int, int]:
    """An integer of at most 64 bits."""
    kind, argument, at = read_head(data, at)
    if kind == UINT:
        return argument, at
    if kind == NEGATIVE:
        return -1 - argument, at
    raise Broken("not an integer")


def read_item(data: Data, at: int, depth: int = 0) -> tuple[Any, int]:
    """Any item: int, bytes, str, list, dict, bool, None, float; of a tag only the content.

    Of a repeated key of a map the last one counts.
    """
    if depth > DEPTH_MAX:
        raise Broken("nested too deep")
    kind, argument, start = read_head(data, at)
    if kind == UINT:
        return argument, start
    if kind == NEGATIVE:
        return -1 - argument, start
    if kind in (BYTES, TEXT):
        return read_string(data, at)
    if kind == ARRAY:
        return _read_array(data, start, argument, depth)
    if kind == MAP:
        return _read_map(data, start, argument, depth)
    if kind == TAG:
        return read_item(data, start, depth + 1)
    return read_simple(data, at)


def read_string(data: Data, at: int) -> tuple[bytes | str, int]:
    """A byte string (bytes) or a text string (str), in one piece or in several."""
    kind, length, at = read_head(data, at)
    if kind not in (BYTES, TEXT):
        raise Broken("not a string")
    content, at = (_read_pieces if length == INDEFINITE else _read_piece)(data, at, kind, length)
    if kind == BYTES:
        return content, at
    try:
        return content.decode(), at
    except UnicodeDecodeError:
        raise Broken("text is not UTF-8") from None


def _read_piece(data: Data, at: int, kind: int, length: int) -> tuple[bytes, int]:
    if length > MESSAGE_BYTES_MAX:
        raise Broken("string too long")
    end = at + length
    if end > len(data):
        raise Truncated
    return bytes(data[at:end]), end


def _read_pieces(data: Data, at: int, kind: int, length: int) -> tuple[bytes, int]:
    pieces: list[bytes] = []
    while True:
        found, length, start = read_head(data, at)
        if found == SIMPLE and length == INDEFINITE:
            return b"".join(pieces), start
        if found != kind or length == INDEFINITE:
            raise Broken("a string's piece is something else")
        piece, at = _read_piece(data, start, kind, length)
        pieces.append(piece)


def _read_array(data: Data, at: int, count: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    if count > MESSAGE_BYTES_MAX:
        raise Broken("array too long")
    while count == INDEFINITE or len(found) < count:
        if count == INDEFINITE and is_break(data, at):
            return found, at + 1
        item, at = read_item(data, at, depth + 1)
        found.append(item)
    return found, at


def _read_map(data: Data, at: int, count: int, depth: int) -> tuple[dict[Any, Any], int]:
    found: dict[Any, Any] = {}
    if count > MESSAGE_BYTES_MAX:
        raise Broken("map too long")
    left = count
    while left:
        if count == INDEFINITE and is_break(data, at):
            return found, at + 1
        key, at = read_item(data, at, depth + 1)
        if type(key) not in (int, str, bytes):
            raise Broken("such keys are not used")
        found[key], at = read_item(data, at, depth + 1)
        left -= 1
    return found, at


def is_break(data: Data, at: int) -> bool:
    """Whether an indefinite item ends here."""
    if at >= len(data):
        raise Truncated
    return data[at] == BREAK


def read_simple(data: Data, at: int) -> tuple[bool | float | None, int]:
    """A boolean, null or a float."""
    if at >= len(data):
        raise Truncated
    first = data[at]
    if first == 0xF6 or first == 0xF7:
        return None, at + 1
    if first == 0xF4 or first == 0xF5:
        return first == 0xF5, at + 1
    for mark, unpack, size in ((0xF9, _half, 3), (0xFA, _float, 5), (0xFB, _double, 9)):
        if first == mark:
            if at + size > len(data):
                raise Truncated
            return unpack(data, at + 1)[0], at + size
    raise Broken("simple value not used")


class Skipper:
    """Finds the end of a run of items that come in pieces, looking at each byte once.

    Keeps a count for every open array, map or tag: nothing else grows with what a client declares.
    """

    __slots__ = ("_left", "_open", "at")

    def __init__(self, count: int, at: int = 0) -> None:
        """count: how many items; at: where the first begins."""
        self._left = count  # items that must still come at the innermost level; negative: no end
        self._open: list[int] = []
        self.at = at

    def add(self, count: int) -> None:
        """More items follow; only between items of the outermost level."""
        self._left += count

    def skip(self, data: Data) -> bool:
        """Go on as far as the data goes; whether all items are complete. Raises Broken."""
        while True:
            while not self._left:
                if not self._open:
                    return True
                self._left = self._open.pop()
            try:
                self._skip_one(data)
            except Truncated:
                return False

    def _skip_one(self, data: Data) -> None:
        kind, argument, start = read_head(data, self.at)
        if kind == SIMPLE:
            if argument == INDEFINITE:
                if self._left > 0:
                    raise Broken("break outside of an indefinite item")
                self._left = 0
                self.at = start
                return
        elif kind in (BYTES, TEXT):
            if argument == INDEFINITE:
                self._descend(-1, start)
                return
            if argument > MESSAGE_BYTES_MAX:
                raise Broken("string too long")
            if start + argument > len(data):
                raise Truncated
            start += argument
        elif kind in (ARRAY, MAP):
            if argument > MESSAGE_BYTES_MAX:
                raise Broken("array or map too long")
            self._descend(-1 if argument == INDEFINITE else argument << (kind == MAP), start)
            return
        elif kind == TAG:
            self._descend(1, start)
            return
        self.at = start
        if self._left > 0:
            self._left -= 1

    def _descend(self, count: int, start: int) -> None:
        if len(self._open) >= DEPTH_MAX + 2:
            raise Broken("nested too deep")
        self.at = start
        self._open.append(self._left - 1 if self._left > 0 else self._left)
        self._left = count


# Writing


def head(kind: int, argument: int) -> bytes:
    """The head of an item; the argument is at most 64 bits."""
    kind <<= 5
    if argument < 24:
        return bytes((kind | argument,))
    if argument < 0x100:
        return bytes((kind | 24, argument))
    if argument < 0x10000:
        return bytes((kind | 25, argument >> 8, argument & 255))
    if argument < 0x100000000:
        return bytes((kind | 26,)) + argument.to_bytes(4, "big")
    return bytes((kind | 27,)) + argument.to_bytes(8, "big")


def integer(number: int) -> bytes:
    """An integer of any size; beyond 64 bits as a tagged byte string."""
    kind, argument = (UINT, number) if number >= 0 else (NEGATIVE, -1 - number)
    if argument >> 64:
        content = argument.to_bytes((argument.bit_length() + 7) // 8, "big")
        return head(TAG, 2 + kind) + byte_string(content)
    return head(kind, argument)


def byte_string(content: bytes) -> bytes:
    return head(BYTES, len(content)) + content


def text(content: str) -> bytes:
    encoded = content.encode()
    return head(TEXT, len(encoded)) + encoded


def double(number: float) -> bytes:
    return b"\xfb" + _pack_double(number)


def text_map(members: dict[str, bytes]) -> bytes:
    """A map from texts to items that are encoded already."""
    parts = [head(MAP, len(members))]
    for name, item in members.items():
        parts += (text(name), item)
    return b"".join(parts)


def open_text_map(members: dict[str, bytes]) -> bytes:
    """Of indefinite length: it ends with a break."""
    return b"".join((b"\xbf", *(text(key) + member for key, member in members.items()), b"\xff"))
