"""DAX nodes in processes of their own, as the server sees them: start, view, writes, death.

    server ── Channel (a socket pair) ── dax_process.py: ports, caches, RemoteEngine

A node asks the server for items and sends it what it cannot answer itself, writes and pages, which
are the operations themselves: the server alone changes, meters and limits tables. It tells the
server what it wrote, the server tells the other nodes, and the writer is answered when all have
taken it. A node that does not answer in time may show what is old, so it is ended; ended nodes are
noticed at once and started again.

The server holds the listening sockets: who connects to a node that is being started again waits
for that second, and nobody else can take its ports.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec
import orjson

from jedlik import root_keys
from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import Service
from jedlik.dax_nodes import bound_ports, port_of
from jedlik.identity import Directory
from jedlik.net.channel import CallFailed, Channel, ChannelClosed
from jedlik.services.dax.attribute_lists import TABLE as LISTS_TABLE
from jedlik.services.dax.clusters import Cluster, Node, Wrote
from jedlik.services.dax.reading import TableRows, Wanted
from jedlik.services.dax.records import ClusterRecord, NodeRecord
from jedlik.settings import Settings
from jedlik.storage import remote
from jedlik.storage.waist import Row
from jedlik.tables.database import Database
from jedlik.tables.errors import TableNotFound, Throttled
from jedlik.tables.internal import InternalTable

TAKEN_S_MAX = 3.0
"""How long a node may take to confirm a write that came through another."""
SILENCE_S_MAX = 15.0
"""Nodes report every second; one that has not for so long is stuck."""
START_S_MAX = 60.0
STOP_S_MAX = 3.0
CHECK_S = 1.0

_log = logging.getLogger("jedlik.dax")


class ProcessNodes:
    """Starts nodes in processes of their own. wake: set when one of them is up, or gone."""

    def __init__(
        self,
        db: Database,
        settings: Settings,
        dynamodb: Service,
        *,
        keys: root_keys.Keys | None,
        directory: Directory,
        folder: str | None,
        wake: asyncio.Event,
    ) -> None:
        self._db = db
        self._settings = settings
        self._dynamodb = dynamodb
        self._rows = TableRows(db)
        self._keys = keys
        self._folder = folder
        self._wake = wake
        self._running: dict[Node, _Process] = {}
        self._sockets: dict[Node, tuple[socket.socket | None, socket.socket | None]] = {}
        self._count = 0
        self._checks: asyncio.Task[None] | None = None
        db.catalog.watchers.append(self._table_changed)
        directory.watchers.append(self._directory_changed)

    async def start(self, node: Node, *, record: NodeRecord, cluster: ClusterRecord) -> None:
        if self._checks is None:
            self._checks = asyncio.ensure_future(self._check())
        await InternalTable(self._db, LISTS_TABLE).make()  # nodes write there, but make no tables
        node.cluster.pass_on = lambda writes: self._pass_on(node.cluster, writes, None)
        left = self._running.pop(node, None)  # of one that has died
        if left is not None:
            await left.stop()
        if node not in self._sockets:
            self._sockets[node] = bound_ports(self._settings, record, cluster)
        plain, encrypted = self._sockets[node]
        node.port, node.tls_port = port_of(plain), port_of(encrypted)
        self._count += 1
        begin = {
            "settings": asdict(self._settings),
            "keys": None if self._keys is None else list(msgspec.structs.astuple(self._keys)),
            "folder": self._folder,
            "cluster": [cluster.account, cluster.region, cluster.name],
            "node": [node.number, node.name, node.zone],
            "listening": [None if each is None else each.fileno() for each in (plain, encrypted)],
            "id": self._count,
            "version": self._db.versions.next(),
            "view": _view(node.cluster),
        }
        process = _Process(self, node)
        self._running[node] = process
        await process.start(begin, [each.fileno() for each in (plain, encrypted) if each])

    async def stop(self, node: Node) -> None:
        node.is_up = False
        process = self._running.pop(node, None)
        if process is not None:
            await process.stop()
        for bound in self._sockets.pop(node, ()):
            if bound is not None:
                bound.close()
        if not self._running and self._checks is not None:
            self._checks.cancel()
            self._checks = None

    def is_starting(self, node: Node) -> bool:
        process = self._running.get(node)
        return process is not None and process.is_alive and not node.is_up

    def has_died(self, node: Node) -> bool:
        process = self._running.get(node)
        return process is None or not process.is_alive

    async def views_changed(self, cluster: Cluster) -> None:
        view = _view(cluster)
        for process in self._of(cluster):
            process.channel.tell("view", view)

    def refresh_metrics(self) -> None:
        """Nodes report by themselves."""

    async def _directory_changed(self) -> None:
        """Whoever is told that a key is gone may rely on it at every node."""
        begun = [process for process in self._running.values() if process.has_begun]
        await asyncio.gather(*(process.forget_people() for process in begun))

    # What a node asks for; see dax_process.py

    async def engine(self, method: str, *arguments: Any) -> Any:
        return await remote.answer(self._db.engine, method, *arguments)

    async def rows(self, wanted: list[Any], now: float) -> list[Any] | None:
        """Items that a node's cache has not got: rows, or why they must wait. None: one of the
        tables is gone."""
        asked = []
        for account, region, name, key, rate in wanted:
            try:
                table = await self._db.catalog.get(account, region, name)
            except TableNotFound:
                return None
            if table.space != key[0]:
                return None
            asked.append(Wanted(table, (key[0], key[1], key[2], key[3]), rate))
        return [_sent_row(row) for row in await self._rows.rows(asked, now)]

    async def run(self, name: str, account: str, region: str, request: bytes) -> Any:
        """Carry out what a node has checked: [answer] or what it was refused with."""
        ctx = Context(self._db, account, region, None, "dax", time.time(), settings=self._settings)
        try:
            answer = await self._dynamodb.operations[name].handler(ctx, orjson.loads(request))
        except Exception as error:
            refusal = error if isinstance(error, ApiError) else self._dynamodb.translate(error)
            if refusal is None or refusal.status >= 500:
                raise
            return _sent(refusal)
        return [answer if isinstance(answer, bytes) else orjson.dumps(answer)]

    async def wrote(self, process: _Process, writes: list[Any]) -> None:
        await self._pass_on(process.node.cluster, writes, process)

    # Inside

    def _of(self, cluster: Cluster) -> list[_Process]:
        return [each for node, each in self._running.items() if node.cluster is cluster]

    async def _pass_on(
        self, cluster: Cluster, writes: Sequence[Wrote | list[Any]], writer: _Process | None
    ) -> None:
        """Tell the other nodes; return when all have taken it, or are ended."""
        others = [each for each in self._of(cluster) if each is not writer and each.has_begun]
        if others:
            await asyncio.gather(*(each.take(writes) for each in others))

    def _table_changed(self, account: str, region: str, name: str) -> None:
        for process in self._running.values():
            process.channel.tell("table_changed", account, region, name)

    async def _check(self) -> None:
        """End processes that are there but say nothing any more."""
        while True:
            await asyncio.sleep(CHECK_S)
            now = time.monotonic()
            for process in list(self._running.values()):
                if now - process.heard_at_s > (SILENCE_S_MAX if process.has_begun else START_S_MAX):
                    _log.warning("DAX node %s says nothing any more", process.node.name)
                    process.kill()

    def changed(self) -> None:
        self._wake.set()


class _Process:
    """One node's process and the channel to it."""

    def __init__(self, owner: ProcessNodes, node: Node) -> None:
        self.node = node
        self.has_begun = False
        self.heard_at_s = time.monotonic()
        self._owner = owner
        self.channel = Channel(
            {
                "engine": owner.engine,
                "rows": owner.rows,
                "run": owner.run,
                "wrote": lambda writes: owner.wrote(self, writes),
                "begun": self._begun,
                "listening": self._listening,
                "report": self._report,
            },
            closed=owner.changed,
        )
        self.popen: subprocess.Popen[bytes]

    async def start(self, begin: dict[str, Any], listening: list[int]) -> None:
        """begin: the first that the process is told; dax_process.py reads it. listening: the file
        descriptors that it inherits."""
        ours, theirs = socket.socketpair()
        with theirs:
            self.popen = await asyncio.to_thread(_spawn, self.node.name, theirs.fileno(), listening)
        ours.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self.channel, sock=ours)
        self.channel.tell("begin", orjson.dumps(begin))

    @property
    def is_alive(self) -> bool:
        return self.channel.is_open and self.popen.poll() is None

    async def take(self, writes: Sequence[Wrote | list[Any]]) -> None:
        try:
            await asyncio.wait_for(self.channel.call("written", list(writes)), TAKEN_S_MAX)
        except (TimeoutError, ChannelClosed):
            if self.channel.is_open:
                _log.warning("DAX node %s does not confirm writes", self.node.name)
            self.kill()

    async def forget_people(self) -> None:
        """Let it read users, keys and policies again, as `take` lets it take writes."""
        try:
            await asyncio.wait_for(self.channel.call("directory_changed"), TAKEN_S_MAX)
        except (TimeoutError, ChannelClosed, CallFailed):
            if self.channel.is_open:
                _log.warning("DAX node %s does not read users and keys again", self.node.name)
                self.kill()

    async def stop(self) -> None:
        """Ask it to end, and see to it."""
        self.channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self.popen.wait, STOP_S_MAX)
            return
        self.kill()
        await asyncio.to_thread(self.popen.wait)

    def kill(self) -> None:
        """Whatever it is doing. The channel closes by itself, which is noticed."""
        if self.popen.poll() is None:
            self.popen.kill()

    def _begun(self) -> None:
        """From now on its caches may hold something."""
        self.has_begun = True
        self.heard_at_s = time.monotonic()

    def _listening(self) -> None:
        self.node.is_up = True
        self._owner.changed()

    def _report(self, metrics: list[Any]) -> None:
        self.heard_at_s = time.monotonic()
        self.node.metrics.load(metrics)


def _spawn(name: str, channel: int, listening: list[int]) -> subprocess.Popen[bytes]:
    # The name is for people who look at the list of processes.
    command = [sys.executable, "-m", "jedlik.dax_process", str(channel), name]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[channel, *listening])


def _view(cluster: Cluster) -> list[Any]:
    """A cluster as its nodes must know it; `dax_process.py` reads it."""
    nodes = [[n.number, n.name, n.zone, n.port, n.tls_port, n.is_up] for n in cluster.nodes]
    return [cluster.leader, cluster.times.record_ttl_ms, cluster.times.query_ttl_ms, nodes]


def _sent_row(row: Row | Throttled | None) -> tuple[Any, ...] | None:
    """As it travels; a version is never None."""
    if isinstance(row, Throttled):
        return (None, row.reason, row.access, row.resource, row.is_index, row.is_on_demand)
    return row


def _sent(refusal: ApiError) -> list[Any]:
    """A refusal as it travels; orjson, because its fields may hold any JSON."""
    fields = orjson.dumps(dict(refusal.fields))
    more = [refusal.status, refusal.namespace, refusal.message_key, fields]
    return [None, refusal.code, refusal.message, *more]
