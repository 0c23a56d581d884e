"""What encodes large exports and decodes large imports: `python -m jedlik.coding_process FD`,
started by the server. It does what the channel at the file descriptor asks for, at low priority,
and ends when the channel does. See coding_processes.py for the other side."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys

import uvloop

from jedlik.net.channel import Channel
from jedlik.services.dynamodb.coding import Desk

NICENESS = 5


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
    os.nice(NICENESS)
    sock = socket.socket(fileno=int(sys.argv[1]))
    sock.setblocking(False)
    uvloop.run(run(sock))


if __name__ == "__main__":
    main()
