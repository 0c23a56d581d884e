"""The process of one query.

    in:   size, JSON {"query", "limit"}; then, as often as wanted: size, MessagePack [event, …];
          then a size of 0
    out:  {"matched": number}, and a line for each page of rows; or {"fault": text}: JSON lines

Sizes are 4 bytes.
"""

from __future__ import annotations

import os
import resource
import signal
import sys

import msgspec
import orjson

from jedlik.services.logs.insights.parsing import parse
from jedlik.services.logs.insights.rows import Event
from jedlik.services.logs.insights.stages import Pipeline

MEMORY_BYTES_MAX = 1 << 30
PAGE_ROWS = 10_000
LOOK_S = 1.0


def main() -> int:
    _end_with(os.getppid())
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    try:
        pipeline = _run()
    except MemoryError:
        _write({"fault": "The query needs more memory than there is for one."})
        return 0
    _write({"matched": pipeline.matched, "rows": len(pipeline.result)})
    for at in range(0, len(pipeline.result), PAGE_ROWS):
        _write([[{"field": k, "value": v} for k, v in row]
                for row in pipeline.result[at : at + PAGE_ROWS]])  # fmt: skip
    return 0


def _run() -> Pipeline:
    asked = orjson.loads(_read())
    pipeline = Pipeline(parse(asked["query"]), asked["limit"])
    decoder = msgspec.msgpack.Decoder(list[Event])
    while batch := _read():
        for event in decoder.decode(batch):
            pipeline.push(event)
    pipeline.end()
    return pipeline


def _end_with(parent: int) -> None:
    """End when the server is gone: nobody would ever stop a query whose server was killed.

    By a signal, which a regular expression that is being tried looks at; a thread would never have
    its turn beside it.
    """

    def look(*_: object) -> None:
        if os.getppid() != parent:
            os._exit(1)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, LOOK_S, LOOK_S)


def _read() -> bytes:
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        os._exit(1)
    return sys.stdin.buffer.read(int.from_bytes(head, "big"))


def _write(value: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")


if __name__ == "__main__":
    sys.exit(main())
