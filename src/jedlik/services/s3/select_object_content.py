"""SelectObjectContent: what a query finds in an object, as a stream of events.

The query runs in a process of its own (services/s3_select/), which gets the object's bytes and
nothing else, and is ended with the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from jedlik.api.operation import operation
from jedlik.api.rest import RestContext
from jedlik.services.programs import start
from jedlik.services.s3.access import bucket_of, check_key, on_object
from jedlik.services.s3.archived import check_readable
from jedlik.services.s3.customer_keys import key_of_object
from jedlik.services.s3.errors import S3Error
from jedlik.services.s3.lookups import found_version
from jedlik.services.s3.ranges import Range, stretches_of
from jedlik.services.s3.sealing import content
from jedlik.services.s3.store import Store
from jedlik.services.s3_select import FAULT, HEAD, PROGRAM, RESULTS, STATISTICS, Fault, read

KEEP_ALIVE_S = 5.0
Event = tuple[str, bytes | dict[str, int]]


@operation("s3", "SelectObjectContent", access="read", permissions=on_object("s3:GetObject"))
async def select_object_content(ctx: RestContext, req: dict[str, Any]) -> dict[str, Any]:
    store = Store.of(ctx)
    bucket = await bucket_of(ctx, req)
    asked = _asked(req)
    version = await found_version(ctx, bucket, check_key(req["Key"]), None)
    key = key_of_object(req, version)
    check_readable(version, int(ctx.now * 1000))
    _place_range(asked["input"], req.get("ScanRange"), asked["packing"], version.size)
    stretches = await stretches_of(store, version, Range(0, version.size))
    pieces = content(store.blobs, stretches, key)
    with_progress = bool((req.get("RequestProgress") or {}).get("Enabled"))
    return {"Payload": _events(asked, pieces, with_progress=with_progress)}


def _asked(req: Mapping[str, Any]) -> dict[str, Any]:
    """What the program is told. Raises S3Error."""
    try:
        read(req["Expression"])
    except Fault as fault:
        raise S3Error(fault.code, fault.message) from None
    given, wanted = req["InputSerialization"], req["OutputSerialization"]
    kinds = [kind for kind in ("CSV", "JSON", "Parquet") if kind in given]
    if len(kinds) != 1:
        raise S3Error(
            "InvalidDataSource",
            "Exactly one of CSV, JSON and Parquet has to be the InputSerialization.",
        )
    if len(wanted) != 1:
        raise S3Error(
            "InvalidRequestParameter",
            "Exactly one of CSV and JSON has to be the OutputSerialization.",
        )
    packing = given.get("CompressionType") or "NONE"
    if kinds == ["Parquet"] and packing != "NONE":
        raise S3Error(
            "InvalidCompressionFormat",
            "The file is not in a supported compression format. Only NONE is supported for "
            "Parquet.",
        )
    if kinds == ["JSON"] and (given["JSON"] or {}).get("Type") is None:
        raise S3Error(
            "InvalidJsonType",
            "The JsonType is invalid. Only DOCUMENT and LINES are supported.",
        )
    return {
        "expression": req["Expression"],
        "packing": packing,
        "input": dict(given),
        "output": wanted,
    }


def _place_range(
    asked: dict[str, Any], wanted: Mapping[str, int] | None, packing: str, size: int
) -> None:
    """Which records count, by where they begin. Raises S3Error."""
    if wanted is None:
        return
    document = (asked.get("JSON") or {}).get("Type") == "DOCUMENT"
    quoted = (asked.get("CSV") or {}).get("AllowQuotedRecordDelimiter")
    if packing != "NONE" or document or quoted or "Parquet" in asked:
        raise S3Error(
            "UnsupportedScanRangeInput",
            "ScanRange is only supported for uncompressed CSV and JSON objects, without quoted "
            "record delimiters.",
        )
    start, end = wanted.get("Start"), wanted.get("End")
    if (start is None and end is None) or (start is not None and end is not None and start > end):
        raise S3Error("InvalidScanRange", "The scan range is not valid.")
    if start is None:
        assert end is not None
        start, end = max(0, size - end), None  # so many bytes from the end
    asked["start"], asked["end"] = start, end


async def _events(
    asked: dict[str, Any], pieces: AsyncIterator[bytes], *, with_progress: bool
) -> AsyncIterator[Event]:
    process = await start(PROGRAM)
    feeding = asyncio.ensure_future(_feed(process, asked, pieces))
    frame: asyncio.Task[tuple[bytes, bytes]] | None = None
    try:
        while True:
            frame = asyncio.create_task(_frame(process))
            while not (await asyncio.wait((frame,), timeout=KEEP_ALIVE_S))[0]:
                yield "Cont", b""
            kind, told = frame.result()
            if kind == RESULTS:
                yield "Records", told
            elif kind == FAULT:
                fault = orjson.loads(told)
                raise S3Error(fault["code"], fault["message"])
            elif kind == STATISTICS:
                if with_progress:
                    yield "Progress", _numbers(told)
                yield "Stats", _numbers(told)
                yield "End", b""
                return
            elif with_progress:
                yield "Progress", _numbers(told)
    except asyncio.IncompleteReadError:
        if feeding.done():
            feeding.result()
        raise RuntimeError("the program of a query ended early") from None
    finally:
        for task in (feeding, frame):
            if task is not None:
                task.cancel()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
        with contextlib.suppress(BaseException):
            await feeding


async def _feed(
    process: asyncio.subprocess.Process, asked: dict[str, Any], pieces: AsyncIterator[bytes]
) -> None:
    """The request, then the object, as far as the program wants it."""
    stdin = process.stdin
    assert stdin is not None
    try:
        stdin.write(orjson.dumps(asked) + b"\n")
        async for piece in pieces:
            stdin.write(piece)
            await stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        return
    except Exception:
        process.kill()
        raise
    finally:
        await pieces.aclose()  # type: ignore[attr-defined]
    stdin.close()


async def _frame(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    assert process.stdout is not None
    kind, size = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
    return kind, await process.stdout.readexactly(size)


def _numbers(told: bytes) -> dict[str, int]:
    names = ("BytesScanned", "BytesProcessed", "BytesReturned")
    return dict(zip(names, orjson.loads(told), strict=True))
