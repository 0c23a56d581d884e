"""The files that `jedlik load` reads, turned into BatchWriteItem's write requests, and back.

Formats, told apart by the file's name and first bytes:
- .csv: a header line, then an item a line. As in DynamoDB's own import, key attributes take the
  table's types and everything else is a string, unless --type says otherwise; empty cells are
  left out.
- JSON lines (.jsonl, .ndjson, .json): an item a line, either DynamoDB JSON, bare or inside
  {"Item": …} as DynamoDB's exports have it, or plain JSON.
- .json holding one document: a BatchWriteItem request ({"Table": [{"PutRequest": …}]}, with or
  without "RequestItems" around it; any number of requests), a Scan's answer ({"Items": […]}), or
  an array of items.
Any of them may end in .gz.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv")
_INNER = {
    "S": str, "N": str, "B": str, "BOOL": bool, "NULL": bool,
    "SS": list, "NS": list, "BS": list, "L": list, "M": dict,
}  # fmt: skip


class BadFile(Exception):
    """The file cannot be read as items; the text names file and line."""


class Write(NamedTuple):
    """One write request, for `table` or (None) the table the file is named for.

    position: bytes of the file read so far, for the progress bar. place: where in the file the
    request is, for messages: "line 7", "request 7".
    """

    table: str | None
    request: dict[str, Any]
    position: int
    place: str


class _Number(str):
    """A number of a plain JSON file as it was written: a float would lose digits."""


def files_in(path: Path) -> list[Path]:
    """The file itself, or every file of the folder that `read` understands, by name."""
    if not path.is_dir():
        return [path]
    return sorted(each for each in path.iterdir() if each.is_file() and _suffix(each) in SUFFIXES)


def table_named_by(path: Path) -> str:
    """ProductCatalog.jsonl.gz is for the table ProductCatalog."""
    name = path.name.removesuffix(".gz")
    return name.removesuffix(_suffix(path)) or name


def read(path: Path, *, types: Mapping[str, str]) -> Iterator[Write]:
    """Every write request of a file. `types`: attribute types for CSV. Raises BadFile."""
    suffix = _suffix(path)
    if suffix not in SUFFIXES:
        raise BadFile(f"{path}: not one of {', '.join(SUFFIXES)} (with or without .gz)")
    try:
        with path.open("rb") as raw:
            stream: Any = gzip.GzipFile(fileobj=raw) if path.name.endswith(".gz") else raw
            if suffix == ".csv":
                yield from _csv(path, stream, raw, types)
            else:
                yield from _json(path, stream, raw)
    except (OSError, EOFError) as fault:
        raise BadFile(f"{path}: {getattr(fault, 'strerror', None) or fault}") from None


def _json(path: Path, stream: BinaryIO, raw: BinaryIO) -> Iterator[Write]:
    """JSON lines if the first line that says anything is a whole object, else one document."""
    start = b""
    while line := stream.readline():
        start += line
        if line.strip():
            break
    whole = _is_object(start) and not _is_batch(start)
    if not whole:
        yield from _document(path, start + stream.read(), path.stat().st_size)
        return
    first = start.count(b"\n") or 1
    yield _put(path, first, start, raw.tell())
    for number, line in enumerate(stream, first + 1):
        if line.strip():
            yield _put(path, number, line, raw.tell())


def _put(path: Path, number: int, line: bytes, position: int) -> Write:
    try:
        item = _loads(line)
    except ValueError as fault:
        raise BadFile(f"{path}, line {number}: {fault}") from None
    if not isinstance(item, dict):
        raise BadFile(f"{path}, line {number}: an item is a JSON object")
    if item.keys() == {"Item"} and is_dynamodb_json(item["Item"]):
        item = item["Item"]
    return Write(None, {"PutRequest": {"Item": to_dynamodb_json(item)}}, position, f"line {number}")


def _document(path: Path, content: bytes, size: int) -> Iterator[Write]:
    if not content.strip():
        return
    try:
        found = _loads(content)
    except ValueError as fault:
        raise BadFile(f"{path}: {fault}") from None
    if isinstance(found, dict) and "RequestItems" in found:
        found = found["RequestItems"]
    writes: list[tuple[str | None, dict[str, Any]]]
    if isinstance(found, dict) and isinstance(found.get("Items"), list):
        found = found["Items"]
    if isinstance(found, list):
        for number, item in enumerate(found, 1):
            if not isinstance(item, dict):
                raise BadFile(f"{path}, item {number}: an item is a JSON object")
        writes = [(None, {"PutRequest": {"Item": to_dynamodb_json(item)}}) for item in found]
    elif isinstance(found, dict) and all(_are_requests(each) for each in found.values()):
        writes = [(table, request) for table, requests in found.items() for request in requests]
    elif isinstance(found, dict):
        writes = [(None, {"PutRequest": {"Item": to_dynamodb_json(found)}})]
    else:
        raise BadFile(f"{path}: neither items nor a BatchWriteItem request")
    for number, (table, request) in enumerate(writes, 1):
        place = f"item {number}" if table is None else f"request {number}"
        yield Write(table, request, size * number // len(writes), place)


def _csv(path: Path, stream: BinaryIO, raw: BinaryIO, types: Mapping[str, str]) -> Iterator[Write]:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    rows = csv.reader(text, strict=True)
    try:
        header = next(rows, None)
        if header is None:
            return
        for number, name in enumerate(header):
            if not name or name in header[:number]:
                wrong = f"names {name!r} twice" if name else f"does not name column {number + 1}"
                raise BadFile(f"{path}, line 1: the header {wrong}")
        for row in rows:
            if len(row) > len(header):
                raise BadFile(f"{path}, line {rows.line_num}: more cells than the header has")
            item = {
                name: _cell(path, rows.line_num, cell, types.get(name, "S"))
                for name, cell in zip(header, row, strict=False)
                if cell != ""
            }
            if item:
                place = f"line {rows.line_num}"
                yield Write(None, {"PutRequest": {"Item": item}}, raw.tell(), place)
    except csv.Error as fault:
        raise BadFile(f"{path}, line {rows.line_num}: {fault}") from None
    except UnicodeDecodeError as fault:
        # Text is decoded ahead of the lines: where exactly, this does not know.
        raise BadFile(f"{path}, after line {rows.line_num}: not UTF-8 ({fault.reason})") from None
    finally:
        text.detach()  # the caller closes the file


def _cell(path: Path, line: int, cell: str, kind: str) -> dict[str, Any]:
    if kind == "BOOL":
        if cell.lower() not in ("true", "false"):
            raise BadFile(f"{path}, line {line}: {cell!r} is neither true nor false")
        return {"BOOL": cell.lower() == "true"}
    if kind in ("SS", "NS"):
        return {kind: [each.strip() for each in cell.split("|")]}
    return {kind: cell}


def is_dynamodb_json(item: Any) -> bool:
    """True for {"pk": {"S": "a"}}: every attribute is an object with one type as its name."""
    return isinstance(item, dict) and all(
        isinstance(value, dict)
        and len(value) == 1
        and all(kind in _INNER and isinstance(v, _INNER[kind]) for kind, v in value.items())
        for value in item.values()
    )


def to_dynamodb_json(item: Any) -> dict[str, Any]:
    """DynamoDB JSON as it is; plain JSON converted."""
    if not isinstance(item, dict):
        raise BadFile(f"an item is a JSON object, not {item!r:.40}")
    if is_dynamodb_json(item):
        return item
    return {name: _typed(value) for name, value in item.items()}


def to_plain_json(item: Mapping[str, Any]) -> dict[str, Any]:
    """Plain JSON for an item: sets become arrays, binary its base64 text. For orjson.dumps."""
    return {name: _plain(value) for name, value in item.items()}


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case _Number():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case None:
            return {"NULL": True}
        case list():
            return {"L": [_typed(each) for each in value]}
        case dict():
            return {"M": {name: _typed(each) for name, each in value.items()}}
    raise AssertionError(f"not from JSON: {value!r}")


def _plain(value: Mapping[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    match kind:
        case "N":
            return orjson.Fragment(inner)
        case "NS":
            return [orjson.Fragment(each) for each in inner]
        case "NULL":
            return None
        case "L":
            return [_plain(each) for each in inner]
        case "M":
            return to_plain_json(inner)
    return inner


def _loads(text: bytes) -> Any:
    return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _is_object(text: bytes) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _is_batch(text: bytes) -> bool:
    """A whole BatchWriteItem request, or a Scan's answer, that happens to be on one line."""
    found = orjson.loads(text)
    return (
        "RequestItems" in found
        or isinstance(found.get("Items"), list)
        or (bool(found) and all(_are_requests(each) for each in found.values()))
    )


def _are_requests(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(each, dict)
            and len(each) == 1
            and not each.keys().isdisjoint({"PutRequest", "DeleteRequest"})
            for each in value
        )
    )


def batches(
    writes: Iterable[Write], *, key_names: tuple[str, ...], size_max: int = 25
) -> Iterator[list[Write]]:
    """Groups for BatchWriteItem, in order; it refuses two writes of one key in one request.

    When `writes` ends with BadFile, what came before it is still given out.
    """
    batch: list[Write] = []
    seen: set[bytes] = set()
    try:
        for write in writes:
            ((kind, inner),) = write.request.items()
            item = inner["Item" if kind == "PutRequest" else "Key"]
            key = orjson.dumps([item.get(name) for name in key_names])
            if len(batch) == size_max or key in seen:
                yield batch
                batch, seen = [], set()
            batch.append(write)
            seen.add(key)
    except BadFile:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _suffix(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()
