"""An answer that cannot be written is still an answer: the client is told so, and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from jedlik.net import Reply, Request, Server
from jedlik.net.flows import StreamedReply
from tests.wire.servers import Running, wait_for

LINE = "X-Name: \udcff\r\n"  # no UTF-8, as a client may have sent it


class Source:
    """A body in the making, which was begun and holds something until it is closed."""

    closed = 0

    def __init__(self, waits: bool) -> None:
        self._waits = waits

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        raise AssertionError("nobody asks for what is not sent")

    async def aclose(self) -> None:
        if self._waits:
            await asyncio.sleep(0)
        Source.closed += 1


async def answer(request: Request) -> Reply:
    how = request.path.decode()
    if "waits" in how:
        await asyncio.sleep(0)
    if "streams" in how:
        return StreamedReply(200, LINE, 5, Source("waits" in how))
    return Reply(200, LINE if "bad" in how else "", b"body")


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    running = Running(lambda loop: Server(answer, loop=loop))
    yield running
    running.close()


@pytest.mark.parametrize("how", ["bad", "bad-waits", "streams", "streams-waits"])
def test_an_answer_that_cannot_be_written(
    server: Running, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    closed = Source.closed
    client = server.connect()
    client.send(b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % how.encode())
    assert client.answer().status == 500
    assert "an answer could not be written" in caplog.text
    # The connection is whole, and the next request's answer its own.
    told = client.send(b"GET /good HTTP/1.1\r\nHost: a\r\n\r\n").answer()
    assert (told.status, told.body) == (200, b"body")
    # Nobody waits for a source to close.
    wait_for(lambda: Source.closed == closed + ("streams" in how))


def test_the_requests_behind_it_are_answered(server: Running) -> None:
    client = server.connect()
    client.send(b"GET /bad-waits HTTP/1.1\r\nHost: a\r\n\r\nGET /good HTTP/1.1\r\nHost: a\r\n\r\n")
    assert [client.answer().status for _ in range(2)] == [500, 200]
