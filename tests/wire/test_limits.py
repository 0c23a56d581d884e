"""Sizes, counts and times that a client may not exceed."""

from __future__ import annotations

from tests.wire.servers import Running, wait_for

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"


def get(headers: bytes = b"", target: bytes = b"/") -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: a\r\n%b\r\n" % (target, headers)


def test_header_count(serve_echo) -> None:
    server = serve_echo(header_count_max=10)
    headers = [b"X-%d: 1\r\n" % n for n in range(10)]
    assert server.connect().send(get(b"".join(headers[:9]))).answer().status == 200
    client = server.connect().send(get(b"".join(headers)))
    assert client.answer().status == 431
    assert client.closed()


def test_head_size(serve_echo) -> None:
    server = serve_echo(head_bytes_max=1000)
    space = 1000 - len(get(b"X: \r\n")) + 4  # the limit does not count the final empty line
    assert server.connect().send(get(b"X: %b\r\n" % (b"y" * space))).answer().status == 200
    client = server.connect().send(get(b"X: %b\r\n" % (b"y" * (space + 4))))
    assert client.answer().status == 431
    assert client.closed()


def test_a_head_without_end(serve_echo) -> None:
    client = serve_echo(head_bytes_max=1000).connect()
    client.send(GET + b"X: " + b"y" * 1000)
    assert client.answer().status == 431


def test_target_length(serve_echo) -> None:
    server = serve_echo(target_bytes_max=100)
    client = server.connect()
    for _ in range(3):
        assert client.send(get(target=b"/" + b"x" * 99)).answer().status == 200
    assert client.send(get(target=b"/" + b"x" * 100)).answer().status == 414
    assert client.closed()
    client = server.connect().send(b"GET /" + b"x" * 2000)
    assert client.answer().status == 414


def test_connection_count(serve_echo) -> None:
    server = serve_echo(connections_max=2)
    first, second = server.connect(), server.connect()
    assert first.send(get()).answer().status == 200
    assert second.send(get()).answer().status == 200
    third = server.connect()
    assert third.answer().status == 503
    assert third.closed()
    third.socket.close()
    first.socket.close()
    wait_for(lambda: server.server.connection_count == 1)
    assert server.connect().send(get()).answer().status == 200


def test_an_idle_connection_ends(serve_echo) -> None:
    server = serve_echo(idle_s=30)
    client = server.connect()
    assert client.send(get()).answer().status == 200
    server.later(29)
    assert client.send(get()).answer().status == 200
    server.later(31)
    assert client.closed()


def test_a_slow_head_times_out(serve_echo) -> None:
    server = serve_echo(head_s=10, idle_s=100)
    client = server.connect().send(GET)
    wait_for(lambda: _phase(server) == 1)
    server.later(9)
    client.send(b"X: 1\r\n")  # does not begin the time anew
    server.later(11)
    assert client.answer().status == 408
    assert client.closed()


def test_a_slow_body_times_out(serve_echo) -> None:
    server = serve_echo(body_s=10, idle_s=100)
    client = server.connect().send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
    wait_for(lambda: _phase(server) == 2)
    server.later(11)
    assert client.answer().status == 408
    assert client.closed()


def test_a_working_handler_is_not_timed_out(serve_echo) -> None:
    server = serve_echo(idle_s=10)
    client = server.connect().send(get(target=b"/wait?0.2"))
    wait_for(lambda: _phase(server) == 3)
    server.later(1000)
    assert client.answer().status == 200


def test_a_client_that_does_not_read_is_cut_off(serve_echo) -> None:
    server = serve_echo(write_s=10, write_buffer_bytes_max=1000)
    client = server.connect().send(get(target=b"/big?30000000") + get())
    wait_for(lambda: _phase(server) == 4)
    server.later(5)
    assert _phase(server) == 4
    server.later(1000)
    wait_for(lambda: server.server.connection_count == 0)
    client.socket.close()


def test_a_slow_reader_gets_all_and_then_its_next_answer(serve_echo) -> None:
    server = serve_echo(write_buffer_bytes_max=1000)
    client = server.connect().send(get(target=b"/big?30000000") + get(target=b"/next"))
    wait_for(lambda: _phase(server) == 4)
    assert len(client.answer().body) == 30_000_000
    assert client.answer().body == b"GET /next "
    assert client.send(get()).answer().status == 200


def test_one_slow_client_does_not_hold_up_another(serve_echo) -> None:
    server = serve_echo()
    slow = server.connect().send(GET)
    other = server.connect()
    for _ in range(10):
        assert other.send(get()).answer().status == 200
    assert slow.send(b"\r\n").answer().status == 200


def test_layouts_are_bounded(serve_echo) -> None:
    server = serve_echo(layouts_max=4, layouts_per_s_max=100)
    for n in range(20):
        client = server.connect()
        for _ in range(3):
            assert client.send(get(b"X-%d: 1\r\n" % n)).answer().status == 200
    assert len(server.server.layouts._known) <= 4


def _phase(server: Running) -> int:
    connections = tuple(server.server._connections)
    return max((connection.phase for connection in connections), default=-1)
