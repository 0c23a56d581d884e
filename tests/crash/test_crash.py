"""kill -9 of the real server under load, twenty rounds: nothing acknowledged is lost.

After each crash: every acknowledged write is there and no other, what was under way happened
whole or not at all, each index holds exactly what the table says, and the log of a stopped copy
replays to the rows. A second table has neither indexes nor a stream, so that its writes take the
short way. JEDLIK_CRASH_SEED replays the requests, not the moments.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from jedlik.changes.record import decode_record
from jedlik.storage.sqlite import SqliteEngine
from jedlik.tables.database import Database
from tests.crash.writers import COUNTER, PLAIN, TABLE, Client, judge_counter
from tests.differential.suite import index, table
from tests.support.raw import Raw
from tests.support.server import Server

SEED = int(os.environ.get("JEDLIK_CRASH_SEED", "1"))
CLIENTS = 4
PLAIN_CLIENTS = 3
RESTART_S_MAX = 50  # a start takes half a second where nobody else is at work
LOAD_S = (0.1, 0.8)
Item = dict[str, Any]

CREATE = table(
    TABLE,
    "pk:S sk:N",
    attributes="g:S h:N l:S",
    GlobalSecondaryIndexes=[index("all", "g", "h"), index("keys", "h", keys_only=True)],
    LocalSecondaryIndexes=[index("local", "pk", "l", include=["v"], local=True)],
    # So that there is a log to be checked.
    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
)
CREATE_PLAIN = table(PLAIN, "pk:S sk:N")
# Index -> its key attributes, and what else it holds (None: everything).
INDEXES = {"all": (("g", "h"), None), "keys": (("h",), ()), "local": (("l",), ("v",))}


@pytest.mark.slow
@pytest.mark.parametrize(("durability", "rounds"), [("full", 20), ("relaxed", 3)])
def test_nothing_acknowledged_is_lost(tmp_path: Path, durability: str, rounds: int) -> None:
    data = tmp_path / "data"
    random = Random(SEED)
    clients = [Client(number, Random(f"{SEED} {number}")) for number in range(CLIENTS)]
    plain = [Client(at, Random(f"{SEED} plain {at}"), PLAIN) for at in range(PLAIN_CLIENTS)]
    server = Server("--data", str(data), "--durability", durability, "--throttling", "off")
    with server:
        assert Raw(server.endpoint).call("CreateTable", CREATE).status == 200
        assert Raw(server.endpoint).call("CreateTable", CREATE_PLAIN).status == 200
        for number in range(rounds):
            load_and_kill(server, [*clients, *plain], random.uniform(*LOAD_S))
            logged = asyncio.run(replayed_log(data, tmp_path / f"copy-{number}"))
            started = time.monotonic()
            server.restart()
            assert time.monotonic() - started < RESTART_S_MAX
            found = everything(Raw(server.endpoint), {"TableName": TABLE})
            assert logged == by_key(found), f"round {number}: the log and the rows differ"
            check_clients(clients, found, number)
            check_indexes(Raw(server.endpoint), found, number)
            found = everything(Raw(server.endpoint), {"TableName": PLAIN})
            check_clients(plain, found, number)
            counted = Raw(server.endpoint).call("DescribeTable", {"TableName": PLAIN}).json
            assert counted["Table"]["ItemCount"] == len(found), f"round {number}: the count"
    for each in (clients, plain):
        assert sum(client.answered for client in each) > 10 * rounds, "hardly any load"


def load_and_kill(server: Server, clients: list[Client], seconds: float) -> None:
    stop = threading.Event()
    threads = [
        threading.Thread(target=client.run, args=(server.endpoint, stop)) for client in clients
    ]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    failures = [client.failure for client in clients if client.failure]
    assert not failures, failures


def check_clients(clients: list[Client], found: list[Item], number: int) -> None:
    wrong = []
    for client in clients:
        mine = [item for item in found if item["pk"]["S"] == client.partition]
        wrong += client.judge({int(item["sk"]["N"]): item for item in mine})
    counters = [item for item in found if item["pk"] == COUNTER["pk"]]
    wrong += filter(None, [judge_counter(clients, counters[0] if counters else None)])
    assert not wrong, f"round {number}: {wrong}"


def check_indexes(raw: Raw, found: list[Item], number: int) -> None:
    """Each index by its own Scan against what the table's items say it must hold."""
    for name, (keys, others) in INDEXES.items():
        members = [item for item in found if all(key in item for key in keys)]
        if others is not None:
            kept = {"pk", "sk", *keys, *others}
            members = [{k: v for k, v in item.items() if k in kept} for item in members]
        listed = everything(raw, {"TableName": TABLE, "IndexName": name})
        assert by_key(listed) == by_key(members), f"round {number}: index {name}"
        assert len(listed) == len(members), f"round {number}: index {name} lists an item twice"


def everything(raw: Raw, request: dict[str, Any]) -> list[Item]:
    """All pages of a Scan."""
    items: list[Item] = []
    while True:
        answer = raw.call("Scan", request)
        assert answer.status == 200, answer.body
        items += answer.json["Items"]
        if "LastEvaluatedKey" not in answer.json:
            return items
        request = {**request, "ExclusiveStartKey": answer.json["LastEvaluatedKey"]}


def by_key(items: list[Item]) -> dict[tuple[str, str], Item]:
    return {(item["pk"]["S"], item["sk"]["N"]): item for item in items}


async def replayed_log(data: Path, copy: Path) -> dict[tuple[str, str], Item]:
    """What the log says the table holds.

    Reads a copy of the dead server's folder, so that the server itself meets what the crash left.
    Every record must follow from the one before it: same old image, next sequence number.
    """
    shutil.copytree(data, copy)
    engine = SqliteEngine.open(copy)
    try:
        db = Database(engine)
        names = await db.catalog.names("000000000000", "us-east-1", after=None, limit=10)
        assert TABLE in names
        made = await db.catalog.get("000000000000", "us-east-1", TABLE)
        state: dict[tuple[str, str], Item] = {}
        for part in range(made.parts):
            seq = 0
            while entries := await engine.log_read(made.log_space, part, seq, 1000):
                for entry in entries:
                    assert entry.seq == seq + 1
                    seq = entry.seq
                    replay(state, decode_record(entry.record))
        return state
    finally:
        await engine.close()
        shutil.rmtree(copy)


def replay(state: dict[tuple[str, str], Item], record: Any) -> None:
    old, new = (
        None if image is None else orjson.loads(image[4:]) for image in (record.old, record.new)
    )
    key = next(iter(by_key([old or new])))
    assert state.get(key) == old, "a record's old image is not what the log made so far"
    if new is None:
        del state[key]
    else:
        state[key] = new
