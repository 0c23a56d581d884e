"""A DAX node's memory with ten times as much to remember as it may keep.

    python -m bench.dax_memory

The node has a process of its own, so that the kernel tells what the node alone takes. Every item is
read, twice over; between them a thousandth of the items is asked for again and again, and stays.
"""

from __future__ import annotations

import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.targets import Usage
from tests.support.oracles import free_port
from tests.support.raw import Raw
from tests.support.server import Server
from tests.wire.dax.node import GREETING, authorisation, get

CACHE_MB = 8
TIMES = 10
ITEM_BYTES = 4000
ITEMS = TIMES * CACHE_MB * (1 << 20) // ITEM_BYTES
HOT = ITEMS // 1000
REPORT_S = 2.5
"""A node in a process of its own tells its counts every second."""
TABLE = "working-set"


def main() -> None:
    port = free_port()
    flags = ("--dax-port", str(port), "--dax-tls-port", "0", "--dax-processes")
    limits = ("--dax-memory-mb", str(CACHE_MB), "--throttling", "off")
    with Server(*flags, *limits) as server:
        _fill(Raw(server.endpoint))
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(GREETING + authorisation())
            print("\n".join(_table(server, connection)))


def _table(server: Server, connection: socket.socket) -> Iterator[str]:
    usage = _node_of(server.pid)
    yield f"{ITEMS:,} items of {ITEM_BYTES:,} bytes through a cache of {CACHE_MB} MB"
    yield ""
    yield "| after | cached MB | evicted MB | resident MB | peak MB | hits per hot read |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    yield _row("start", server, usage, "")
    for number in (1, 2):
        before = _hits(server)
        for n in range(ITEMS):
            _read(connection, n)
            if n % 10 == 9:
                _read(connection, n // 10 % HOT)
        time.sleep(REPORT_S)
        hits = (_hits(server) - before) / (ITEMS // 10)
        yield _row(f"every item, {number}", server, usage, f"{hits:.0%}")


def _row(what: str, server: Server, usage: Usage, hits: str) -> str:
    time.sleep(REPORT_S)
    cached, evicted = (
        _figure(server, f"jedlik_dax_{name}") / (1 << 20)
        for name in ("estimated_db_size", "evicted_size_total")
    )
    resident, peak = usage.resident_mb(), usage.peak_mb()
    return f"| {what} | {cached:.1f} | {evicted:.1f} | {resident:.0f} | {peak:.0f} | {hits} |"


def _fill(raw: Raw) -> None:
    made = {
        "TableName": TABLE,
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    assert raw.call("CreateTable", made).status == 200
    value = {"S": "v" * (ITEM_BYTES - 20)}
    for first in range(0, ITEMS, 25):
        puts = [
            {"PutRequest": {"Item": {"pk": {"S": f"{n:08}"}, "v": value}}}
            for n in range(first, min(first + 25, ITEMS))
        ]
        assert raw.call("BatchWriteItem", {"RequestItems": {TABLE: puts}}).status == 200


def _read(connection: socket.socket, n: int) -> None:
    connection.sendall(get(TABLE, f"{n:08}".encode()))
    got = 0
    while got < ITEM_BYTES - 20:
        got += len(connection.recv(1 << 16))


def _hits(server: Server) -> int:
    return _figure(server, "jedlik_dax_item_cache_hits_total")


def _figure(server: Server, name: str) -> int:
    with urllib.request.urlopen(f"{server.endpoint}/_jedlik/metrics") as page:
        lines = page.read().decode().splitlines()
    return sum(int(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + "{"))


def _node_of(server: int) -> Usage:
    for children in Path(f"/proc/{server}/task").glob("*/children"):  # of every thread
        for pid in children.read_text().split():
            if b"jedlik.dax_process" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return Usage(int(pid))
    raise LookupError("no node")


if __name__ == "__main__":
    main()
