"""What encodes large exports and decodes large imports: `python -m jedlik.coding_process FD all`,
started by the server. It does what the channel at the file descriptor asks for and ends when the
channel does; with "all" in what time is left over on the processors, with "some" in more. See
coding_processes.py for the other side."""

from __future__ import annotations

import os
import sys

NICENESS = 5
YIELDS_TO_ALL, YIELDS_SOME = "all", "some"


def make_way(yields: str) -> None:
    """Run only while nobody else wants the processor, or be nice, which gets some of it in any
    case; but what is only nice keeps it for some milliseconds after the server was woken."""
    if yields == YIELDS_TO_ALL:
        try:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
            return
        except (AttributeError, OSError):  # not Linux, or not allowed
            pass
    os.nice(NICENESS)


if __name__ == "__main__":
    make_way(sys.argv[2])  # before it reads its modules, which takes a while

import asyncio  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402

import uvloop  # noqa: E402

from jedlik.net.channel import Channel  # noqa: E402
from jedlik.services.dynamodb.coding import Desk  # noqa: E402


async def run(sock: socket.socket) -> None:
    ended = asyncio.Event()

    async def read(number: int) -> bytes:
        data: bytes = await channel.call("read", number)
        return data

    channel = Channel(Desk(read).handlers, closed=ended.set)
    await asyncio.get_running_loop().create_connection(lambda: channel, sock=sock)
    await ended.wait()


def main() -> None:
    # Ctrl-C reaches every process of the terminal; when this one ends is the server's business.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sock = socket.socket(fileno=int(sys.argv[1]))
    sock.setblocking(False)
    uvloop.run(run(sock))


if __name__ == "__main__":
    main()
