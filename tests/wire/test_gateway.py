"""Answers of the gateway as bytes: routing, headers, error bodies, health and metrics."""

from __future__ import annotations

import logging
import re
import zlib

import orjson
import pytest

from tests.wire.servers import Answer, Client, RunningGateway
from tests.wire.signed import sign


@pytest.fixture(params=["general", "learned"])
def client(request, open_gateway: RunningGateway) -> Client:
    client = open_gateway.connect()
    if request.param == "learned":
        request = sign().bytes()
        for _ in range(8):
            assert client.send(request).answer().status == 200
    return client


def call(client: Client, body: bytes, **how) -> Answer:
    return client.send(sign(body=body, **how).bytes()).answer()


def item(name: str) -> bytes:
    return orjson.dumps({"TableName": "tbl", "Key": {"pk": {"S": name}}})


def test_an_answer_as_dynamodb_writes_it(client: Client) -> None:
    answer = call(client, item("found"))
    assert answer.status == 200
    assert answer.body == b'{"Item":{"pk":{"S":"found"}}}'
    assert answer.headers["content-type"] == "application/x-amz-json-1.0"
    assert answer.headers["x-amz-crc32"] == str(zlib.crc32(answer.body))
    assert re.fullmatch("[0-9A-Z]{52}", answer.headers["x-amzn-requestid"])
    assert answer.headers["content-length"] == str(len(answer.body))
    assert "access-control-allow-origin" not in answer.headers


def test_request_ids_differ_and_are_what_the_operation_sees(client: Client) -> None:
    answers = [call(client, item("who")) for _ in range(50)]
    ids = [answer.headers["x-amzn-requestid"] for answer in answers]
    assert len(set(ids)) == 50
    assert [orjson.loads(answer.body)["id"] for answer in answers] == ids


def test_an_operation_may_wait(client: Client) -> None:
    assert call(client, item("slow")).body == b'{"slow":1}'


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        (
            "refused",
            400,
            {
                "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                "Item": {"a": {"S": "é"}},
                "message": "The conditional request failed",
            },
        ),
        (
            "invalid",
            400,
            {"__type": "com.amazon.coral.validate#ValidationException", "message": "found late"},
        ),
        (
            "translated",
            400,
            {"__type": "com.amazon.coral.validate#ValidationException", "message": "translated"},
        ),
    ],
)
def test_errors_of_operations(client: Client, name: str, status: int, body: dict) -> None:
    answer = call(client, item(name))
    assert (answer.status, orjson.loads(answer.body)) == (status, body)
    assert answer.headers["x-amz-crc32"] == str(zlib.crc32(answer.body))


def test_an_unexpected_exception_is_logged_and_not_told(client: Client, caplog) -> None:
    with caplog.at_level(logging.ERROR):
        answer = call(client, item("broken"))
    assert answer.status == 500
    assert orjson.loads(answer.body)["__type"].endswith("#InternalServerError")
    assert b"secret detail" not in answer.body
    request_id = answer.headers["x-amzn-requestid"]
    assert f"GetItem failed (request {request_id})" in caplog.text
    assert "ZeroDivisionError" in caplog.text, "with its traceback"
    assert "Signature=" not in caplog.text


def test_a_shape_error_comes_before_what_the_operation_says(client: Client) -> None:
    """Attribute values are only walked when something is wrong; the earlier mistake then wins."""
    good = item("invalid")
    answer = call(client, good.replace(b'"tbl"', b'"tbl","ConsistentRead":"maybe"'))
    assert orjson.loads(answer.body)["__type"] == "com.amazon.coral.service#SerializationException"
    answer = call(client, good.replace(b'{"S":"invalid"}', b'{"S":"invalid"},"x":{"S":1}'))
    assert orjson.loads(answer.body)["__type"] == "com.amazon.coral.service#SerializationException"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nonsense", b"[]", b"null", b'"a"', b"1", b'{"a":NaN}', b'{"a":"\xff"}']
)
def test_a_body_that_is_no_json_object(client: Client, body: bytes) -> None:
    answer = call(client, body)
    assert answer.status == 400
    assert answer.body == b'{"__type":"com.amazon.coral.service#SerializationException"}'


def test_broken_json_is_found_before_a_wrong_signature(client: Client) -> None:
    answer = call(client, b"{", secret="wrong")
    assert answer.body == b'{"__type":"com.amazon.coral.service#SerializationException"}'


def test_an_unknown_operation(client: Client) -> None:
    for operation in ("DynamoDB_20120810.Nope", "DynamoDB_20111205.GetItem", "GetItem", "", "."):
        answer = call(client, b"{", operation=operation)
        assert answer.status == 400
        assert answer.body == b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'


def test_no_operation_at_all(open_gateway: RunningGateway) -> None:
    answer = open_gateway.connect().send(b"POST / HTTP/1.1\r\nHost: a\r\n\r\n").answer()
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'


@pytest.mark.parametrize(
    "content_type", ["text/plain", "Application/X-Amz-Json-1.0", "application/x-amz-json", "x"]
)
def test_another_content_type(client: Client, content_type: str) -> None:
    answer = call(client, item("found"), headers={"Content-Type": content_type})
    assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>\n")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ("application/json", "application/json"),
        ("application/x-amz-json-1.1", "application/x-amz-json-1.1"),
        ("application/x-amz-json-1.0; charset=utf-8", "application/x-amz-json-1.0"),
    ],
)
def test_the_content_type_is_answered_in_kind(client: Client, sent: str, answered: str) -> None:
    for _ in range(3):
        answer = call(client, item("found"), headers={"Content-Type": sent})
        assert (answer.status, answer.headers["content-type"]) == (200, answered)


@pytest.mark.parametrize("method", [b"PUT", b"DELETE", b"PATCH", b"TRACE", b"OPTIONS", b"FOO"])
def test_other_methods(open_gateway: RunningGateway, method: bytes) -> None:
    answer = open_gateway.connect().send(method + b" / HTTP/1.1\r\nHost: a\r\n\r\n").answer()
    assert (answer.status, answer.body) == (404, b"<UnknownOperationException/>\n")
    assert "x-amzn-requestid" in answer.headers


def test_get_tells_that_the_endpoint_is_well(open_gateway: RunningGateway) -> None:
    for path in (b"/", b"/anything?x=1"):
        client = open_gateway.connect().send(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path)
        answer = client.answer()
        assert (answer.status, answer.body) == (200, b"healthy: dynamodb.us-east-1.amazonaws.com ")
        assert answer.headers["x-amz-crc32"] == "3128867991"


def test_too_large_a_body(open_gateway: RunningGateway) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 17000000\r\n\r\n"
    answer = open_gateway.connect().send(head).answer()
    assert (answer.status, answer.body) == (413, b"")


def test_a_browser_asks_first(open_gateway: RunningGateway) -> None:
    client = open_gateway.connect()
    client.send(
        b"OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: http://x\r\n"
        b"Access-Control-Request-Headers: x-amz-target,content-type\r\n"
        b"Access-Control-Request-Method: POST\r\n\r\n"
    )
    answer = client.answer()
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "x-amz-target,content-type"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-max-age"] == "172800"


def test_a_browser_may_read_answers_and_errors(client: Client) -> None:
    for _ in range(4):
        for name in ("found", "refused"):
            answer = call(client, item(name), headers={"Origin": "http://x"})
            assert answer.headers["access-control-allow-origin"] == "*"


def test_health(open_gateway: RunningGateway) -> None:
    answer = (
        open_gateway.connect().send(b"GET /_jedlik/health HTTP/1.1\r\nHost: a\r\n\r\n").answer()
    )
    assert (answer.status, orjson.loads(answer.body)) == (200, {"status": "healthy"})


def test_metrics_count_operations_by_status(open_gateway: RunningGateway) -> None:
    def counted(status: int) -> int:
        client = open_gateway.connect().send(b"GET /_jedlik/metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        text = client.answer().body.decode()
        labels = f'service="dynamodb",operation="GetItem",status="{status}"'
        found = re.search(rf"^jedlik_requests_total{{{labels}}} (\d+)$", text, re.MULTILINE)
        return int(found.group(1)) if found else 0

    client = open_gateway.connect()
    good, bad = counted(200), counted(400)
    for _ in range(5):
        call(client, item("found"))
        call(client, item("refused"))
    call(client, b"{")
    assert (counted(200), counted(400)) == (good + 5, bad + 6)


def test_status_pages_are_only_read(open_gateway: RunningGateway) -> None:
    client = open_gateway.connect()
    assert client.send(b"POST /_jedlik/health HTTP/1.1\r\nHost: a\r\n\r\n").answer().status == 405
    assert client.send(b"GET /_jedlik/secrets HTTP/1.1\r\nHost: a\r\n\r\n").answer().status == 404
