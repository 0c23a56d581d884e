"""kill -9 while items are entered and expire: what is due goes all the same, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.crash.test_crash import everything
from tests.differential.suite import table
from tests.support.follower import Follower, as_state, replay
from tests.support.raw import Raw
from tests.support.server import Server

TABLE = "expiring"
EXPIRED = 1500
KEPT = 200
KILLS = 4
WAIT_S_MAX = 60


@pytest.mark.slow
def test_expiry_goes_on_after_kill_9(tmp_path: Path, make_client: Any) -> None:
    settings = ("--data", str(tmp_path / "data"), "--ttl-rate", "300", "--ttl-interval-ms", "50",
                "--throttling", "off")  # fmt: skip
    view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    with Server(*settings) as server:
        raw = Raw(server.endpoint)
        raw.call("CreateTable", table(TABLE, "pk:S", StreamSpecification=view))
        fill(raw)
        # The items are older than the setting, so that the first kills meet the backfill too.
        wanted = {"Enabled": True, "AttributeName": "ttl"}
        switch = {"TableName": TABLE, "TimeToLiveSpecification": wanted}
        assert raw.call("UpdateTimeToLive", switch).status == 200
        for _ in range(KILLS):
            time.sleep(0.3)
            server.kill()
            server.restart()
        raw = Raw(server.endpoint)
        deadline = time.monotonic() + WAIT_S_MAX
        while len(found := everything(raw, {"TableName": TABLE})) > KEPT:
            assert time.monotonic() < deadline, f"{len(found)} items are left"
            time.sleep(0.1)
        assert {item["pk"]["S"] for item in found} == {f"kept-{n}" for n in range(KEPT)}
        described = raw.call("DescribeTable", {"TableName": TABLE}).json["Table"]
        assert described["ItemCount"] == KEPT
        streams = make_client("dynamodbstreams", endpoint_url=server.endpoint)
        check_stream(Follower(streams, described["LatestStreamArn"]), found)


def fill(raw: Raw) -> None:
    now = int(time.time())
    items = [
        {"pk": {"S": f"expired-{number}"}, "ttl": {"N": str(now - number - 1)}}
        for number in range(EXPIRED)
    ]
    items += [
        {"pk": {"S": f"kept-{number}"}, "ttl": {"N": str(now + 3600 + number)}}
        for number in range(KEPT)
    ]
    for start in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        assert raw.call("BatchWriteItem", {"RequestItems": {TABLE: puts}}).status == 200


def check_stream(follower: Follower, found: list[dict[str, Any]]) -> None:
    """Every expiry is there once, as the service's."""
    state: dict[Any, Any] = {}
    removed = 0
    for record in follower.poll():
        replay(state, record)
        if record["eventName"] == "REMOVE":
            removed += 1
            assert record["userIdentity"]["PrincipalId"] == "dynamodb.amazonaws.com"
    assert removed == EXPIRED
    assert state == as_state(found, "pk")
