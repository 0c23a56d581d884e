"""Keys as DAX's clients send them: one byte string, whose shape depends on the table's schema.

Hash key alone: strings and binaries raw, a number as a CBOR item. With a sort key: the hash key as
a CBOR item, and behind it without any mark the sort key's raw bytes (numbers in LexDecimal).
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import Any, NamedTuple

from jedlik.api.errors import validation

from . import lex_decimal, values
from .cbor import BYTES, TEXT, Broken, Truncated, byte_string, head, read_string

NO_MATCH = "The provided key element does not match the schema"


class KeyAttribute(NamedTuple):
    """type: "S", "N" or "B"."""

    name: str
    type: str


class KeySchema(NamedTuple):
    """The key of a table."""

    hash: KeyAttribute
    sort: KeyAttribute | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.hash.name,) if self.sort is None else (self.hash.name, self.sort.name)


def read_key(data: bytes, schema: KeySchema) -> dict[str, Any]:
    """The key's attributes. Raises ApiError where the bytes are no key of this schema."""
    name, kind = schema.hash
    try:
        if schema.sort is None:
            if kind != "N":
                return {name: _from_raw(kind, data)}
            number, end = values.read_number(data, 0)
            if end != len(data):
                raise Broken("bytes after the number")
            return {name: {"N": number}}
        if kind == "N":
            number, end = values.read_number(data, 0)
            first = {"N": number}
        else:
            string, end = read_string(data, 0)
            if type(string) is not (str if kind == "S" else bytes):
                raise Broken("another type")
            first = {"S": string} if type(string) is str else {"B": _base64(string)}
        return {name: first, schema.sort.name: _from_raw(schema.sort.type, data[end:])}
    except (Broken, Truncated, UnicodeDecodeError):
        raise validation(NO_MATCH) from None


def write_key(attributes: dict[str, Any], schema: KeySchema) -> bytes:
    """The bytes of an item's key."""
    name, kind = schema.hash
    value = attributes[name]
    if schema.sort is None:
        return values.number(value["N"]) if kind == "N" else _to_raw(kind, value)
    if kind == "N":
        first = values.number(value["N"])
    else:
        raw = _to_raw(kind, value)
        first = head(TEXT if kind == "S" else BYTES, len(raw)) + raw
    return first + _to_raw(schema.sort.type, attributes[schema.sort.name])


def key_item(attributes: dict[str, Any], schema: KeySchema) -> bytes:
    """The key as the byte string item that replies carry."""
    return byte_string(write_key(attributes, schema))


def _from_raw(kind: str, data: bytes) -> dict[str, str]:
    if kind == "S":
        return {"S": data.decode()}
    if kind == "B":
        return {"B": _base64(data)}
    return {"N": lex_decimal.decode(data)}


def _to_raw(kind: str, value: dict[str, str]) -> bytes:
    if kind == "S":
        return value["S"].encode()
    if kind == "B":
        return a2b_base64(value["B"])
    return lex_decimal.encode(value["N"])


def _base64(data: bytes | str) -> str:
    assert type(data) is bytes
    return b2a_base64(data, newline=False).decode()
