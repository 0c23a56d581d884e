"""A graceful stop: what is being answered is finished, the rest ends, nothing new begins."""

from __future__ import annotations

import time

import pytest

GET = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n"


def test_idle_connections_end_at_once(serve_echo) -> None:
    server = serve_echo()
    client = server.connect()
    assert client.send(GET % b"/").answer().status == 200
    server.begin_close(5).result(1)
    assert client.closed()


def test_the_answer_in_the_making_is_finished_and_the_connection_closed(serve_echo) -> None:
    server = serve_echo()
    client = server.connect().send(GET % b"/wait?0.2")
    time.sleep(0.05)
    closing = server.begin_close(5)
    answer = client.answer()
    assert answer.status == 200
    assert answer.headers["connection"] == "close"
    assert client.closed()
    client.socket.close()
    closing.result(3)


def test_no_new_connection_is_taken(serve_echo) -> None:
    server = serve_echo()
    server.begin_close(1).result(3)
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_what_takes_longer_than_the_grace_is_cut_off(serve_echo) -> None:
    server = serve_echo()
    client = server.connect().send(GET % b"/wait?30")
    time.sleep(0.05)
    started = time.monotonic()
    server.begin_close(0.1).result(3)
    assert time.monotonic() - started < 2
    assert client.closed()


def test_work_goes_on_for_a_client_that_has_gone(serve_echo) -> None:
    """A write must not stop half-way because nobody waits; and closing waits for it."""
    server = serve_echo()
    client = server.connect().send(GET % b"/wait?0.3")
    time.sleep(0.05)
    client.socket.close()
    time.sleep(0.05)
    assert server.server.connection_count == 1
    started = time.monotonic()
    server.begin_close(5).result(3)
    assert 0.05 < time.monotonic() - started < 2
