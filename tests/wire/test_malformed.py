"""Bytes that are no request, and requests made to be read in two ways: all refused."""

from __future__ import annotations

import pytest

from tests.wire.servers import Running

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"

BAD_REQUESTS = {
    "noise": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: a\r\n\r\n",
    "two blanks": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "trailing blank": b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "tab for blank": b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "method with a bracket": b"GE(T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "relative target": b"GET x HTTP/1.1\r\nHost: a\r\n\r\n",
    "target not ASCII": b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
    "asterisk for GET": b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "lower-case http": b"GET / http/1.1\r\nHost: a\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nX: a\r\n\r\n",
    "two hosts": GET + b"Host: b\r\n\r\n",
    "blank in host": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "bare LF everywhere": b"GET / HTTP/1.1\nHost: a\n\n",
    "bare LF after a header": GET + b"X: 1\nY: 2\r\n\r\n",
    "bare LF ends the head": GET + b"X: 1\r\n\n",
    "bare CR in a value": GET + b"X: a\rb\r\n\r\n",
    "NUL in a value": GET + b"X: a\0b\r\n\r\n",
    "control character in a value": GET + b"X: a\x01b\r\n\r\n",
    "folded header": GET + b"X: a\r\n b\r\n\r\n",
    "folded first header": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "blank before the colon": GET + b"X : a\r\n\r\n",
    "no colon": GET + b"X\r\n\r\n",
    "empty name": GET + b": a\r\n\r\n",
    "name with a blank": GET + b"X Y: a\r\n\r\n",
    "length and chunked": POST
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "two equal lengths": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "list of lengths": POST + b"Content-Length: 3, 3\r\n\r\nabc",
    "signed length": POST + b"Content-Length: +3\r\n\r\nabc",
    "negative length": POST + b"Content-Length: -3\r\n\r\nabc",
    "hexadecimal length": POST + b"Content-Length: 0x3\r\n\r\nabc",
    "underscored length": POST + b"Content-Length: 1_0\r\n\r\n0123456789",
    "empty length": POST + b"Content-Length: \r\n\r\nabc",
    "endless length": POST + b"Content-Length: 9999999999999999999999\r\n\r\nabc",
    "two transfer codings": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two authorizations": GET + b"Authorization: a\r\nauthorization: b\r\n\r\n",
    "chunk size no number": POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "chunk size negative": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    "chunk size prefixed": POST + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
    "chunk size too long": POST + b"Transfer-Encoding: chunked\r\n\r\n000000001\r\na\r\n",
    "chunk size empty": POST + b"Transfer-Encoding: chunked\r\n\r\n\r\n",
    "chunk size after blank": POST + b"Transfer-Encoding: chunked\r\n\r\n 1\r\na\r\n",
    "chunk line with bare LF": POST + b"Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
    "chunk longer than said": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    "chunk without CR": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n",
    "chunk extension with NUL": POST + b"Transfer-Encoding: chunked\r\n\r\n1;\0\r\na\r\n0\r\n\r\n",
    "trailer without colon": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nfoo\r\n\r\n",
}

OTHER_REFUSALS = {
    "unknown transfer coding": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "hidden chunked": (POST + b"Transfer-Encoding: xchunked\r\n\r\n", 501),
    "chunked twice in one line": (POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n", 501),
    "HTTP/3": (b"GET / HTTP/3.0\r\n\r\n", 505),
    "HTTP/0.9": (b"GET / HTTP/0.9\r\n\r\n", 505),
    "unknown expectation": (POST + b"Expect: wonders\r\nContent-Length: 1\r\n\r\n", 417),
    "unknown content coding": (POST + b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx", 415),
    "two content codings": (
        POST + b"Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n\r\nx",
        415,
    ),
}


@pytest.mark.parametrize("data", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_is_a_bad_request(echo_server: Running, data: bytes) -> None:
    client = echo_server.connect().send(data)
    answer = client.answer()
    assert answer.status == 400
    assert answer.headers["connection"] == "close"
    assert client.closed()


@pytest.mark.parametrize(("data", "status"), OTHER_REFUSALS.values(), ids=OTHER_REFUSALS.keys())
def test_is_refused(echo_server: Running, data: bytes, status: int) -> None:
    client = echo_server.connect().send(data)
    assert client.answer().status == status
    assert client.closed()


@pytest.mark.parametrize("data", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_nothing_behind_a_bad_request_is_read(echo_server: Running, data: bytes) -> None:
    """The smuggled request is not answered, whatever length the bad one is taken to have."""
    client = echo_server.connect().send(data + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.answer().status == 400
    assert client.closed()


@pytest.mark.parametrize(
    "value",
    [b"a\rb", b"a\nb", b"a\0b", b"a\r\n b", b"a\n b"],
    ids=["CR", "LF", "NUL", "fold", "LF fold"],
)
def test_a_learned_layout_is_no_laxer(echo_server: Running, value: bytes) -> None:
    client = echo_server.connect()
    request = b"POST /layout HTTP/1.1\r\nHost: a\r\nX-V: %b\r\nContent-Length: 1\r\n\r\n\0"
    for expected in (b"general", b"general", b"learned"):
        assert client.send(request % b"good").answer().body in (expected, b"learned")
    assert client.send(request % value).answer().status == 400
    assert client.closed()


@pytest.mark.parametrize("length", [b"+1", b"-1", b"1 1", b"0x1", b"1,1", b""], ids=str)
def test_a_learned_length_is_plain_digits(echo_server: Running, length: bytes) -> None:
    client = echo_server.connect()
    request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %b\r\n\r\na"
    for _ in range(3):
        assert client.send(request % b"1").answer().status == 200
    assert client.send(request % length).answer().status == 400
