"""Items expire: UpdateTimeToLive and what follows, within seconds and as the service."""

from __future__ import annotations

import time

import pytest

GONE_S_MAX = 60
YEAR_S = 365 * 24 * 3600


@pytest.fixture
def enable(ask, target):
    if target == "aws":
        pytest.skip("AWS takes its time")

    def enable(table, attribute="ttl"):
        wanted = {"Enabled": True, "AttributeName": attribute}
        ask("UpdateTimeToLive", TableName=table, TimeToLiveSpecification=wanted)

    return enable


def put(ask, table, name, at):
    value = at if isinstance(at, dict) else {"N": str(int(at))}
    ask("PutItem", TableName=table, Item={"pk": {"S": name}, "ttl": value})


def names(ask, table):
    return {item["pk"]["S"] for item in ask("Scan", TableName=table)["Items"]}


def wait_until(condition):
    deadline = time.monotonic() + GONE_S_MAX
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_items_go_when_their_time_has_come_and_others_stay(ask, table, enable):
    enable(table)
    now = time.time()
    kept = {
        "future": now + 3600,
        "long ago": now - 6 * YEAR_S,
        "text": {"S": str(int(now) - 10)},
        "milliseconds": now * 1000,
        "zero": 0,
        "negative": -1,
        "map": {"M": {"ttl": {"N": str(int(now) - 10)}}},
    }
    for name, at in {**kept, "past": now - 10, "soon": now + 1, "years": now - 4 * YEAR_S}.items():
        put(ask, table, name, at)
    ask("PutItem", TableName=table, Item={"pk": {"S": "without"}})
    wait_until(lambda: names(ask, table) == {*kept, "without"})


def test_items_that_are_there_already_expire_too(ask, table, enable):
    for number in range(150):
        put(ask, table, f"{number}", time.time() - 10)
    put(ask, table, "kept", time.time() + 3600)
    enable(table)
    wait_until(lambda: names(ask, table) == {"kept"})


def test_an_item_can_be_given_more_time(ask, table, enable):
    enable(table)
    put(ask, table, "extended", time.time() + 1)
    put(ask, table, "extended", time.time() + 3600)
    put(ask, table, "expired", time.time() + 1)
    wait_until(lambda: "expired" not in names(ask, table))
    assert names(ask, table) == {"extended"}


def test_indexes_forget_expired_items(ask, indexed_table, enable):
    enable(indexed_table)
    item = {"pk": {"S": "a"}, "sk": {"N": "1"}, "g": {"S": "g"}, "gs": {"N": "1"}}
    ask("PutItem", TableName=indexed_table, Item={**item, "ttl": {"N": str(int(time.time()) - 9)}})
    wait_until(lambda: ask("Scan", TableName=indexed_table)["Count"] == 0)
    assert ask("Scan", TableName=indexed_table, IndexName="by_g_all")["Count"] == 0
    assert ask("DescribeTable", TableName=indexed_table)["Table"]["ItemCount"] == 0


def test_the_stream_says_that_the_service_deleted_it(ask, make_table, make_client, enable):
    table = make_table(
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"},
    )
    enable(table)
    put(ask, table, "a", time.time() - 10)
    wait_until(lambda: not names(ask, table))
    from tests.support.follower import Follower

    arn = ask("DescribeTable", TableName=table)["Table"]["LatestStreamArn"]
    insert, remove = Follower(make_client("dynamodbstreams"), arn).poll()
    assert "userIdentity" not in insert
    assert remove["eventName"] == "REMOVE"
    assert remove["userIdentity"] == {
        "PrincipalId": "dynamodb.amazonaws.com",
        "Type": "Service",
    }


def test_nothing_expires_without_time_to_live(ask, table, make_table, enable):
    other = make_table()
    enable(other)
    put(ask, table, "kept", time.time() - 10)
    put(ask, other, "gone", time.time() - 10)
    wait_until(lambda: not names(ask, other))
    assert names(ask, table) == {"kept"}
