"""kill -9 while ten clients write and a reader follows the stream, whose shards last a second.

The reader keeps to lineage and remembers sequence numbers only. Every record must fit the one
before it of the same item, and at the end the replayed stream is the table: each acknowledged
change was seen exactly once and in order. JEDLIK_CRASH_SEED replays the requests, not the moments.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.crash.test_crash import check_clients, everything
from tests.crash.writers import TABLE, Client
from tests.differential.suite import table
from tests.support.follower import Follower, as_state, replay
from tests.support.raw import Raw
from tests.support.server import Server

SEED = int(os.environ.get("JEDLIK_CRASH_SEED", "1"))
CLIENTS = 10
ROUNDS = 6
LOAD_S = (0.5, 1.5)
CREATE = table(
    TABLE,
    "pk:S sk:N",
    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
)


class Reader:
    """Follows until it is stopped, whatever happens to the server."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.state: dict[Any, Any] = {}
        self.events: set[str] = set()
        self.failure: BaseException | None = None

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.poll()
            except (BotoCoreError, ClientError):
                time.sleep(0.05)  # the server is dead: try again
            except AssertionError as wrong:
                self.failure = wrong
                return

    def poll(self) -> None:
        for record in self.follower.poll():
            assert record["eventID"] not in self.events, f"{record} came twice"
            self.events.add(record["eventID"])
            replay(self.state, record)


@pytest.mark.slow
def test_a_follower_sees_every_change_once_and_in_order(tmp_path: Path, make_client: Any) -> None:
    random = Random(SEED)
    clients = [Client(number, Random(f"{SEED} {number}")) for number in range(CLIENTS)]
    server = Server(
        "--data", str(tmp_path / "data"), "--stream-shard-s", "1", "--throttling", "off"
    )
    with server:
        created = Raw(server.endpoint).call("CreateTable", CREATE)
        arn = created.json["TableDescription"]["LatestStreamArn"]
        streams = make_client("dynamodbstreams", endpoint_url=server.endpoint)
        reader = Reader(Follower(streams, arn))
        for number in range(ROUNDS):
            stop = threading.Event()
            threads = [threading.Thread(target=reader.run, args=(stop,))]
            for client in clients:
                threads.append(threading.Thread(target=client.run, args=(server.endpoint, stop)))
            for thread in threads:
                thread.start()
            time.sleep(random.uniform(*LOAD_S))
            server.kill()
            stop.set()
            for thread in threads:
                thread.join()
            assert reader.failure is None, reader.failure
            assert not [client.failure for client in clients if client.failure]
            server.restart()
            reader.poll()
            found = everything(Raw(server.endpoint), {"TableName": TABLE})
            assert reader.state == as_state(found, "pk", "sk"), f"round {number}"
            check_clients(clients, found, number)
        assert any("ParentShardId" in shard for shard in reader.follower.shards())
    assert sum(client.answered for client in clients) > 10 * ROUNDS, "hardly any load"
