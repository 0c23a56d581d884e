"""A DAX node in a process of its own: `python -m jedlik.dax_process FD NAME`, started by the
server.

It has the ports, the protocol and the caches of one node. What its caches have not got it asks the
server for, over the channel at the file descriptor FD: items by their keys, and everything else as
the operation that was asked for, so that the server alone meters and limits tables and changes
them. It ends when the channel does. See dax_processes.py for the other side.
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
from jedlik.services.dax.reading import View, Wanted
from jedlik.settings import Settings
from jedlik.storage.remote import RemoteEngine
from jedlik.storage.waist import Row
from jedlik.tables.database import Database
from jedlik.tables.errors import TableNotFound, Throttled

REPORT_S = 1.0

Sockets = list[socket.socket | None]


class Lost(Exception):
    """The server is gone or has failed: a write may or may not have happened."""


class ServersRows:
    """A Source of items: the server's."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def rows(self, wanted: Sequence[Wanted], now: float) -> list[Row | Throttled | None]:
        asked = [(t.account, t.region, t.name, key, rate) for t, key, rate in wanted]
        try:
            told = await self._channel.call("rows", asked, now)
        except Exception as fault:
            raise Lost(str(fault)) from fault
        if told is None:
            raise TableNotFound(wanted[0].table.name)
        return [_row(one) for one in told]


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
            self._with_remote_operations(load_registry([dynamodb]).services["dynamodb"]),
            Authenticator(
                self._directory,
                mode="required" if settings.auth == "required" else "open",
                account=settings.account,
            ),
            folder=Path(begin["folder"]) if begin["folder"] else None,
            directory=self._directory,
            source=ServersRows(self.channel),
        )

    def _with_remote_operations(self, service: Service) -> Service:
        """The service with its operations carried out by the server. Those whose items come from a
        cache are carried out here, if they are handed one (a View)."""
        operations = {name: self._remote(each) for name, each in service.operations.items()}
        return Service(service.name, operations, service.translate)

    def _remote(self, operation: Operation) -> Operation:
        return Operation(
            operation.service,
            operation.name,
            self._sender(operation),
            input=operation.input,
            access=operation.access,
            resource=operation.resource,
            first=operation.first,
            rules=operation.rules[len(operation.first) :],
            permissions=operation.permissions,
        )

    def _sender(self, operation: Operation) -> Handler:
        name = operation.name

        async def send(ctx: Context, request: dict[str, Any]) -> dict[str, Any] | bytes:
            if isinstance(ctx.db, View):
                return await operation.handler(ctx, request)
            try:
                answer = await self.channel.call(
                    "run", name, ctx.account, ctx.region, orjson.dumps(request)
                )
            except Exception as fault:
                raise Lost(str(fault)) from fault
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


def _row(sent: list[Any] | None) -> Row | Throttled | None:
    """See `_sent_row` in dax_processes.py."""
    if sent is None:
        return None
    if sent[0] is None:
        _, reason, access, resource, is_index, is_on_demand = sent
        return Throttled(reason, access, resource, is_index=is_index, is_on_demand=is_on_demand)
    return Row(sent[0], sent[1])


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
