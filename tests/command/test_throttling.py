"""--throttling on, off and report, as a server of one's own shows them."""

from __future__ import annotations

from typing import Any
from urllib.request import urlopen

from tests.support.raw import Raw
from tests.support.server import Server

ONE = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
BIG = {"pk": {"S": "big"}, "a": {"S": "x" * 409_000}}


def made(server: Server, name: str = "orders", units: dict[str, int] = ONE) -> Raw:
    raw = Raw(server.endpoint)
    answer = raw.call(
        "CreateTable",
        {
            "TableName": name,
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "ProvisionedThroughput": units,
        },
    )
    assert answer.status == 200, answer.body
    return raw


def put(raw: Raw, item: dict[str, Any]) -> int:
    return raw.call("PutItem", {"TableName": "orders", "Item": item}).status


def test_the_first_throttled_request_tells_how_to_be_without_it() -> None:
    with Server() as server:
        raw = made(server)
        assert put(raw, BIG) == 200
        assert "throttl" not in server.output()
        for _ in range(3):
            assert put(raw, {"pk": {"S": "a"}}) == 400
        assert server.output().count("throttled a write of orders, as AWS would") == 1
        assert server.output().count("--throttling off") == 1


def test_without_throttling_there_are_no_limits_at_all() -> None:
    with Server("--throttling", "off") as server:
        raw = made(server)
        assert [put(raw, BIG) for _ in range(5)] == [200] * 5
        # Nor quotas on what is provisioned.
        made(server, "much", {"ReadCapacityUnits": 100_000, "WriteCapacityUnits": 1})
        page = urlopen(f"{server.endpoint}/_jedlik/metrics").read().decode()
        assert 'table="orders",index="",access="write"} 2000\n' in page
        assert "throttl" not in server.output()


def test_reported_throttling_refuses_nothing() -> None:
    with Server("--throttling", "report") as server:
        raw = made(server)
        assert [put(raw, BIG) for _ in range(5)] == [200] * 5
        assert server.output().count("AWS would throttle a write of orders now") == 1
        page = urlopen(f"{server.endpoint}/_jedlik/metrics").read().decode()
        # Only the first was within the burst; those that AWS refuses take nothing.
        assert 'table="orders",index="",access="write",reason="provisioned"} 4\n' in page


def test_limits_after_a_restart_are_those_of_the_table(tmp_path: Any) -> None:
    """A restart gives a table its burst again, and no other capacity."""
    server = Server("--data", str(tmp_path / "data"))
    with server:
        raw = made(server)
        put(raw, BIG)
        assert put(raw, BIG) == 400
        server.stop()
        server.restart()
        raw = Raw(server.endpoint)
        assert put(raw, BIG) == 200
        assert put(raw, BIG) == 400
