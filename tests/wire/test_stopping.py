"""A graceful stop: what is being answered is finished, the rest ends, nothing new begins."""

from __future__ import annotations

import time

import pytest

from tests.wire.servers import WAIT_S_MAX

GET = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n"
LONG_S = 10 * WAIT_S_MAX
"""A grace that no test waits for."""


def test_idle_connections_end_at_once(serve_echo) -> None:
    server = serve_echo()
    client = server.connect()
    assert client.send(GET % b"/").answer().status == 200
    server.begin_close(LONG_S).result(WAIT_S_MAX)
    assert client.closed()


def test_the_answer_in_the_making_is_finished_and_the_connection_closed(serve_echo) -> None:
    server = serve_echo()
    held = server.hold()
    client = server.connect().send(GET % held.target)
    assert held.begun.wait(WAIT_S_MAX)
    closing = server.begin_close(LONG_S)
    time.sleep(0.05)
    assert not closing.done()
    held.release()
    answer = client.answer()
    assert answer.status == 200
    assert answer.headers["connection"] == "close"
    assert client.closed()
    client.socket.close()
    closing.result(WAIT_S_MAX)


def test_no_new_connection_is_taken(serve_echo) -> None:
    server = serve_echo()
    server.begin_close(1).result(WAIT_S_MAX)
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_what_takes_longer_than_the_grace_is_cut_off(serve_echo) -> None:
    server = serve_echo()
    held = server.hold()
    client = server.connect().send(GET % held.target)
    assert held.begun.wait(WAIT_S_MAX)
    server.begin_close(0.1).result(WAIT_S_MAX)
    assert client.closed()
    held.release()


def test_work_goes_on_for_a_client_that_has_gone(serve_echo) -> None:
    """A write must not stop half-way because nobody waits; and closing waits for it."""
    server = serve_echo()
    held = server.hold()
    client = server.connect().send(GET % held.target)
    assert held.begun.wait(WAIT_S_MAX)
    client.socket.close()
    time.sleep(0.05)  # for the server to hear of it; all that follows is true before, too
    assert server.server.connection_count == 1
    closing = server.begin_close(LONG_S)
    time.sleep(0.05)
    assert not closing.done()
    held.release()
    closing.result(WAIT_S_MAX)
    assert held.ended.is_set()
