"""Servers for tests of raw bytes: a bare HTTP one and a gateway, each in a thread with its loop.

Not the whole of Jedlik: what is tested is what happens between the socket and an operation, with
operations made for the purpose. A test that needs its own limits starts its own server.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import uvloop

from jedlik.api.errors import ApiError, validation
from jedlik.api.operation import Operation, Registry, Service, operation
from jedlik.identity import Authenticator, Credentials, Principal, root_credential
from jedlik.identity.credentials import Credential
from jedlik.net import Reply, Request, Server
from jedlik.wire import Gateway, refuse

ACCOUNT = "000000000000"
KEY = "jedlik"
SECRET = "jedlik"
SESSION_KEY = "ASIASESSION"
SESSION_TOKEN = "a-session-token"
WAIT_S_MAX = 60
"""For what comes at once where nobody else is at work."""


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S_MAX
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Held:
    """A request that is answered once the test says so; see `echo`."""

    known: dict[bytes, Held] = {}

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.begun, self.ended = threading.Event(), threading.Event()
        self._released = asyncio.Event()
        self.target = b"/held?%d" % len(self.known)
        self.known[self.target] = self

    def release(self) -> None:
        self._loop.call_soon_threadsafe(self._released.set)

    async def wait(self) -> None:
        self.begun.set()
        await self._released.wait()
        self.ended.set()


class Running:
    """A server in its own thread."""

    def __init__(self, make: Callable[[asyncio.AbstractEventLoop], Server]) -> None:
        self._started = threading.Event()
        self._make = make
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._started.wait(WAIT_S_MAX)

    def _run(self) -> None:
        self.loop = uvloop.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.server = self._make(self.loop)
        self.port = self.loop.run_until_complete(self.server.listen("127.0.0.1", 0))
        self.loop.call_soon(self._started.set)
        self.loop.run_forever()
        self.loop.close()

    def close(self, grace_s: float = 1.0) -> None:
        self.begin_close(grace_s).result(grace_s + WAIT_S_MAX)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(WAIT_S_MAX)

    def begin_close(self, grace_s: float) -> Any:
        return asyncio.run_coroutine_threadsafe(self.server.close(grace_s=grace_s), self.loop)

    def later(self, seconds: float) -> None:
        """Move the server's clock for time-outs forward."""
        done = threading.Event()

        def move() -> None:
            for connection in tuple(self.server._connections):
                connection.tick(self.loop.time() + seconds)
            done.set()

        self.loop.call_soon_threadsafe(move)
        assert done.wait(WAIT_S_MAX)

    def hold(self) -> Held:
        """A request to be sent that waits."""
        return Held(self.loop)

    def connect(self) -> Client:
        return Client(self.port)


class Client:
    """A raw connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(WAIT_S_MAX)
        self._buffer = b""

    def send(self, data: bytes) -> Client:
        self.socket.sendall(data)
        return self

    def answer(self, *, bodiless: bool = False) -> Answer:
        """The next answer on the connection."""
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        answer = Answer(head)
        length = 0 if bodiless else int(answer.headers.get("content-length", "0"))
        while len(self._buffer) < length:
            self._more()
        answer.body, self._buffer = self._buffer[:length], self._buffer[length:]
        return answer

    def closed(self) -> bool:
        """True once the server has closed and nothing unread is left; fails if it does not."""
        assert self._buffer == b""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def silent(self, seconds: float = 0.15) -> bool:
        """True if nothing comes for a moment."""
        self.socket.settimeout(seconds)
        try:
            return self._buffer == b"" and self.socket.recv(1, socket.MSG_PEEK) == b"never"
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(WAIT_S_MAX)

    def _more(self) -> None:
        data = self.socket.recv(1 << 20)
        assert data, f"closed after {self._buffer!r}"
        self._buffer += data


class Answer:
    """One answer: status, headers (names in lower case), body."""

    def __init__(self, head: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])
        }
        self.body = b""


async def echo(request: Request) -> Reply:
    """Tells what it was asked, `method target body`; some paths behave oddly."""
    path = request.path
    if path == b"/wait":
        await asyncio.sleep(float(request.query))
    elif path == b"/held":
        await Held.known[request.target].wait()
    elif path == b"/yield":
        for _ in range(3):
            await asyncio.sleep(0)
    elif path == b"/fail":
        raise ValueError("made to fail")
    elif path == b"/wait-and-fail":
        await asyncio.sleep(0.01)
        raise ValueError("made to fail")
    elif path == b"/big":
        return Reply(200, "", bytes(int(request.query)))
    elif path == b"/empty":
        return Reply(204, "")
    elif path == b"/layout":
        return Reply(200, "", b"learned" if request.layout is not None else b"general")
    elif path == b"/headers":
        text = b"".join(b"%b=%b;" % pair for pair in request.headers.items())
        return Reply(200, "", text)
    return Reply(200, "X-Echo: 1\r\n", b"%b %b " % (request.method, request.target) + request.body)


@operation("dynamodb", "GetItem", access="read")
async def get_item(ctx: Any, req: dict[str, Any]) -> Any:
    """The key says what happens."""
    name = req["Key"]["pk"].get("S")
    if name == "who":
        arn = ctx.principal.arn if ctx.principal else None
        return {"account": ctx.account, "region": ctx.region, "arn": arn, "id": ctx.request_id}
    if name == "refused":
        raise ApiError(
            "ConditionalCheckFailedException",
            "The conditional request failed",
            namespace="com.amazonaws.dynamodb.v20120810",
            fields={"Item": {"a": {"S": "é"}}},
        )
    if name == "invalid":
        raise validation("found late")
    if name == "translated":
        raise KeyError("translated")
    if name == "broken":
        raise ZeroDivisionError("a secret detail")
    if name == "slow":
        await asyncio.sleep(0.01)
        return b'{"slow":1}'
    return b'{"Item":{"pk":{"S":"found"}}}'


def translate(error: BaseException) -> ApiError | None:
    return validation("translated") if isinstance(error, KeyError) else None


class SettableClock:
    """Epoch seconds; a test may set them."""

    def __init__(self) -> None:
        self.now: float | None = None

    def __call__(self) -> float:
        return time.time() if self.now is None else self.now


class RunningGateway(Running):
    """A gateway with one operation, GetItem, and its clock."""

    def __init__(self, mode: str, operation: Operation = get_item) -> None:
        self.clock = SettableClock()
        self.credentials = Credentials(
            [
                root_credential(KEY, SECRET, ACCOUNT),
                Credential(
                    SESSION_KEY,
                    "session-secret",
                    Principal(
                        "111122223333",
                        "arn:aws:sts::111122223333:assumed-role/r/s",
                        "assumed-role",
                    ),
                    SESSION_TOKEN,
                ),
            ]
        )
        registry = Registry([Service("dynamodb", {"GetItem": operation}, translate)])
        self.gateway = Gateway(
            registry,
            Authenticator(self.credentials, mode=mode, account=ACCOUNT),  # type: ignore[arg-type]
            db=None,
            settings=None,
            region="us-east-1",
            clock=self.clock,
        )
        super().__init__(lambda loop: Server(self.gateway.handle, loop=loop, refuse=refuse))
