"""A worker of `--workers N`: what `serving_processes.py` starts."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

import orjson
import uvloop

from jedlik import app, logs
from jedlik.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM, or until the supervisor is gone."""
    ready = int(arguments[0])
    begin = orjson.loads(sys.stdin.buffer.readline())
    settings = Settings(**begin["settings"])
    logs.set_up(settings.log_level)
    # Ctrl-C reaches every process of the terminal; the supervisor is the one to end us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_reader(0, stop.set)  # nothing comes there but its end
        server = app.App(settings, worker=begin["number"], announces=begin["is_first"])
        try:
            await server.start()
            with suppress(BrokenPipeError):  # the supervisor is gone, and so will this be
                os.write(ready, b"r")
            await stop.wait()
            server.check()
        finally:
            loop.remove_reader(0)
            await server.stop()

    try:
        uvloop.run(serve())
    except app.FAULTS as fault:
        print(f"jedlik: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
