"""A DAX node in a process of its own: `python -m jedlik.dax_process FD NAME`, started by the
server.

It has the ports, the protocol and the caches of one node. Rows come from the server's engine, and
writes are carried out by the server, over the channel at the file descriptor FD. It ends when the
channel does. See dax_processes.py for the other side.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import uvloop

from jedlik import logs, root_keys
from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.api.operation import Handler, Operation, Service, load_registry
from jedlik.dax_doors import Doors
from jedlik.dax_nodes import LocalNodes
from jedlik.identity import Authenticator, Directory, root_credential
from jedlik.net.channel import Channel
from jedlik.services import dynamodb
from jedlik.services.dax.clusters import Cluster, Node, Wrote
from jedlik.settings import Settings
from jedlik.storage.remote import RemoteEngine
from jedlik.tables.database import Database

REPORT_S = 1.0

Sockets = list[socket.socket | None]


class WriteLost(Exception):
    """The server is gone or has failed: the write may or may not have happened."""


class NodeProcess:
    """Everything there is in this process."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.begun: asyncio.Future[tuple[Settings, Doors, Sockets]] = (
            asyncio.get_running_loop().create_future()
        )
        self.channel = Channel(
            {
                "begin": self._begin,
                "view": self._take_view,
                "written": self._take_writes,
                "table_changed": self._table_changed,
                "directory_changed": self._directory_changed,
            },
            closed=self._end,
        )
        self._cluster: Cluster
        self._node: Node
        self._db: Database
        self._directory: Directory | None = None

    async def run(self, sock: socket.socket) -> None:
        """Serve until the channel ends."""
        await asyncio.get_running_loop().create_connection(lambda: self.channel, sock=sock)
        try:
            settings, doors, sockets = await self.begun
        except asyncio.CancelledError:
            return
        nodes = LocalNodes(settings, doors)
        assert self._directory is not None
        await self._directory.open()
        await self.channel.call("begun")
        await self._directory.refresh()  # from here on the server tells; what was before?
        await nodes.serve(self._node, *sockets)
        await self.channel.call("listening")
        while not self.ended.is_set():
            nodes.refresh_metrics()
            self.channel.tell("report", self._node.metrics.dump())
            try:
                await asyncio.wait_for(self.ended.wait(), REPORT_S)
            except TimeoutError:
                continue
        await nodes.stop(self._node)

    def _begin(self, told: bytes) -> None:
        """The first that the server tells: everything that this process has to know."""
        begin = orjson.loads(told)
        settings = Settings(**begin["settings"])
        logs.set_up(settings.log_level)
        engine = RemoteEngine(lambda *asked: self.channel.call("engine", *asked))
        # Workers, log and statistics, which a remote engine has not, are the server's business.
        self._db = Database(engine, node=begin["id"])  # type: ignore[arg-type]
        self._db.versions.next(begin["version"])
        account, region, name = begin["cluster"]
        self._cluster = Cluster(account, region, name, address=settings.dax_advertised)
        self._cluster.pass_on = self._pass_on
        self._node = Node(self._cluster, *begin["node"])
        self._take_view(begin["view"])
        sockets = [fd if fd is None else socket.socket(fileno=fd) for fd in begin["listening"]]
        self.begun.set_result((settings, self._doors(begin, settings), sockets))

    def _doors(self, begin: dict[str, Any], settings: Settings) -> Doors:
        keys = root_keys.Keys(*begin["keys"]) if begin["keys"] else None
        account = settings.account
        root = root_credential(keys.access_key, keys.secret_key, account) if keys else None
        self._directory = self._db.beside[Directory] = Directory(
            self._db, account=account, root=root
        )
        return Doors(
            settings,
            self._db,
            self._with_remote_writes(load_registry([dynamodb]).services["dynamodb"]),
            Authenticator(
                self._directory,
                mode="required" if settings.auth == "required" else "open",
                account=settings.account,
            ),
            folder=Path(begin["folder"]) if begin["folder"] else None,
            directory=self._directory,
        )

    def _with_remote_writes(self, service: Service) -> Service:
        """The service with its item writes carried out by the server."""
        operations = {
            name: self._remote(operation) if operation.access == "write" else operation
            for name, operation in service.operations.items()
        }
        return Service(service.name, operations, service.translate)

    def _remote(self, operation: Operation) -> Operation:
        return Operation(
            operation.service,
            operation.name,
            self._sender(operation.name),
            input=operation.input,
            access=operation.access,
            resource=operation.resource,
            first=operation.first,
            rules=operation.rules[len(operation.first) :],
            permissions=operation.permissions,
        )

    def _sender(self, name: str) -> Handler:
        async def send(ctx: Context, request: dict[str, Any]) -> bytes:
            try:
                answer = await self.channel.call(
                    "run", name, ctx.account, ctx.region, orjson.dumps(request)
                )
            except Exception as fault:
                raise WriteLost(str(fault)) from fault
            if answer[0] is None:
                raise _received(answer)
            body: bytes = answer[0]
            return body

        return send

    async def _pass_on(self, writes: Sequence[Wrote]) -> None:
        await self.channel.call("wrote", list(writes))

    def _end(self) -> None:
        """The server is gone, or wants us to go."""
        self.ended.set()
        self.begun.cancel()

    # What the server tells

    def _take_writes(self, writes: list[Any]) -> None:
        """Another node wrote. Versions made here from now on are newer (a hybrid logical clock)."""
        for sent in writes:
            write = Wrote(*sent)
            self._db.versions.next(write.version)
            if self._node.items is not None:
                self._node.items.written(write)

    def _take_view(self, view: list[Any]) -> None:
        cluster = self._cluster
        leader, cluster.times.record_ttl_ms, cluster.times.query_ttl_ms, told = view
        nodes = []
        for number, name, zone, port, tls_port, is_up in told:
            if number == self._node.number:
                nodes.append(self._node)
                continue
            other = Node(cluster, number, name, zone)
            other.port, other.tls_port, other.is_up = port, tls_port, is_up
            nodes.append(other)
        cluster.nodes, cluster.leader = nodes, leader

    async def _directory_changed(self) -> None:
        """A user, key or policy: what was remembered of them is no good any more."""
        if self._directory is not None:
            await self._directory.refresh()

    def _table_changed(self, account: str, region: str, name: str) -> None:
        self._db.catalog.forget(account, region, name)


def _received(sent: list[Any]) -> ApiError:
    _, code, message, status, namespace, message_key, fields = sent
    return ApiError(
        code,
        message,
        status=status,
        namespace=namespace,
        message_key=message_key,
        fields=orjson.loads(fields),
    )


def main(arguments: Sequence[str]) -> int:
    # Ctrl-C reaches every process of the terminal; the server is the one to end us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sock = socket.socket(fileno=int(arguments[0]))
    sock.setblocking(False)

    async def serve() -> None:
        await NodeProcess().run(sock)

    uvloop.run(serve())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
