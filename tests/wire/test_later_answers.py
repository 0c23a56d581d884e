"""Answers that a way gives later: sent in order, refused as ever, finished when the server ends."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from jedlik.api.operation import operation
from tests.wire.servers import WAIT_S_MAX, Client, RunningGateway
from tests.wire.signed import sign

ORDINARY = b'{"Item":{"pk":{"S":"found"}}}'
GO_ON = threading.Event()


class Later:
    def __init__(self, name: str) -> None:
        self.name = name
        loop = asyncio.get_running_loop()
        self.waiting = loop.create_future()
        if name == "done":
            self.waiting.set_result(None)
        elif name in ("translated", "broken"):
            error = KeyError(name) if name == "translated" else ZeroDivisionError("a secret")
            loop.call_later(0.01, self.waiting.set_exception, error)
        elif name == "held":
            self.look()
        else:
            loop.call_later(0.01, self.waiting.set_result, None)

    def look(self) -> None:
        if GO_ON.is_set():
            self.waiting.set_result(None)
        else:
            asyncio.get_running_loop().call_later(0.01, self.look)

    def answer(self) -> bytes:
        if self.name == "faulty":
            raise KeyError("found late")
        return orjson.dumps({"later": self.name})


class Way:
    def answer(self, body: bytes, now: float) -> Any:
        name = orjson.loads(body)["Key"]["pk"]["S"]
        if name == "ordinary":
            return None
        return orjson.dumps({"now": name}) if name == "now" else Later(name)


@operation("dynamodb", "GetItem", access="read", way=lambda ctx, req, body, rows: Way())
async def get_item(ctx: Any, req: dict[str, Any]) -> Any:
    if req["Key"]["pk"]["S"] == "slow":
        await asyncio.sleep(0.01)
    return ORDINARY


def asked(name: str) -> bytes:
    return sign(body=orjson.dumps({"TableName": "tbl", "Key": {"pk": {"S": name}}})).bytes()


@pytest.fixture
def gateway() -> Iterator[RunningGateway]:
    GO_ON.clear()
    running = RunningGateway("open", get_item)
    yield running
    GO_ON.set()
    if running.loop.is_running():
        running.close()


def knowing(gateway: RunningGateway, first: str = "ordinary") -> Client:
    """A connection to a gateway that knows the way."""
    client = gateway.connect()
    for _ in range(50):
        if client.send(asked(first)).answer().body != ORDINARY:
            return client
        if client.send(asked("now")).answer().body == b'{"now":"now"}':
            return client
    raise AssertionError("no way was made")


def counted(gateway: RunningGateway) -> dict[int, int]:
    return dict(gateway.gateway._metrics[0].by_status())


def test_they_come(gateway: RunningGateway) -> None:
    client = knowing(gateway)
    before = counted(gateway)[200]
    for name in ("soon", "done", "now", "soon"):
        answer = client.send(asked(name)).answer()
        assert answer.status == 200
        assert orjson.loads(answer.body) == {"now" if name == "now" else "later": name}
        assert {"x-amzn-requestid", "x-amz-crc32", "content-type"} <= answer.headers.keys()
    assert counted(gateway) == {200: before + 4}


def test_an_operation_that_had_to_wait_has_ways_too(gateway: RunningGateway) -> None:
    client = knowing(gateway, "slow")
    assert client.send(asked("soon")).answer().body == b'{"later":"soon"}'


def test_they_come_in_order(gateway: RunningGateway) -> None:
    client = knowing(gateway)
    names = ["soon", "now", "ordinary", "done", "soon", "translated", "soon", "slow"] * 20
    client.send(b"".join(asked(name) for name in names))
    for name in names:
        answer = client.answer()
        if name == "translated":
            assert answer.status == 400
        elif name not in ("ordinary", "slow"):
            assert orjson.loads(answer.body) == {"now" if name == "now" else "later": name}


@pytest.mark.parametrize(
    ("name", "status"), [("translated", 400), ("faulty", 400), ("broken", 500)]
)
def test_failures_are_refused_as_ever(gateway: RunningGateway, name: str, status: int) -> None:
    client = knowing(gateway)
    good = counted(gateway)[200]
    answer = client.send(asked(name)).answer()
    assert answer.status == status
    assert b"secret" not in answer.body
    assert ("translated" in orjson.loads(answer.body).get("message", "")) == (status == 400)
    assert counted(gateway) == {200: good, status: 1}
    assert client.send(asked("soon")).answer().status == 200


def test_a_server_that_ends_sends_it_first(gateway: RunningGateway) -> None:
    client = knowing(gateway)
    client.send(asked("held"))
    assert client.silent()
    closing = gateway.begin_close(10 * WAIT_S_MAX)
    while not gateway.server.closing:
        time.sleep(0.01)
    GO_ON.set()
    answer = client.answer()
    assert answer.body == b'{"later":"held"}'
    assert answer.headers["connection"] == "close"
    assert client.closed()
    closing.result(WAIT_S_MAX)


def test_a_client_that_went_is_waited_for(gateway: RunningGateway) -> None:
    client = knowing(gateway)
    good = counted(gateway)[200]
    client.send(asked("held"))
    assert client.silent()
    client.socket.close()
    closing = gateway.begin_close(10 * WAIT_S_MAX)
    with pytest.raises(TimeoutError):
        closing.result(0.2)
    GO_ON.set()
    closing.result(WAIT_S_MAX)
    assert counted(gateway)[200] == good + 1


def test_it_comes_over_a_connection_that_is_half_closed(gateway: RunningGateway) -> None:
    client = knowing(gateway)
    client.send(asked("held"))
    assert client.silent()
    client.socket.shutdown(socket.SHUT_WR)
    GO_ON.set()
    assert client.answer().body == b'{"later":"held"}'
    assert client.closed()


def test_a_fault_in_finding_a_way_takes_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    def faulty(*_: Any) -> Any:
        raise ZeroDivisionError

    @operation("dynamodb", "GetItem", access="read", way=faulty)
    async def get_item(ctx: Any, req: dict[str, Any]) -> Any:
        if req["Key"]["pk"]["S"] == "slow":
            await asyncio.sleep(0.01)
        return ORDINARY

    running = RunningGateway("open", get_item)
    try:
        client = running.connect()
        for name in ("ordinary", "slow") * 25:
            assert client.send(asked(name)).answer().body == ORDINARY
        assert "no way was found for GetItem" in caplog.text
    finally:
        running.close()
