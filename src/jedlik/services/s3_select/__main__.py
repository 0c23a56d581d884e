"""Runs one query over the bytes on standard input. See __init__.py."""

from __future__ import annotations

import csv
import json
import os
import sys
import threading
import time
from io import BufferedReader
from typing import Any, cast

from jedlik.services.s3_select import frames, sql
from jedlik.services.s3_select.evaluating import Selection
from jedlik.services.s3_select.faults import Fault
from jedlik.services.s3_select.inputs import RECORD_BYTES_MAX, Counted, bad_json, records
from jedlik.services.s3_select.outputs import writer

RESULT_BYTES = 64 * 1024
LOOK_S = 1.0
PROGRESS_S = 1.0


def main() -> int:
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    os.nice(5)
    csv.field_size_limit(RECORD_BYTES_MAX)
    source, out = cast(BufferedReader, sys.stdin.buffer), sys.stdout.buffer
    asked = json.loads(source.readline())
    try:
        try:
            run(asked, Counted(source.read1, asked["packing"]), out)
        except RecursionError:
            raise bad_json() from None  # nothing else can be as deep
    except Fault as fault:
        told = {"code": fault.code, "message": fault.message}
        frames.send(out, frames.FAULT, json.dumps(told).encode())
    except BrokenPipeError:
        return 1
    return 0


def run(asked: dict[str, Any], source: Counted, out: Any) -> None:
    selection = Selection(sql.read(asked["expression"]))
    write = writer(asked["output"])
    held: list[bytes] = []
    size = returned = 0
    told_at = time.monotonic()

    def flush() -> None:
        nonlocal size, returned
        if held:
            frames.send(out, frames.RESULTS, b"".join(held))
        returned += size
        size = 0
        held.clear()

    for record in records(source, asked["input"]):
        for result in selection.rows(record):
            held.append(write(result))
            size += len(held[-1])
            if size >= RESULT_BYTES:
                flush()
        if time.monotonic() - told_at > PROGRESS_S:
            told_at = time.monotonic()
            flush()
            frames.send(out, frames.PROGRESS, _numbers(source, returned))
        if selection.is_over:
            break
    last = selection.last()
    if last is not None:
        held.append(write(last))
        size += len(held[-1])
    flush()
    frames.send(out, frames.STATISTICS, _numbers(source, returned))


def _numbers(source: Counted, returned: int) -> bytes:
    return json.dumps([source.scanned, source.processed, returned]).encode()


def _end_with(parent: int) -> None:
    """End when the server is gone."""
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main())
