"""A server under load that is told to stop, and folders that are in use."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from random import Random

from tests.crash.test_crash import CREATE, by_key, check_clients, check_indexes, everything
from tests.crash.writers import TABLE, Client
from tests.support.raw import Raw
from tests.support.server import Server

LOAD_S = 0.3
ROUNDS = 3


def test_sigterm_under_load_is_clean(tmp_path: Path) -> None:
    """What was answered is there, what was not answered happened whole or not at all, and the
    next start has nothing to repair."""
    clients = [Client(number, Random(number)) for number in range(4)]
    with Server("--data", str(tmp_path / "data")) as server:
        assert Raw(server.endpoint).call("CreateTable", CREATE).status == 200
        for number in range(ROUNDS):
            stop = threading.Event()
            threads = [
                threading.Thread(target=client.run, args=(server.endpoint, stop))
                for client in clients
            ]
            for thread in threads:
                thread.start()
            time.sleep(LOAD_S)
            assert server.stop() == 0  # or it says that the server does not end
            stop.set()
            for thread in threads:
                thread.join()
            assert not [client.failure for client in clients if client.failure]
            assert not (tmp_path / "data" / "store.sqlite-wal").exists(), "the log is left over"
            server.restart()
            raw = Raw(server.endpoint)
            found = everything(raw, {"TableName": TABLE})
            check_clients(clients, found, number)
            check_indexes(raw, found, number)
    assert sum(client.answered for client in clients) > 10 * ROUNDS


def test_a_folder_serves_one_process_at_a_time(tmp_path: Path) -> None:
    """The second one says so and harms nothing; after a kill -9 the folder is free again."""
    data = str(tmp_path / "data")
    with Server("--data", data) as server:
        raw = Raw(server.endpoint)
        assert raw.call("CreateTable", CREATE).status == 200
        item = {"pk": {"S": "a"}, "sk": {"N": "1"}}
        assert raw.call("PutItem", {"TableName": TABLE, "Item": item}).status == 200
        command = [sys.executable, "-m", "jedlik", "start", "--port", "0", "--data", data]
        for _ in range(2):
            second = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
                env=server.environment,
            )
            assert second.returncode == 1
            assert f"is in use by process {server.pid}" in second.stderr
            assert "Traceback" not in second.stderr
        assert by_key(everything(raw, {"TableName": TABLE})) == by_key([item])
        server.kill()
        server.restart()
        assert everything(Raw(server.endpoint), {"TableName": TABLE}) == [item]
