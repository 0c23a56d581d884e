"""HTTP/2 as frames: the same port, limits, and clients that misbehave."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest

from jedlik.net import Limits, Reply, Request, Server
from jedlik.net.flows import StreamedReply
from tests.wire.servers import Running

BODY_MAX = 100_000


async def echo(request: Request) -> Reply:
    told = request.method + b" " + request.target + b" " + (request.header(b"host") or b"")
    return Reply(200, "Content-Type: text/plain\r\nX-Echo: yes\r\n", told + b" " + request.body)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    limits = Limits(body_bytes_max=BODY_MAX)
    server = Running(lambda loop: Server(echo, loop=loop, limits=limits))
    yield server
    server.close()


class Client:
    """A client with the library's own idea of the protocol."""

    def __init__(self, port: int, window: int | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding=None)
        )
        if window is not None:
            self.h2.local_settings = h2.settings.Settings(
                initial_values={h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window}
            )
        self.h2.initiate_connection()
        self.send()
        self.events: list[h2.events.Event] = []

    def send(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def request(
        self,
        body: bytes = b"",
        *,
        end: bool = True,
        path: bytes = b"/p?q=1",
        method: bytes = b"POST",
    ) -> int:
        number = self.h2.get_next_available_stream_id()
        headers = [(b":method", method), (b":path", path), (b":scheme", b"http"),
                   (b":authority", b"here")]  # fmt: skip
        self.h2.send_headers(number, headers, end_stream=end and not body)
        position = 0
        while position < len(body):
            self.send()
            room = min(self.h2.local_flow_control_window(number), 16_000)
            if not room:
                self.read()
                continue
            self.h2.send_data(number, body[position : position + room])
            position += room
        if body and end:
            self.h2.end_stream(number)
        self.send()
        return number

    def read(self) -> bool:
        data = self.socket.recv(65_536)
        if not data:
            return False
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.DataReceived):
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.events.append(event)
        self.send()
        return True

    def answer(self, number: int) -> tuple[dict[bytes, bytes], bytes]:
        """Headers and body of a stream's answer."""

        def over(event: h2.events.Event) -> bool:
            ends = (h2.events.StreamEnded, h2.events.StreamReset)
            return isinstance(event, ends) and event.stream_id == number

        while not any(over(event) for event in self.events):
            assert self.read(), "the connection has ended"
        mine = [each for each in self.events if getattr(each, "stream_id", None) == number]
        headers = next(each for each in mine if isinstance(each, h2.events.ResponseReceived))
        body = b"".join(each.data for each in mine if isinstance(each, h2.events.DataReceived))
        return dict(headers.headers), body

    def read_to_the_end(self) -> None:
        try:
            while self.read():
                pass
        except ConnectionError:
            return


def test_requests_at_once_and_http_1_on_the_same_port(running: Running) -> None:
    client = Client(running.port)
    numbers = [client.request(b"%d" % i) for i in range(20)]
    for i, number in enumerate(numbers):
        headers, body = client.answer(number)
        assert headers[b":status"] == b"200"
        assert headers[b"x-echo"] == b"yes"
        assert body == b"POST /p?q=1 here %d" % i
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as plain:
        plain.sendall(b"POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
        assert b"POST /one a x" in plain.recv(4096)


def test_a_preface_in_pieces(running: Running) -> None:
    client = Client.__new__(Client)
    client.socket = socket.create_connection(("127.0.0.1", running.port), timeout=20)
    client.h2 = h2.connection.H2Connection(
        h2.config.H2Configuration(client_side=True, header_encoding=None)
    )
    client.events = []
    client.h2.initiate_connection()
    for byte in client.h2.data_to_send():
        client.socket.sendall(bytes([byte]))
    assert client.answer(client.request())[1].startswith(b"POST /p")


def test_a_small_window_is_respected(running: Running) -> None:
    client = Client(running.port, window=10)
    body = bytes(range(256)) * 10
    assert client.answer(client.request(body))[1].endswith(body)


def test_a_body_beyond_the_limit(running: Running) -> None:
    client = Client(running.port)
    number = client.request(bytes(BODY_MAX + 1), end=False)
    assert client.answer(number)[0][b":status"] == b"413"
    assert client.answer(client.request(b"next"))[0][b":status"] == b"200"


def test_headers_beyond_the_limit(running: Running) -> None:
    client = Client(running.port)
    number = client.request(path=b"/" + b"x" * 9000)
    assert client.answer(number)[0][b":status"] == b"414"
    assert client.answer(client.request(b"next"))[0][b":status"] == b"200"


def test_rapid_reset_ends_the_connection(running: Running) -> None:
    client = Client(running.port)
    try:
        for _ in range(300):
            number = client.request(end=False)
            client.h2.reset_stream(number)
            client.send()
    except ConnectionError:
        pass
    client.read_to_the_end()
    ended = [each for each in client.events if isinstance(each, h2.events.ConnectionTerminated)]
    assert not ended or ended[0].error_code == 11  # ENHANCE_YOUR_CALM
    fresh = Client(running.port)
    assert fresh.answer(fresh.request())[0][b":status"] == b"200"


def test_broken_frames_end_only_their_connection(running: Running) -> None:
    client = Client(running.port)
    client.socket.sendall(b"\0\0\4\x08" + bytes(9))  # WINDOW_UPDATE by nothing
    client.read_to_the_end()
    fresh = Client(running.port)
    assert fresh.answer(fresh.request())[0][b":status"] == b"200"


async def odd(request: Request) -> Reply:
    if request.method == b"HEAD":
        return StreamedReply(200, "X-Name: \u4e2d\r\n", 1234, None)
    source = Source() if request.path == b"/streams" else None
    Source.closed = False
    return StreamedReply(200, "X-Name: \udcff\r\n", 5, source)


class Source:
    closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        raise AssertionError("nobody asks for what is not sent")

    async def aclose(self) -> None:
        Source.closed = True


@pytest.fixture(scope="module")
def odd_server() -> Iterator[Running]:
    server = Running(lambda loop: Server(odd, loop=loop))
    yield server
    server.close()


def test_an_answer_that_cannot_be_written_is_still_one(odd_server: Running) -> None:
    client = Client(odd_server.port)
    for path in (b"/streams", b"/"):
        headers, _ = client.answer(client.request(path=path))
        assert headers[b":status"] == b"500"
        assert Source.closed is (path == b"/streams")


def test_head_tells_the_length_of_what_get_would_send(odd_server: Running) -> None:
    client = Client(odd_server.port)
    headers, body = client.answer(client.request(method=b"HEAD"))
    assert (headers[b"content-length"], body) == (b"1234", b"")
    assert headers[b"x-name"].decode() == "\u4e2d"
