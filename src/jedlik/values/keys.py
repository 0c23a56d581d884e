"""Key attributes as bytes: order-preserving encodings.

Called by tables/ to place items and by key conditions to bound ranges. Keys are encoded as they
come, so numbers may be in any form, and what is no number or no base64 raises Invalid.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from typing import Any

from jedlik.values.errors import Invalid
from jedlik.values.numbers import encode_number


def encode_key(value: dict[str, Any]) -> bytes:
    """Bytes of one key value: memcmp order is DynamoDB's order, and no two values of a type share
    an encoding. Strings are UTF-8, binaries themselves."""
    for kind, content in value.items():
        if kind == "S":
            return content.encode()  # type: ignore[no-any-return]
        if kind == "N":
            return encode_number(content)
        if kind == "B":
            return _decoded(content)
    raise AssertionError(f"not a key value: {value}")


def _decoded(text: str) -> bytes:
    """What base64 stands for; refuses any but its canonical form, or keys would have two texts."""
    try:
        content = a2b_base64(text, strict_mode=True)
        if b2a_base64(content, newline=False) == text.encode():
            return content
    except ValueError:
        pass
    raise Invalid("Invalid last non-pad Base64 character dectected")


def encode_key_part(value: dict[str, Any]) -> bytes:
    """One component of a key of several attributes: self-delimiting, still in order.

    00 becomes 00 FF, and 00 00 ends the component, so that a shorter string precedes its
    extensions whatever follows it.
    """
    return escape_part(encode_key(value)) + b"\x00\x00"


def escape_part(encoded: bytes) -> bytes:
    """The inside of a component: what a prefix of its value encodes to."""
    return encoded.replace(b"\x00", b"\x00\xff")


def encode_key_tuple(values: Sequence[dict[str, Any]]) -> bytes:
    """Bytes of a partition or sort key of one or several attributes; of one, encode_key's."""
    if len(values) == 1:
        return encode_key(values[0])
    return b"".join([encode_key_part(value) for value in values])


def prefix_end(prefix: bytes) -> bytes | None:
    """The least bytes above everything that starts with the prefix; None if there is no such."""
    trimmed = prefix.rstrip(b"\xff")
    if not trimmed:
        return None
    return trimmed[:-1] + bytes((trimmed[-1] + 1,))
