"""The primary is lost under load: one of two quorum-synchronous standbys takes over, and everything
that a client was told is so.

Not waiting for the disk, for no machine fails here, only processes: what a standby has received
lives on in it. A commit still waits for one of them.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import Cluster, Missing, Standby, kill_all
from tests.support.raw import Raw
from tests.support.server import Server

WRITERS = 6
LOAD_S = 1.5
WAIT_S_MAX = 60
BACK_S_MAX = 30  # a second or two where nobody else is at work
TABLE = "table"


@pytest.fixture
def three() -> Iterator[tuple[Cluster, list[Standby]]]:
    """A primary that answers a commit when one of its two standbys has it, too."""
    with contextlib.ExitStack() as closing:
        try:
            primary = Cluster(settings={"synchronous_commit": "on"})
        except Missing as missing:
            pytest.skip(str(missing))
        closing.enter_context(primary)
        standbys = [closing.enter_context(Standby(primary, name)) for name in ("s1", "s2")]
        wait_for_quorum_of(primary, standbys)
        yield primary, standbys


def wait_for_quorum_of(primary: Cluster, standbys: list[Standby]) -> None:
    names = ", ".join(each.name for each in standbys)
    primary.sql(f"ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 ({names})'")
    primary.sql("SELECT pg_reload_conf()")
    states = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'quorum'"
    wait(lambda: len(primary.sql(states)) == len(standbys))


def wait(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + WAIT_S_MAX
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Writer(threading.Thread):
    """Writes items that nobody wrote before, pairs of them, and adds to a counter of its own."""

    def __init__(self, endpoint: str, number: int, stop: threading.Event) -> None:
        super().__init__()
        self.number = number
        self.done: list[tuple[str, ...]] = []
        self.unknown: list[tuple[str, ...]] = []
        self.added = self.perhaps_added = 0
        self.acknowledged_at: list[float] = []
        self.wrong: list[str] = []
        self._endpoint = endpoint
        self._stopped = stop

    def run(self) -> None:
        raw = Raw(self._endpoint, timeout_s=WAIT_S_MAX)
        at = 0
        while not self._stopped.is_set():
            at += 1
            keys: tuple[str, ...] = (f"{self.number}-{at}",)
            if at % 3 == 0:
                answer = raw.once("UpdateItem", self._add())
            elif at % 3 == 1:
                answer = raw.once("PutItem", new_item(keys[0]))
            else:
                keys = (f"{self.number}-{at}-left", f"{self.number}-{at}-right")
                puts = [{"Put": new_item(key)} for key in keys]
                answer = raw.once("TransactWriteItems", {"TransactItems": puts})
            is_counter = at % 3 == 0
            if answer.status == 200:
                self.acknowledged_at.append(time.monotonic())
                if is_counter:
                    self.added += 1
                else:
                    self.done.append(keys)
            elif answer.status >= 500:
                if is_counter:
                    self.perhaps_added += 1
                else:
                    self.unknown.append(keys)
            else:  # above all: "exists already" of an item that only this very request wrote
                self.wrong.append(f"{keys}: {answer.status} {answer.body!r}")

    @property
    def counter(self) -> dict[str, Any]:
        return {"pk": {"S": f"counter-{self.number}"}}

    def _add(self) -> dict[str, Any]:
        return {
            "TableName": TABLE,
            "Key": self.counter,
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }


def new_item(key: str) -> dict[str, Any]:
    return {
        "TableName": TABLE,
        "Item": {"pk": {"S": key}},
        "ConditionExpression": "attribute_not_exists(pk)",
    }


def scan(raw: Raw) -> dict[str, int]:
    """Keys of all items, with what they count."""
    found: dict[str, int] = {}
    body: dict[str, Any] = {"TableName": TABLE, "ConsistentRead": True}
    while True:
        page = raw.call("Scan", body).json
        found |= {item["pk"]["S"]: int(item.get("n", {"N": "0"})["N"]) for item in page["Items"]}
        if "LastEvaluatedKey" not in page:
            return found
        body["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def make_table(raw: Raw) -> None:
    made = raw.call(
        "CreateTable",
        {
            "TableName": TABLE,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    assert made.status == 200, made.body
    described = {"TableName": TABLE}
    wait(lambda: raw.call("DescribeTable", described).json["Table"]["TableStatus"] == "ACTIVE")


def test_no_acknowledged_write_is_lost_with_the_primary(
    three: tuple[Cluster, list[Standby]],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    primary, standbys = three
    hosts = ",".join(f"127.0.0.1:{each.port}" for each in (primary, *standbys))
    url = f"postgresql://tester:{primary.password}@{hosts}/postgres?connections=8"
    arguments = ("--store", url, "--data", str(tmp_path), "--throttling", "off")
    with Server(*arguments, "--dax-nodes", "0") as server:
        raw = Raw(server.endpoint, timeout_s=WAIT_S_MAX)
        make_table(raw)
        stop = threading.Event()
        writers = [Writer(server.endpoint, number, stop) for number in range(WRITERS)]
        try:
            for writer in writers:
                writer.start()
            time.sleep(LOAD_S)
            kill_all(primary)
            killed_at = time.monotonic()
            # What is on its way to a standby arrives; then the one that has more is asked.
            wait(lambda: not any(each.is_receiving() for each in standbys))
            best = max(standbys, key=Standby.received)
            best.promote()
            promoted_at = time.monotonic()
            acknowledged = [writer.acknowledged_at for writer in writers]
            wait(lambda: all(times and times[-1] > promoted_at for times in acknowledged))
            # The other standby follows, and writes wait for it again.
            (other,) = (each for each in standbys if each is not best)
            other.follow(best)
            wait_for_quorum_of(best, [other])
            quorum_at = time.monotonic()
            wait(lambda: all(times[-1] > quorum_at for times in acknowledged))
        finally:
            stop.set()
            for writer in writers:
                if writer.ident is not None:
                    writer.join(WAIT_S_MAX)
        found = scan(raw)
        health = raw.call("ListTables", {})
    assert health.status == 200

    assert not [text for writer in writers for text in writer.wrong]
    before = sum(at < killed_at for times in acknowledged for at in times)
    assert before > WRITERS, "hardly any load"
    back_s = max(min(at for at in times if at > promoted_at) for times in acknowledged)
    back_s -= promoted_at
    record_property("acknowledged", sum(map(len, acknowledged)))
    record_property("unknown", sum(len(writer.unknown) for writer in writers))
    record_property("promoted_after_s", round(promoted_at - killed_at, 2))
    record_property("all_writers_back_after_s", round(back_s, 2))
    print(
        f"{sum(map(len, acknowledged))} writes acknowledged, promoted"
        f" {promoted_at - killed_at:.2f} s after the kill, all writers back {back_s:.2f} s later,"
        f" {sum(len(writer.unknown) + writer.perhaps_added for writer in writers)} answered 500"
    )
    assert back_s < BACK_S_MAX
    for writer in writers:
        lost = [keys for keys in writer.done if not all(key in found for key in keys)]
        assert not lost
        halves = [keys for keys in writer.unknown if len({key in found for key in keys}) > 1]
        assert not halves
        counted = found.get(f"counter-{writer.number}", 0)
        assert writer.added <= counted <= writer.added + writer.perhaps_added
