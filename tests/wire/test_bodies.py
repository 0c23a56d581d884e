"""Request bodies: chunked, expected, compressed; and their limits."""

from __future__ import annotations

import gzip
import zlib

import pytest

from tests.wire.servers import Running

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def post(body: bytes, headers: bytes = b"") -> bytes:
    return POST + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize(
    "chunks",
    [
        b"5\r\nhello\r\n0\r\n\r\n",
        b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"5;ext=1\r\nhello\r\n0;last\r\n\r\n",
        b"0005\r\nhello\r\n000\r\n\r\n",
        b"5 ;x\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\nX-Trailer: 1\r\nY: 2\r\n\r\n",
    ],
)
def test_chunked_bodies(echo_server: Running, chunks: bytes) -> None:
    client = echo_server.connect()
    assert client.send(CHUNKED + chunks).answer().body == b"POST / hello"
    for byte in CHUNKED + chunks:
        client.send(bytes([byte]))
    assert client.answer().body == b"POST / hello"
    assert client.send(CHUNKED + b"0\r\n\r\n" + CHUNKED + chunks).answer().body == b"POST / "
    assert client.answer().body == b"POST / hello"


def test_transfer_encoding_in_capitals(echo_server: Running) -> None:
    request = POST + b"TRANSFER-ENCODING: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    assert echo_server.connect().send(request).answer().body == b"POST / a"


def test_the_client_is_told_to_continue_once(echo_server: Running) -> None:
    client = echo_server.connect()
    client.send(POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert client.answer().status == 100
    assert client.send(b"ab").answer().body == b"POST / ab"


def test_no_continue_for_a_body_that_came_along(echo_server: Running) -> None:
    client = echo_server.connect().send(post(b"ab", b"Expect: 100-Continue\r\n"))
    assert client.answer().status == 200


def test_continue_also_where_there_is_no_body(echo_server: Running) -> None:
    """AWS's Python client takes an answer without it for a refusal of what it did not send, and
    reads the next answer on the connection wrongly."""
    client = echo_server.connect().send(post(b"", b"Expect: 100-continue\r\n"))
    assert client.answer().status == 100
    assert client.answer().status == 200


def test_no_continue_in_http_1_0(echo_server: Running) -> None:
    client = echo_server.connect()
    client.send(b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
    assert client.silent()
    assert client.send(b"a").answer().status == 200


def test_too_large_a_body_is_refused_before_it_is_sent(serve_echo) -> None:
    client = serve_echo(body_bytes_max=100).connect()
    client.send(POST + b"Expect: 100-continue\r\nContent-Length: 101\r\n\r\n")
    assert client.answer().status == 413
    assert client.closed()


def test_the_largest_body_and_one_more(serve_echo) -> None:
    server = serve_echo(body_bytes_max=100)
    client = server.connect()
    for _ in range(3):  # the third time with a learned layout
        assert client.send(post(b"x" * 100)).answer().status == 200
    assert client.send(post(b"x" * 101)).answer().status == 413
    client = server.connect().send(CHUNKED + b"64\r\n" + b"x" * 100 + b"\r\n0\r\n\r\n")
    assert client.answer().status == 200
    assert client.send(CHUNKED + b"64\r\n" + b"x" * 100 + b"\r\n1\r\n").answer().status == 413
    assert client.closed()


def test_sixteen_megabytes_go_through(echo_server: Running) -> None:
    body = b"x" * (16 << 20)
    client = echo_server.connect().send(post(body))
    assert client.answer().body == b"POST / " + body


def test_a_client_that_sends_too_much_can_still_read_why(echo_server: Running) -> None:
    """Our end is closed, what still comes is thrown away: no reset that destroys the answer."""
    client = echo_server.connect()
    client.send(POST + b"Content-Length: 20000000\r\n\r\n" + b"x" * 5_000_000)
    assert client.answer().status == 413


def test_all_large_bodies_together_have_a_limit(serve_echo) -> None:
    server = serve_echo(body_bytes_total_max=200_000)
    first = server.connect().send(POST + b"Content-Length: 150000\r\n\r\n")
    second = server.connect()
    for _ in range(50):  # until the first has been read
        second.send(POST + b"Content-Length: 150000\r\n\r\n")
        if not second.silent(0.05):
            break
        second = server.connect()
    second = server.connect().send(POST + b"Content-Length: 150000\r\n\r\n")
    assert second.answer().status == 503
    assert first.send(b"x" * 150_000).answer().status == 200
    third = server.connect().send(post(b"x" * 150_000))
    assert third.answer().status == 200, "what was held has been given back"


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        (b"gzip", gzip.compress),
        (b"x-gzip", gzip.compress),
        (b"GZIP", gzip.compress),
        (b"gzip", lambda body: gzip.compress(body[:4]) + gzip.compress(body[4:])),
        (b"deflate", zlib.compress),
        (b"deflate", lambda body: zlib.compress(body)[2:-4]),
        (b"identity", bytes),
    ],
)
def test_compressed_bodies(echo_server: Running, coding: bytes, encode) -> None:
    body = b'{"TableName":"t"}'
    client = echo_server.connect()
    for _ in range(3):
        client.send(post(encode(body), b"Content-Encoding: %b\r\n" % coding))
        assert client.answer().body == b"POST / " + body


@pytest.mark.parametrize(
    "body",
    [
        b"no gzip at all",
        gzip.compress(b"cut short")[:-3],
        gzip.compress(b"a") + b"more",
        gzip.compress(b"wrong sum")[:-8] + bytes(8),
    ],
    ids=["none", "cut", "trailing", "sum"],  # the bytes hold the time, which differs by process
)
def test_broken_gzip_is_refused(echo_server: Running, body: bytes) -> None:
    client = echo_server.connect().send(post(body, b"Content-Encoding: gzip\r\n"))
    assert client.answer().status == 400


def test_a_gzip_bomb_is_refused(serve_echo) -> None:
    client = serve_echo(body_bytes_max=1_000_000).connect()
    good = gzip.compress(bytes(1_000_000))
    assert client.send(post(good, b"Content-Encoding: gzip\r\n")).answer().status == 200
    bomb = gzip.compress(bytes(1_000_001))
    assert client.send(post(bomb, b"Content-Encoding: gzip\r\n")).answer().status == 413


@pytest.mark.parametrize("length", [b"1" * 257, b"1;" + b"x" * 300])
def test_long_chunk_lines_are_refused(echo_server: Running, length: bytes) -> None:
    client = echo_server.connect().send(CHUNKED + length)
    assert client.answer().status == 400


def test_long_trailers_are_refused(echo_server: Running) -> None:
    client = echo_server.connect().send(CHUNKED + b"0\r\n" + b"X: %b\r\n" % (b"y" * 2000) * 4)
    assert client.answer().status in (400, 431)
