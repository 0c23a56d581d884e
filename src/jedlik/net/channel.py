"""Channel: calls in both directions between two processes of one server, over a stream socket.

    frame = length (4 bytes, little endian) + MessagePack of
        [CALL, id, name, arguments]    answered by [DONE, id, value] or [FAILED, id, kind, text]
        [TELL, 0, name, arguments]     not answered

The other end is ours, so what it sends is trusted. Frames are handled in the order in which they
came: whoever is told of a change before an answer is sent knows of it before the answer.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

CALL, TELL, DONE, FAILED = range(4)
Handler = Callable[..., Any]
"""Given a call's arguments; its result, or that of the coroutine it returns, is the answer."""

log = logging.getLogger("jedlik.net")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class ChannelClosed(Exception):
    """The other process is gone; whether it did what it was asked is not known."""


class CallFailed(Exception):
    """The other process raised: `kind` is the exception's class name."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(kind, text)
        self.kind = kind
        self.text = text


class Channel(asyncio.Protocol):
    """One end. handlers: by name; closed: called once when the other process is gone."""

    def __init__(
        self, handlers: Mapping[str, Handler], *, closed: Callable[[], None] = lambda: None
    ) -> None:
        self._handlers = handlers
        self._closed = closed
        self._transport = cast(asyncio.Transport, None)
        self._unread = bytearray()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0
        self.is_open = False

    async def call(self, name: str, *arguments: Any) -> Any:
        """What the other end's handler answers. Raises ChannelClosed or CallFailed."""
        if not self.is_open:
            raise ChannelClosed
        self._count += 1
        number = self._count
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send((CALL, number, name, arguments))
        try:
            return await answer
        finally:
            del self._waiting[number]

    def tell(self, name: str, *arguments: Any) -> None:
        """Let the other end know. Nothing happens if it is gone."""
        if self.is_open:
            self._send((TELL, 0, name, arguments))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        unread = self._unread
        unread += data
        at = 0
        while len(unread) - at >= 4:
            end = at + 4 + int.from_bytes(unread[at : at + 4], "little")
            if len(unread) < end:
                break
            self._take(_decode(memoryview(unread)[at + 4 : end].tobytes()))
            at = end
        del unread[:at]

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ChannelClosed())
        for task in self._tasks:
            task.cancel()
        self._closed()

    # Frames

    def _take(self, frame: list[Any]) -> None:
        kind, number = frame[0], frame[1]
        if kind == TELL:
            self._handlers[frame[2]](*frame[3])
        elif kind == CALL:
            self._answer(number, frame[2], frame[3])
        else:
            answer = self._waiting.get(number)
            if answer is None or answer.done():
                return
            if kind == DONE:
                answer.set_result(frame[2])
            else:
                answer.set_exception(CallFailed(frame[2], frame[3]))

    def _answer(self, number: int, name: str, arguments: list[Any]) -> None:
        try:
            result = self._handlers[name](*arguments)
        except Exception as error:
            self._fail(number, error)
            return
        if not inspect.isawaitable(result):
            self._send((DONE, number, result))
            return
        task = asyncio.ensure_future(self._answer_later(number, result))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer_later(self, number: int, result: Any) -> None:
        try:
            self._send((DONE, number, await result))
        except Exception as error:
            self._fail(number, error)

    def _fail(self, number: int, error: Exception) -> None:
        log.debug("a call failed", exc_info=error)
        self._send((FAILED, number, type(error).__name__, str(error)))

    def _send(self, frame: tuple[Any, ...]) -> None:
        if self.is_open:
            body = _encode(frame)
            self._transport.write(len(body).to_bytes(4, "little") + body)
