"""The server's end of the process that encodes exports and decodes imports (`coding_process.py`).

It is started when the first large transfer wants it, and ends when none has for a while: what it
does would else take the event loop's time, or hold the interpreter's lock beside it. Should it
fail again and again, threads do its work. Should it get no time, because other programs leave none
over, another one is started that takes its share.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import subprocess
import sys
from collections.abc import Awaitable
from typing import Any, TypeVar

import msgspec

from jedlik.coding_process import YIELDS_SOME, YIELDS_TO_ALL
from jedlik.net.channel import CallFailed, Channel, ChannelClosed
from jedlik.services.dynamodb.coding import (
    Decoding,
    Encoded,
    Encoding,
    Form,
    LocalCoders,
    NoCoders,
    Prepared,
    Read,
    Source,
    Taken,
)

IDLE_S = 10.0
STARVED_S = 10.0
"""Without any answer, though some are owed."""
FAILURES_MAX = 3
STOP_S_MAX = 5.0
AHEAD = 2
"""How many times as much as is wanted a decoding has read ahead."""

_log = logging.getLogger("jedlik.coding")
T = TypeVar("T")


class ProcessCoders:
    """Codes in a process beside this one."""

    def __init__(self) -> None:
        self._popen: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._starting = asyncio.Lock()
        self._readers: dict[int, Read] = {}
        self._open: set[int] = set()
        self._count = 0
        self._failures = 0
        self.faults: dict[int, Exception] = {}
        """Of reading the objects that are decoded."""
        self._idle: asyncio.TimerHandle | None = None
        self._ends: set[asyncio.Task[None]] = set()
        self._yields = YIELDS_TO_ALL
        self._owed = self._answered = self._reading = 0
        self._watch: asyncio.TimerHandle | None = None

    async def encoding(self, form: Form) -> Encoding:
        if self._failures >= FAILURES_MAX:
            return await LocalCoders().encoding(form)
        number = await self._begin()
        await self.call("encode", number, msgspec.json.encode(form))
        return _Encoding(self, number)

    async def decoding(self, source: Source, read: Read) -> Decoding:
        if self._failures >= FAILURES_MAX:
            return await LocalCoders().decoding(source, read)
        number = await self._begin()
        self._readers[number] = read
        await self.call("decode", number, msgspec.json.encode(source))
        return _Decoding(self, number)

    async def close(self) -> None:
        """End the process."""
        popen, self._popen = self._popen, None
        channel, self._channel = self._channel, None
        for timer in (self._idle, self._watch):
            if timer is not None:
                timer.cancel()
        self._idle = self._watch = None
        if channel is not None:
            channel.close()
        if popen is not None:
            try:
                await asyncio.to_thread(popen.wait, STOP_S_MAX)
            except subprocess.TimeoutExpired:
                popen.kill()
                await asyncio.to_thread(popen.wait)

    # For an encoding or decoding

    async def call(self, name: str, number: int, *arguments: Any) -> Any:
        """Raises NoCoders, or what reading an object raised."""
        channel = self._channel
        if channel is None:
            raise NoCoders
        self._owed += 1
        try:
            return await channel.call(name, number, *arguments)
        except ChannelClosed:
            raise NoCoders from None
        except CallFailed as fault:
            if number in self.faults:
                raise self.faults[number] from None
            _log.warning("coding failed: %s", fault)
            self._failures += 1
            raise NoCoders from fault
        finally:
            self._owed -= 1
            self._answered += 1

    def end(self, number: int) -> None:
        """Nobody wants this one any more."""
        self._readers.pop(number, None)
        self.faults.pop(number, None)
        self._open.discard(number)
        if self._channel is not None:
            self._channel.tell("close", number)
        if not self._open and self._idle is None:
            self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._rest)

    # The process

    async def _begin(self) -> int:
        self._count += 1
        self._open.add(self._count)
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        number = self._count
        async with self._starting:
            if self._channel is None or not self._channel.is_open:
                await self._start()
        return number

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            popen = await asyncio.to_thread(_spawn, theirs.fileno(), self._yields)
        ours.setblocking(False)
        channel = Channel({"read": self._read}, closed=lambda: self._lost(channel, popen))
        await asyncio.get_running_loop().create_connection(lambda: channel, sock=ours)
        self._popen, self._channel = popen, channel
        self._look_again(popen)

    def _look_again(self, popen: subprocess.Popen[bytes]) -> None:
        if self._watch is not None:
            self._watch.cancel()
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(STARVED_S, self._look, popen, self._answered)

    def _look(self, popen: subprocess.Popen[bytes], answered: int) -> None:
        """Whether the process gets on with what it has to do."""
        if self._popen is not popen or self._channel is None:
            return
        starves = self._owed and not self._reading and self._answered == answered
        if starves and self._yields == YIELDS_TO_ALL:
            _log.warning("the process that codes gets no time: another one takes its share")
            self._yields = YIELDS_SOME
            popen.kill()
        else:
            self._look_again(popen)

    async def _read(self, number: int) -> bytes:
        self._reading += 1
        try:
            return await self._readers[number]()
        except Exception as fault:
            self.faults[number] = fault  # for whoever takes; the process only hears that it failed
            raise
        finally:
            self._reading -= 1

    def _lost(self, channel: Channel, popen: subprocess.Popen[bytes]) -> None:
        if self._channel is channel:  # it was not told to end
            self._channel = None
            self._failures += 1
            _log.warning("the process that codes has ended by itself")
            self._later(asyncio.to_thread(popen.wait))

    def _rest(self) -> None:
        self._idle = None
        if not self._open:
            self._yields = YIELDS_TO_ALL
            self._later(self.close())

    def _later(self, work: Awaitable[Any]) -> None:
        async def run() -> None:
            with contextlib.suppress(Exception):
                await work

        task = asyncio.ensure_future(run())
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)


class _Encoding:
    def __init__(self, coders: ProcessCoders, number: int) -> None:
        self._coders = coders
        self._number = number

    async def add(self, values: list[bytes]) -> Encoded:
        return Encoded(*await self._coders.call("add", self._number, values))

    async def finish(self) -> bytes:
        data: bytes = await self._coders.call("finish", self._number)
        return data

    def close(self) -> None:
        self._coders.end(self._number)


class _Decoding:
    """Asks ahead, so that there are records when they are wanted."""

    def __init__(self, coders: ProcessCoders, number: int) -> None:
        self._coders = coders
        self._number = number
        self._asked: list[asyncio.Task[Any]] = []

    async def take(self) -> Taken:
        while len(self._asked) < AHEAD:
            # Tasks begin in their order, and so the other end is asked in that order.
            self._asked.append(asyncio.ensure_future(self._coders.call("take", self._number)))
        records, ended, fault = await self._asked.pop(0)
        return Taken([Prepared(*record) for record in records], ended, fault)

    def close(self) -> None:
        for task in self._asked:
            if not task.cancel() and not task.cancelled():
                task.exception()  # it was looked at
        self._asked.clear()
        self._coders.end(self._number)


def _spawn(channel: int, yields: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "jedlik.coding_process", str(channel), yields]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[channel])
