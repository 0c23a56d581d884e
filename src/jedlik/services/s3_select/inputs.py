"""Records of an object's bytes as they come. Raises Fault.

A record is a dict (names to values), or whatever else stands in a line of JSON. Memory is that of
one record, of which the longest is a megabyte, as at AWS.
"""

from __future__ import annotations

import bz2
import codecs
import csv
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from jedlik.services.s3_select import parquet
from jedlik.services.s3_select.faults import Fault
from jedlik.services.s3_select.values import Text

RECORD_BYTES_MAX = 1 << 20
READ_BYTES = 256 * 1024
_SPACE = re.compile(r"[ \t\r\n]*")

Read = Callable[[int], bytes]


class Counted:
    """Bytes on their way: as they come, and unpacked."""

    def __init__(self, read: Read, packing: str) -> None:
        self._read = read
        self._packing = packing
        self.scanned = 0
        self.processed = 0

    def pieces(self) -> Iterator[bytes]:
        unpacker: Any = None
        while data := self._read(READ_BYTES):
            self.scanned += len(data)
            if self._packing == "NONE":
                self.processed += len(data)
                yield data
                continue
            # A file may be several packed ones, one after the other.
            while data:
                if unpacker is None:
                    unpacker = _unpacker(self._packing)
                for plain in _unpacked(unpacker, data):
                    self.processed += len(plain)
                    yield plain
                if not unpacker.eof:
                    break
                data, unpacker = unpacker.unused_data, None
        if unpacker is not None:
            raise _truncated()


def _unpacked(unpacker: Any, data: bytes) -> Iterator[bytes]:
    """A little at a time: a small file must not become all of memory."""
    try:
        while True:
            plain = unpacker.decompress(data, READ_BYTES)
            if plain:
                yield plain
            data = getattr(unpacker, "unconsumed_tail", b"")
            if unpacker.eof or not (data or len(plain) >= READ_BYTES):
                return
    except (zlib.error, OSError, EOFError):
        raise _truncated() from None


def _unpacker(packing: str) -> Any:
    return zlib.decompressobj(31) if packing == "GZIP" else bz2.BZ2Decompressor()


def _truncated() -> Fault:
    return Fault("TruncatedInput", "Object decompression failed. Check that the object is properly "
                 "compressed using the format specified in the request.")  # fmt: skip


def records(source: Counted, asked: Mapping[str, Any]) -> Iterator[Any]:
    """asked: the request's InputSerialization, and `start` and `end` of its ScanRange."""
    if "Parquet" in asked:
        return parquet.records(source)
    if "JSON" in asked:
        if asked["JSON"].get("Type") == "DOCUMENT":
            return _documents(source)
        return _json_lines(source, asked)
    return _csv(source, asked["CSV"] or {}, asked)


def _lines(source: Counted, delimiter: bytes, asked: Mapping[str, Any]) -> Iterator[bytes]:
    """Records without their delimiters, of those whose first byte is in the range asked for."""
    start, end = asked.get("start") or 0, asked.get("end")
    for at, line in _placed_lines(source, delimiter):
        if end is not None and at > end:
            return
        if at >= start:
            yield line


def _placed_lines(source: Counted, delimiter: bytes) -> Iterator[tuple[int, bytes]]:
    held = b""
    place = 0
    for piece in source.pieces():
        held += piece
        *whole, rest = held.split(delimiter)
        for line in whole:
            if len(line) > RECORD_BYTES_MAX:
                raise _too_long()
            yield place, line
            place += len(line) + len(delimiter)
        if len(rest) > RECORD_BYTES_MAX:
            raise _too_long()
        held = rest
    if held:
        yield place, held


# JSON


def _json_lines(source: Counted, asked: Mapping[str, Any]) -> Iterator[Any]:
    for line in _lines(source, b"\n", asked):
        text = _text(line).strip()
        at = 0
        while at < len(text):
            try:
                value, at = _DECODER.raw_decode(text, at)
            except (ValueError, RecursionError):
                raise bad_json() from None
            yield value
            while at < len(text) and text[at] in " \t\r\n,":
                at += 1


def _documents(source: Counted) -> Iterator[Any]:
    """Values one after the other, with or without ends of lines in and between them."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    held = ""
    for piece in source.pieces():
        held += _decoded(decoder, piece)
        at = _beyond_space(held, 0)
        while at < len(held):
            try:
                value, end = _DECODER.raw_decode(held, at)
            except (ValueError, RecursionError):
                if len(held) - at > RECORD_BYTES_MAX + READ_BYTES:
                    raise _too_long() from None
                break  # which may go on
            if end == len(held) and not isinstance(value, dict | list):
                break  # as may a number
            yield value
            at = _beyond_space(held, end)
        held = held[at:]
    held += _decoded(decoder, b"", final=True)
    at = _beyond_space(held, 0)
    while at < len(held):
        try:
            value, end = _DECODER.raw_decode(held, at)
        except (ValueError, RecursionError):
            raise bad_json() from None
        yield value
        at = _beyond_space(held, end)


def _beyond_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _decoded(decoder: codecs.IncrementalDecoder, data: bytes, *, final: bool = False) -> str:
    try:
        return decoder.decode(data, final)
    except UnicodeDecodeError:
        raise _no_text() from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)


# CSV


def _csv(source: Counted, form: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[Any]:
    delimiter = form.get("RecordDelimiter") or "\n"
    comment = form.get("Comments") or ""
    quote = form["QuoteCharacter"] if form.get("QuoteCharacter") is not None else '"'
    header = form.get("FileHeaderInfo") or "NONE"
    parse = _parser(form.get("FieldDelimiter") or ",", quote, form.get("QuoteEscapeCharacter"))
    ranged = {**asked, "start": 0} if header != "NONE" else asked
    lines: Iterator[bytes] = _lines(source, delimiter.encode(), ranged)
    if form.get("AllowQuotedRecordDelimiter") and quote:
        lines = _with_quoted_ends(lines, delimiter.encode(), quote.encode())
    names: list[str] = []
    at = 0
    for line in lines:
        text = _text(line)
        begins, at = at, at + len(line) + len(delimiter.encode())
        if delimiter == "\n":
            text = text.removesuffix("\r")
        if not text or (comment and text.startswith(comment)):
            continue
        if header != "NONE":
            if header == "USE":
                names = [name.strip("\ufeff") for name in parse(text)]
            header = "NONE"
            continue
        if begins < (asked.get("start") or 0) and ranged is not asked:
            continue
        yield Fields(parse(text), names)


class Fields(dict[str, Any]):
    """A record of a CSV file, its fields by the header's names if that is used. Each has its
    place, "_1", as well; `listed` is what there is."""

    __slots__ = ("listed",)

    def __init__(self, values: list[str], names: list[str]) -> None:
        places = {f"_{place}": Text(value) for place, value in enumerate(values, 1)}
        if names:
            named = dict(zip(names, places.values(), strict=False))
            super().__init__({**places, **named})
            self.listed = named
        else:
            super().__init__(places)
            self.listed = places


def _parser(delimiter: str, quote: str, escape: str | None) -> Callable[[str], list[str]]:
    doubled = not escape or escape == quote

    def parse(text: str) -> list[str]:
        if not quote or quote not in text:
            return text.split(delimiter)
        if len(delimiter) > 1 or len(quote) > 1:
            return _parsed(text, delimiter, quote, quote if doubled else str(escape))
        try:
            reader = csv.reader(
                [text],
                delimiter=delimiter,
                quotechar=quote,
                doublequote=doubled,
                escapechar=None if doubled else escape,
            )
            return next(reader)
        except (csv.Error, StopIteration, TypeError, ValueError):
            raise _bad_csv() from None

    return parse


def _parsed(text: str, delimiter: str, quote: str, escape: str) -> list[str]:
    """As the csv module does, for marks of several characters."""
    found, value, at, inside = [], "", 0, False
    while at < len(text):
        if inside and text.startswith(escape + quote, at):
            value, at = value + quote, at + len(escape + quote)
        elif text.startswith(quote, at):
            inside, at = not inside, at + len(quote)
        elif not inside and text.startswith(delimiter, at):
            found.append(value)
            value, at = "", at + len(delimiter)
        else:
            value, at = value + text[at], at + 1
    return [*found, value]


def _with_quoted_ends(lines: Iterator[bytes], delimiter: bytes, quote: bytes) -> Iterator[bytes]:
    """Lines put together again that a delimiter within quotes took apart."""
    held: list[bytes] = []
    size = 0
    odd = False
    for line in lines:
        held.append(line)
        size += len(line)
        odd ^= line.count(quote) % 2 == 1
        if size > RECORD_BYTES_MAX:
            raise _too_long()
        if not odd:
            yield delimiter.join(held)
            held.clear()
            size = 0
    if held:
        yield delimiter.join(held)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _no_text() from None


def _no_text() -> Fault:
    return Fault("InvalidTextEncoding", "Invalid encoding type. Only UTF-8 encoding is supported.")


def bad_json() -> Fault:
    return Fault("JSONParsingError", "Encountered an error parsing the JSON file. Check the file "
                 "and try again.")  # fmt: skip


def _bad_csv() -> Fault:
    return Fault("CSVParsingError", "Encountered an error parsing the CSV file. Check the file and "
                 "try again.")  # fmt: skip


def _too_long() -> Fault:
    return Fault("OverMaxRecordSize", "The length of a record in the input or result is greater "
                 "than the maxCharsPerRecord limit of 1 MB.")  # fmt: skip
