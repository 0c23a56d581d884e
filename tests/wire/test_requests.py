"""Well-formed requests in every form that HTTP/1.1 allows, and what the answers carry."""

from __future__ import annotations

import email.utils
import time

import pytest

from tests.wire.servers import Running

BOTO_HEADERS = b"Host: a\r\nUser-Agent: Boto3/1 md/x\r\nX-Amz-Date: 20261122T000000Z\r\n"


def test_an_answer_has_status_date_length_and_body(echo_server: Running) -> None:
    answer = echo_server.connect().send(b"GET /x?y=1 HTTP/1.1\r\nHost: a\r\n\r\n").answer()
    assert answer.status == 200
    assert answer.body == b"GET /x?y=1 "
    assert answer.headers["x-echo"] == "1"
    date = email.utils.parsedate_to_datetime(answer.headers["date"]).timestamp()
    assert abs(date - time.time()) < 60
    assert "connection" not in answer.headers


def test_a_connection_serves_many_requests(echo_server: Running) -> None:
    client = echo_server.connect()
    for n in range(5):
        body = b"b" * n
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (n, body))
        assert client.answer().body == b"POST / " + body


def test_the_same_headers_three_times_are_learned(echo_server: Running) -> None:
    client = echo_server.connect()
    request = b"POST /layout HTTP/1.1\r\n" + BOTO_HEADERS + b"Content-Length: 2\r\n\r\n{}"
    answers = [client.send(request).answer().body for _ in range(3)]
    assert answers == [b"general", b"general", b"learned"]
    other = echo_server.connect().send(request)
    assert other.answer().body == b"learned", "a new connection begins with the latest layout"


def test_learned_and_general_parser_see_the_same_headers(echo_server: Running) -> None:
    client = echo_server.connect()
    request = b"GET /headers HTTP/1.1\r\nHost: a\r\nX-Two:  blanks \r\nx-empty: z\r\n\r\n"
    expected = b"host=a;x-two=blanks;x-empty=z;"
    assert {client.send(request).answer().body for _ in range(4)} == {expected}


def test_a_request_may_arrive_byte_by_byte(echo_server: Running) -> None:
    client = echo_server.connect()
    for byte in b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc":
        client.send(bytes([byte]))
    assert client.answer().body == b"POST / abc"


@pytest.mark.parametrize("pause_at", [10, 40, -3])
def test_a_learned_request_may_arrive_in_two_pieces(echo_server: Running, pause_at: int) -> None:
    client = echo_server.connect()
    request = b"POST / HTTP/1.1\r\n" + BOTO_HEADERS + b"Content-Length: 5\r\n\r\nabcde"
    for _ in range(3):
        client.send(request)
        assert client.answer().body == b"POST / abcde"
    client.send(request[:pause_at])
    assert client.silent(0.05)
    client.send(request[pause_at:])
    assert client.answer().body == b"POST / abcde"


def test_head_gets_the_length_without_the_body(echo_server: Running) -> None:
    client = echo_server.connect()
    for _ in range(4):
        answer = client.send(b"HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n").answer(bodiless=True)
        assert answer.headers["content-length"] == "8"
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.answer().body == b"GET / "


def test_no_content_has_no_length(echo_server: Running) -> None:
    client = echo_server.connect()
    answer = client.send(b"GET /empty HTTP/1.1\r\nHost: a\r\n\r\n").answer(bodiless=True)
    assert answer.status == 204 and "content-length" not in answer.headers
    assert client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer().status == 200


def test_options_may_ask_for_the_server_as_a_whole(echo_server: Running) -> None:
    answer = echo_server.connect().send(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").answer()
    assert answer.body == b"OPTIONS * "


def test_an_absolute_target_is_cut_to_its_path(echo_server: Running) -> None:
    client = echo_server.connect()
    client.send(b"GET http://a:80/p?q=1 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.answer().body == b"GET /p?q=1 "
    client.send(b"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.answer().body == b"GET / "


def test_an_empty_line_before_a_request_is_ignored(echo_server: Running) -> None:
    client = echo_server.connect().send(b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.answer().status == 200
    assert client.send(b"\r").send(b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").answer().status == 200


def test_connection_close_is_obeyed(echo_server: Running) -> None:
    client = echo_server.connect()
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n")
    answer = client.answer()
    assert answer.headers["connection"] == "close"
    assert client.closed()


def test_http_1_0_closes_unless_asked_to_stay(echo_server: Running) -> None:
    client = echo_server.connect().send(b"GET / HTTP/1.0\r\n\r\n")
    assert client.answer().headers["connection"] == "close"
    assert client.closed()
    client = echo_server.connect()
    for _ in range(2):
        client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert client.answer().headers["connection"] == "keep-alive"


def test_a_client_that_stops_sending_still_gets_its_answer(echo_server: Running) -> None:
    import socket

    client = echo_server.connect().send(b"GET /wait?0.1 HTTP/1.1\r\nHost: a\r\n\r\n")
    client.socket.shutdown(socket.SHUT_WR)
    assert client.answer().status == 200
    assert client.closed()


def test_handlers_may_wait(echo_server: Running) -> None:
    client = echo_server.connect()
    for target in (b"/wait?0.01", b"/yield", b"/wait?0"):
        assert client.send(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target).answer().status == 200


def test_a_handler_that_fails_costs_only_its_request(echo_server: Running) -> None:
    client = echo_server.connect()
    for target in (b"/fail", b"/wait-and-fail"):
        client.send(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target)
        answer = client.answer()
        assert (answer.status, answer.body) == (500, b"internal error\n")
    assert client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer().status == 200


def test_repeated_ordinary_headers_are_joined(echo_server: Running) -> None:
    client = echo_server.connect()
    request = b"GET /headers HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\n\r\n"
    for _ in range(3):
        assert client.send(request).answer().body == b"host=a;x-a=1,2;"


def test_a_large_answer_arrives_whole(echo_server: Running) -> None:
    client = echo_server.connect()
    assert len(client.send(b"GET /big?5000000 HTTP/1.1\r\nHost: a\r\n\r\n").answer().body) == 5e6
    assert client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer().status == 200
