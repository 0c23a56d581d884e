"""What encodes large exports and decodes large imports: `python -m jedlik.coding_process FD all`,
started by the server. It does what the channel at the file descriptor asks for and ends when the
channel does; with "all" in what time is left over on the processors, with "some" in more. See
coding_processes.py for the other side."""

from __future__ import annotations

import os
import sys

from jedlik.priority import run_when_idle

NICENESS = 5
YIELDS_TO_ALL, YIELDS_SOME = "all", "some"

if __name__ == "__main__":  # before it reads its modules, which takes a while
    if sys.argv[2] == YIELDS_SOME or not run_when_idle():
        os.nice(NICENESS)

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
