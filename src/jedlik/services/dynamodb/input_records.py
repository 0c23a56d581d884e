"""The records of an object that is imported: bytes, decompressed, cut into items.

    async for record in records_of(pieces, kind=…, compression=…, csv=…, types=…):
        record.attributes, or record.error

Memory is bounded: a piece at a time, and no record may be longer than RECORD_BYTES_MAX.
"""

from __future__ import annotations

import asyncio
import csv
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from jedlik.services.dynamodb.ion_text import BadIon, Incomplete, ion_structs

RECORD_BYTES_MAX = 4 << 20
"""Of one line; an item of 400 KB takes less in either format."""


class BadObject(Exception):
    """The rest of the object cannot be read; the message says why."""


@dataclass(slots=True)
class InputRecord:
    """members: the record as it is there ("Item" is one of them). error: why it is none.
    size: of its bytes, uncompressed."""

    members: dict[str, Any]
    error: str | None
    size: int


async def records_of(
    pieces: AsyncIterator[bytes],
    *,
    kind: str,
    compression: str,
    csv_options: Mapping[str, Any] | None = None,
    types: Mapping[str, str] | None = None,
) -> AsyncIterator[InputRecord]:
    """kind: "CSV", "DYNAMODB_JSON" or "ION"; compression: "NONE", "GZIP" or "ZSTD".
    types: of key attributes, for CSV, where all others are strings. Raises BadObject."""
    lines = _lines(_decompressed(pieces, compression))
    if kind == "CSV":
        async for record in _csv_records(lines, csv_options or {}, types or {}):
            yield record
    elif kind == "ION":
        async for record in _ion_records(lines):
            yield record
    else:
        async for line in lines:
            if line.strip():
                yield _json_record(line)


async def _decompressed(pieces: AsyncIterator[bytes], compression: str) -> AsyncIterator[bytes]:
    if compression == "GZIP":
        take: Callable[[bytes], bytes] = _Gunzip().take
    elif compression == "ZSTD":
        try:
            import zstandard
        except ModuleNotFoundError:
            raise BadObject("ZSTD needs zstandard: pip install 'jedlik[zstd]'") from None
        take = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress
    else:
        async for piece in pieces:
            yield piece
        return
    async for piece in pieces:
        # A small piece may hold very much: so that little of it is in memory at once.
        for at in range(0, len(piece), 1 << 14):
            try:
                plain = await asyncio.to_thread(take, piece[at : at + (1 << 14)])
            except Exception as fault:
                raise BadObject(f"The object is not compressed with {compression}") from fault
            if plain:
                yield plain


class _Gunzip:
    """Several gzip members, one after the other."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    def take(self, data: bytes) -> bytes:
        plain = []
        while data:
            if self._inner.eof:
                self._inner = zlib.decompressobj(31)
            plain.append(self._inner.decompress(data))
            data = self._inner.unused_data
        return b"".join(plain)


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines with what ends them."""
    rest = b""
    async for piece in pieces:
        *found, rest = (rest + piece).split(b"\n")
        for line in found:
            yield line + b"\n"
        if len(rest) > RECORD_BYTES_MAX:
            raise BadObject(f"A record is longer than {RECORD_BYTES_MAX} bytes")
    if rest:
        yield rest


def _json_record(line: bytes) -> InputRecord:
    try:
        members = orjson.loads(line)
    except orjson.JSONDecodeError as fault:
        return InputRecord({}, f"Invalid JSON: {fault}", len(line))
    return _checked(members, len(line))


def _checked(members: Any, size: int) -> InputRecord:
    if not isinstance(members, dict) or not isinstance(members.get("Item"), dict):
        return InputRecord({}, "The record has no Item", size)
    return InputRecord(members, None, size)


async def _ion_records(lines: AsyncIterator[bytes]) -> AsyncIterator[InputRecord]:
    """A struct may go over several lines."""
    held = b""
    async for line in lines:
        held += line
        if not held.strip():
            held = b""
            continue
        try:
            text = held.decode()
            structs = ion_structs(text)
        except Incomplete as fault:
            if len(held) > RECORD_BYTES_MAX:
                raise BadObject(str(fault)) from None
            continue
        except (BadIon, UnicodeDecodeError, RecursionError) as fault:
            yield InputRecord({}, f"Invalid Ion: {fault}", len(held))
            held = b""
            continue
        size = len(held)
        held = b""
        for struct in structs:
            item = struct.get("Item")
            record = _checked({"Item": item.get("M")} if isinstance(item, dict) else {}, size)
            yield record
            size = 0
    if held.strip():
        yield InputRecord({}, "Invalid Ion: the object ends within a struct", len(held))


async def _csv_records(
    lines: AsyncIterator[bytes], options: Mapping[str, Any], types: Mapping[str, str]
) -> AsyncIterator[InputRecord]:
    """The first line names the attributes, unless the request does. A quoted value may go over
    several lines."""
    delimiter = options.get("Delimiter", ",")
    first = 0  # bytes of the header, which are counted with the first record's
    header: list[str] | None = options.get("HeaderList")
    held = b""
    async for line in lines:
        held += line
        if held.count(b'"') % 2:
            if len(held) > RECORD_BYTES_MAX:
                raise BadObject("A quoted value does not end")
            continue
        row_bytes, held = held, b""
        if not row_bytes.strip(b"\r\n"):
            continue
        try:
            text = row_bytes.decode("utf-8-sig" if header is None else "utf-8")
            row = next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter, strict=True))
        except (csv.Error, UnicodeDecodeError) as fault:
            yield InputRecord({}, f"Invalid CSV: {fault}", len(row_bytes))
            continue
        if header is None:
            header = row
            if len(set(header)) < len(header):
                raise BadObject("The header names an attribute twice")
            first = len(row_bytes)
            continue
        size, first = first + len(row_bytes), 0
        if len(row) != len(header):
            text = f"Invalid CSV: {len(row)} values for {len(header)} attributes"
            yield InputRecord({}, text, size)
            continue
        item = {
            name: {types.get(name, "S"): value}
            for name, value in zip(header, row, strict=True)
            # An empty value is an empty string, which no key can be. Unverified.
            if value or name not in types
        }
        yield InputRecord({"Item": item}, None, size)
    if held:
        yield InputRecord({}, "Invalid CSV: a quoted value does not end", len(held))
