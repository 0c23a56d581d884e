"""Requests that begin like the one before them: the shortest way, and no laxer than the others."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from jedlik.identity import root_credential
from tests.wire.servers import ACCOUNT, Client, RunningGateway
from tests.wire.signed import Signed, sign

NOW = 1_795_348_800.0


def found(name: str = "found", **how) -> Signed:
    body = orjson.dumps({"TableName": "tbl", "Key": {"pk": {"S": name}}})
    headers = {"Amz-Sdk-Request": "attempt=1"}  # sorted by the signer, sent before the line
    return sign(body=body, headers=headers, time_s=NOW, **how)


def last(request: Signed, **headers: str) -> bytes:
    """The request with these headers behind the Authorization header."""
    request.headers = {**request.headers, **headers}
    return request.bytes()


@pytest.fixture
def client(strict_gateway: RunningGateway) -> Iterator[Client]:
    """A connection that has seen so many equal requests that it expects another."""
    strict_gateway.clock.now = NOW
    strict_gateway.credentials.add(root_credential("jedlik", "jedlik", ACCOUNT))
    client = strict_gateway.connect()
    for _ in range(8):
        assert client.send(last(found(), Tail="x")).answer().status == 200
    port = client.socket.getsockname()[1]
    ours = [c for c in strict_gateway.server._connections if c.peer[1] == port]
    assert ours[0]._repetition is not None
    yield client
    strict_gateway.clock.now = None


def test_bodies_and_signatures_may_differ(client: Client) -> None:
    for name in ("found", "who", "found", "a-much-longer-key" * 50, "slow", "who"):
        answer = client.send(last(found(name), Tail="x")).answer()
        assert answer.status == 200
        if name == "who":
            assert orjson.loads(answer.body)["arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_errors_are_as_always(client: Client) -> None:
    answer = client.send(last(found("refused"), Tail="x")).answer()
    assert orjson.loads(answer.body)["message"] == "The conditional request failed"
    answer = client.send(last(found("broken"), Tail="x")).answer()
    assert answer.status == 500


def test_a_waiting_operation(client: Client) -> None:
    request = last(found("slow"), Tail="x")
    client.send(request + request + last(found(), Tail="x"))
    assert [client.answer().body for _ in range(2)] == [b'{"slow":1}'] * 2
    assert client.answer().body == b'{"Item":{"pk":{"S":"found"}}}'


def test_pieces_and_pipelines(client: Client) -> None:
    request = last(found(), Tail="x")
    for cut in (100, len(request) - 60, len(request) - 5):
        client.send(request[:cut])
        assert client.silent(0.02)
        assert client.send(request[cut:] + request).answer().status == 200
        assert client.answer().status == 200


@pytest.mark.parametrize("value", ["a\rb", "a\nb", "a\0b", "a\r\n b", "a\r\nContent-Length: 1"])
def test_what_follows_is_held_to_the_same_rules(client: Client, value: str) -> None:
    assert client.send(last(found(), Tail=value)).answer().status == 400
    assert client.closed()


def test_the_length_is_plain_digits(client: Client) -> None:
    request = found()
    length = request.headers["Content-Length"]
    request.headers["Content-Length"] = f"+{length}"
    assert client.send(last(request, Tail="x")).answer().status == 400


def test_another_header_is_no_repetition(client: Client) -> None:
    assert client.send(last(found(), Tail="x", More="y")).answer().status == 200
    target = last(found(), Tail="x", **{"x-amz-Target": "DynamoDB_20120810.PutItem"})
    answer = client.send(target).answer()
    assert answer.body == b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'


@pytest.mark.parametrize("digits", ["0" * 64, "", "0" * 63, "0" * 65])
def test_a_wrong_signature(client: Client, digits: str) -> None:
    request = found()
    request.headers["Authorization"] = request.headers["Authorization"][:-64] + digits
    answer = client.send(last(request, Tail="x")).answer()
    assert answer.status == 400
    code = orjson.loads(answer.body)["__type"].rpartition("#")[2]
    assert code == ("InvalidSignatureException" if digits else "IncompleteSignatureException")


def test_a_changed_body(client: Client) -> None:
    request = found()
    request.body = request.body.replace(b"found", b"fuond")
    answer = client.send(last(request, Tail="x")).answer()
    assert orjson.loads(answer.body)["__type"].endswith("#InvalidSignatureException")


def test_broken_json(client: Client) -> None:
    request = sign(body=b"{", headers={"Amz-Sdk-Request": "attempt=1"}, time_s=NOW)
    answer = client.send(last(request, Tail="x")).answer()
    assert answer.body == b'{"__type":"com.amazon.coral.service#SerializationException"}'


def test_time_goes_on(client: Client, strict_gateway: RunningGateway) -> None:
    strict_gateway.clock.now = NOW + 900
    assert client.send(last(found(), Tail="x")).answer().status == 200
    strict_gateway.clock.now = NOW + 901
    answer = client.send(last(found(), Tail="x")).answer()
    assert orjson.loads(answer.body)["message"].startswith("Signature expired: ")


def test_a_changed_key(client: Client, strict_gateway: RunningGateway) -> None:
    strict_gateway.credentials.add(root_credential("jedlik", "another", ACCOUNT))
    answer = client.send(last(found(), Tail="x")).answer()
    assert orjson.loads(answer.body)["__type"].endswith("#InvalidSignatureException")
    strict_gateway.credentials.add(root_credential("jedlik", "jedlik", ACCOUNT))
    assert client.send(last(found(), Tail="x")).answer().status == 200
