"""Requests sent before the answers came: answered in order, read no faster than answered."""

from __future__ import annotations

import threading

from tests.wire.servers import Running


def get(target: bytes) -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target


def test_answers_come_in_order(echo_server: Running) -> None:
    client = echo_server.connect()
    client.send(b"".join(get(b"/%d" % n) for n in range(500)))
    assert [client.answer().body for _ in range(500)] == [b"GET /%d " % n for n in range(500)]


def test_a_slow_one_holds_those_behind_it(echo_server: Running) -> None:
    client = echo_server.connect()
    client.send(get(b"/wait?0.1") + get(b"/second") + get(b"/yield") + get(b"/fourth"))
    bodies = [client.answer().body for _ in range(4)]
    assert bodies == [b"GET /wait?0.1 ", b"GET /second ", b"GET /yield ", b"GET /fourth "]


def test_methods_and_bodies_may_mix(echo_server: Running) -> None:
    client = echo_server.connect()
    post = b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    chunked = b"PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    client.send((post + chunked + get(b"/g")) * 50)
    for _ in range(50):
        assert client.answer().body == b"POST /p abc"
        assert client.answer().body == b"PUT /c x"
        assert client.answer().body == b"GET /g "


def test_a_bad_one_ends_the_row_after_the_good(echo_server: Running) -> None:
    client = echo_server.connect().send(get(b"/1") + b"nonsense\r\n\r\n" + get(b"/3"))
    assert client.answer().body == b"GET /1 "
    assert client.answer().status == 400
    assert client.closed()


def test_nothing_after_connection_close_is_answered(echo_server: Running) -> None:
    client = echo_server.connect()
    client.send(b"GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get(b"/2"))
    assert client.answer().body == b"GET /1 "
    assert client.closed()


def test_reading_pauses_while_an_answer_is_made(serve_echo) -> None:
    """A sender of a long pipeline is held by TCP, not by our memory."""
    server = serve_echo(pipeline_bytes_max=1000)
    client = server.connect().send(get(b"/wait?0.3"))
    count = 40_000
    sender = threading.Thread(target=client.socket.sendall, args=(get(b"/x") * count,))
    sender.start()
    largest = 0
    while sender.is_alive() and largest < 1 << 20:
        connections = tuple(server.server._connections)
        largest = max([largest, *(len(each._reader.buffer) for each in connections)])
        if client.silent(0.01):
            continue
        break
    assert largest < 1 << 20
    for _ in range(count + 1):
        assert client.answer().status == 200
    sender.join()


def test_a_half_closed_pipeline_is_answered_to_its_end(echo_server: Running) -> None:
    import socket

    client = echo_server.connect().send(get(b"/wait?0.05") + get(b"/2") + get(b"/3"))
    client.socket.shutdown(socket.SHUT_WR)
    assert [client.answer().body for _ in range(3)][1:] == [b"GET /2 ", b"GET /3 "]
    assert client.closed()
