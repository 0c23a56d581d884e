"""A process that runs one jq program over records; run as a file, so that it has
nothing of ours to import.

    in:   size, program; then, as often as wanted: size, MessagePack [record, …]
    out:  size, MessagePack: text why the program is none, or nil; then [keys or text of error, …]

Sizes are 4 bytes. A program may run for ever, or take all memory: so it runs here, where its owner
(`partition_keys.py`) ends it, and with nothing in its environment.
"""

from __future__ import annotations

import resource
import signal
import sys
from typing import Any

import msgspec

MEMORY_BYTES_MAX = 512 << 20
ALONE_S = 60
NOT_JSON = "Non JSON record provided"
NO_KEYS = "partitionKeys values must not be null or empty"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    import jq  # type: ignore[import-not-found]

    source = _read()
    # The system ends it then, whatever the program does. Its owner does so long before, but one
    # that was killed does not.
    signal.alarm(ALONE_S)
    try:
        program = jq.compile((source or b"").decode())
    except ValueError as wrong:
        _write(str(wrong))
        return
    _write(None)
    signal.alarm(0)
    while (batch := _read()) is not None:
        signal.alarm(ALONE_S)
        _write([_keys(program, each) for each in msgspec.msgpack.decode(batch, type=list[bytes])])
        signal.alarm(0)


def _keys(program: Any, record: bytes) -> dict[str, str] | str:
    try:
        value = msgspec.json.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NOT_JSON
    if not isinstance(value, dict):
        return NOT_JSON
    try:
        found = program.input_text(record.decode()).first()
    except (ValueError, StopIteration, UnicodeDecodeError) as wrong:
        return str(wrong) or NO_KEYS
    if not isinstance(found, dict):
        return NO_KEYS
    keys: dict[str, str] = {}
    for name, each in found.items():
        text = each if isinstance(each, str) else msgspec.json.encode(each).decode()
        if each is None or not text:
            return NO_KEYS
        keys[name] = text
    return keys


def _read() -> bytes | None:
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        return None
    return sys.stdin.buffer.read(int.from_bytes(head, "big"))


def _write(value: Any) -> None:
    data = msgspec.msgpack.encode(value)
    sys.stdout.buffer.write(len(data).to_bytes(4, "big") + data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
