"""The heavy part of exports and imports: making lines of items, and items of lines; gzip, too.

It needs no database, so it runs beside the event loop: here in a thread, for small transfers, and
for large ones in a process of its own (`coding_processes.py` at the top), whose other end is
`Desk`. Whoever transfers asks for an `Encoding` or a `Decoding` and does not care where it is.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple, Protocol

import msgspec
import orjson

from jedlik.api.errors import ApiError
from jedlik.services.dynamodb.export_filters import parts_of
from jedlik.services.dynamodb.input_records import BadObject, InputRecord, records_of
from jedlik.services.dynamodb.ion_text import MARKER, ion_item
from jedlik.services.dynamodb.item_keys import key_of_item
from jedlik.services.dynamodb.put_item import ITEM_TOO_LARGE
from jedlik.tables.database import Database
from jedlik.tables.errors import Invalid
from jedlik.tables.expressions import Condition, Projection
from jedlik.tables.item_writes import ITEM_BYTES_MAX
from jedlik.tables.model import Table
from jedlik.tables.net_changes import decode_change
from jedlik.tables.stored import Stored, json_of, pack, size_of
from jedlik.values import Invalid as InvalidValue
from jedlik.values import Malformed, check_item

RECORDS = 100
BYTES = 64 << 10
"""How much a decoding hands over at once, at most: as much as is written in one piece."""
CONDITION_MEMBERS = ("ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues")
"""Of a record of a bulk put beside Item. Unverified: that they are called so."""
_LEVEL = 3


class Form(msgspec.Struct, frozen=True):
    """What an export's data files look like. view: "" for whole items, else of an incremental
    export; key_names: of the table, for those; filter: the export's FilterSpecification, of which
    the filter and the projection are applied here."""

    ion: bool
    view: str
    key_names: tuple[str, ...]
    filter: dict[str, Any] = {}


class Source(msgspec.Struct, frozen=True):
    """What an import's objects look like, and the table that they are for. skip: records that
    are done already."""

    kind: str
    compression: str
    csv: dict[str, Any] | None
    table: Table
    skip: int


class Encoded(NamedTuple):
    """Bytes of the file, how many items they have, and how large those are in their table that
    were looked at: a filter leaves out items, which are read all the same."""

    data: bytes
    items: int
    size: int


class Prepared(NamedTuple):
    """A record that was read. place: its place in the object; size: of its bytes. Either `value`,
    a packed item for the row of `token` and `sort`, or `error`. condition: the members of one."""

    place: int
    size: int
    token: bytes
    sort: bytes
    value: bytes
    error: str | None
    condition: dict[str, Any] | None


class Taken(NamedTuple):
    """Some records; whether the object has ended, and why if that was too early."""

    records: list[Prepared]
    ended: bool
    fault: str | None


Read = Callable[[], Awaitable[bytes]]
"""The next piece of an object; b"" after the last."""


class Encoding(Protocol):
    """One data file in the making."""

    async def add(self, values: list[bytes]) -> Encoded:
        """values: stored items, or net changes."""
        ...

    async def finish(self) -> bytes:
        """The end of the file."""
        ...

    def close(self) -> None: ...


class Decoding(Protocol):
    """One object that is read."""

    async def take(self) -> Taken: ...

    def close(self) -> None: ...


class Coders(Protocol):
    """Where it is done."""

    async def encoding(self, form: Form) -> Encoding: ...

    async def decoding(self, source: Source, read: Read) -> Decoding: ...


class NoCoders(Exception):
    """Those who encode or decode are gone: the file, or object, is to be begun again."""


def coders_of(db: Database, *, large: bool) -> Coders:
    """Those that `app` has put beside the tables, for what is large; else threads."""
    found: Coders | None = db.beside.get(Coders) if large else None
    return found or LocalCoders()


class LocalCoders:
    """In this process."""

    async def encoding(self, form: Form) -> Encoding:
        return _LocalEncoding(Encoder(form))

    async def decoding(self, source: Source, read: Read) -> Decoding:
        return Decoder(source, read)


class _LocalEncoding:
    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    async def add(self, values: list[bytes]) -> Encoded:
        return await asyncio.to_thread(self._encoder.add, values)

    async def finish(self) -> bytes:
        return self._encoder.finish()

    def close(self) -> None:
        pass


class Encoder:
    """Lines of items, compressed."""

    def __init__(self, form: Form) -> None:
        self._line = _line_of(form)
        self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)

    def add(self, values: list[bytes]) -> Encoded:
        lines, count, size = [], 0, 0
        line_of = self._line
        for value in values:
            line, taken = line_of(value)
            size += taken
            if line:
                lines.append(line)
                count += 1
        return Encoded(self._compressor.compress(b"".join(lines)), count, size)

    def finish(self) -> bytes:
        return self._compressor.flush()


def _line_of(form: Form) -> Callable[[bytes], tuple[bytes, int]]:
    """A function from a stored item, or a net change, to its line, b"" where it is left out, and
    its size in the table."""
    parts = parts_of(form.filter)
    where, shown = parts.condition, parts.projection
    if form.view:
        return _change_lines(form, where, shown)
    if where is None and shown is None:
        return _ion_line if form.ion else _json_line

    def item_line(value: bytes) -> tuple[bytes, int]:
        item, size = Stored(0, value).item, size_of(value)
        if where is not None and not where.holds(item):
            return b"", size
        if shown is not None:
            item = shown.apply(item)
        if form.ion:
            return _ion_text(item), size
        return orjson.dumps({"Item": item}) + b"\n", size

    return item_line


def _change_lines(
    form: Form, where: Condition | None, shown: Projection | None
) -> Callable[[bytes], tuple[bytes, int]]:
    """Of net changes. The filter is about the latest image, that of a deleted item about its old
    one (developer guide, "Filtering a table export"). Unverified: that Keys are told whatever the
    projection says."""
    with_old = form.view != "NEW_IMAGE"

    def change_line(value: bytes) -> tuple[bytes, int]:
        change = decode_change(value)
        old = None if change.old is None else Stored(0, change.old)
        new = None if change.new is None else Stored(0, change.new)
        latest = old if new is None else new
        if latest is None:
            return b"", 0  # made and deleted within the stretch
        size = sum(image.size for image in (old, new) if image is not None)
        item = latest.item
        if where is not None and not where.holds(item):
            return b"", size
        micros = change.at_ms * 1000
        line: dict[str, Any] = {
            "Metadata": {"WriteTimestampMicros": {"N": str(micros)}},
            "Keys": {name: item[name] for name in form.key_names},
        }
        for name, image in (("OldImage", old if with_old else None), ("NewImage", new)):
            if image is not None:
                line[name] = image.item if shown is None else shown.apply(image.item)
        if form.ion:
            members = ",".join(f"{name}:{ion_item(value)}" for name, value in line.items())
            return f"{MARKER}{{Record:{{{members}}}}}\n".encode(), size
        return orjson.dumps(line) + b"\n", size

    return change_line


def _json_line(value: bytes) -> tuple[bytes, int]:
    return b'{"Item":' + json_of(value) + b"}\n", size_of(value)


def _ion_line(value: bytes) -> tuple[bytes, int]:
    return _ion_text(Stored(0, value).item), size_of(value)


def _ion_text(item: dict[str, Any]) -> bytes:
    return f"{MARKER}{{Item:{ion_item(item)}}}\n".encode()


class Decoder:
    """Records of an object, checked and packed as items of the table."""

    def __init__(self, source: Source, read: Read) -> None:
        self._table = source.table
        self._skip = source.skip
        self._at = 0
        self._records = records_of(
            _pieces(read),
            kind=source.kind,
            compression=source.compression,
            csv_options=source.csv,
            types=source.table.attribute_types,
        )

    async def take(self) -> Taken:
        found: list[Prepared] = []
        size = 0
        while len(found) < RECORDS and size < BYTES:
            try:
                record = await anext(self._records)
            except StopAsyncIteration:
                return Taken(found, True, None)
            except BadObject as fault:
                return Taken(found, True, str(fault))
            index, self._at = self._at, self._at + 1
            if index < self._skip:
                continue
            found.append(self._prepared(index, record))
            size += record.size
        return Taken(found, False, None)

    def close(self) -> None:
        pass

    def _prepared(self, index: int, record: InputRecord) -> Prepared:
        if record.error is not None:
            return _refused(index, record, record.error)
        item = record.members["Item"]
        try:
            size = check_item(item)
            if size > ITEM_BYTES_MAX:
                raise Invalid(ITEM_TOO_LARGE)
            key = key_of_item(self._table, item)
        except (Invalid, InvalidValue, Malformed) as fault:
            return _refused(index, record, fault.message)
        except ApiError as refusal:
            return _refused(index, record, refusal.message or refusal.code)
        condition = None
        if "ConditionExpression" in record.members:
            given = record.members
            condition = {name: given[name] for name in CONDITION_MEMBERS if name in given}
        value = pack(item, size)
        return Prepared(index, record.size, key.token, key.sort, value, None, condition)


def _refused(index: int, record: InputRecord, text: str) -> Prepared:
    return Prepared(index, record.size, b"", b"", b"", text, None)


async def _pieces(read: Read) -> AsyncIterator[bytes]:
    while data := await read():
        yield data


class Desk:
    """The other end of a process that codes: what is asked of it by number. read: fetches the next
    piece of the object that a decoding of that number reads."""

    def __init__(self, read: Callable[[int], Awaitable[bytes]]) -> None:
        self._read = read
        self._encoders: dict[int, Encoder] = {}
        self._decoders: dict[int, Decoder] = {}
        self._turns: dict[int, asyncio.Lock] = {}
        self.handlers: dict[str, Callable[..., Any]] = {
            "encode": self._encode,
            "add": self._add,
            "finish": self._finish,
            "decode": self._decode,
            "take": self._take,
            "close": self._close,
        }

    def _encode(self, number: int, form: bytes) -> None:
        self._encoders[number] = Encoder(msgspec.json.decode(form, type=Form))

    def _add(self, number: int, values: list[bytes]) -> Encoded:
        return self._encoders[number].add(values)

    def _finish(self, number: int) -> bytes:
        return self._encoders.pop(number).finish()

    def _decode(self, number: int, source: bytes) -> None:
        async def read() -> bytes:
            return await self._read(number)

        self._decoders[number] = Decoder(msgspec.json.decode(source, type=Source), read)
        self._turns[number] = asyncio.Lock()

    async def _take(self, number: int) -> Taken:
        async with self._turns[number]:  # it is asked again before it has answered
            return await self._decoders[number].take()

    def _close(self, number: int) -> None:
        for kept in (self._encoders, self._decoders, self._turns):
            kept.pop(number, None)
