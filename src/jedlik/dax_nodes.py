"""DAX nodes in this process: each with caches and ports of its own.

The worker `workers/dax_clusters.py` says when; here is how, and what one node is made of:

    StreamServer (bytes) ─ Door (protocol) ─ DataPlane (operations) ─ Memory (item, query cache)
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import time
from collections.abc import Callable

from jedlik import listening
from jedlik.api.operation import Service
from jedlik.identity import Authenticator
from jedlik.net import StreamServer
from jedlik.services.dax.attribute_lists import AttributeLists
from jedlik.services.dax.clusters import Cluster, Node
from jedlik.services.dax.data_plane import DataPlane
from jedlik.services.dax.default_cluster import NAME as DEFAULT_CLUSTER
from jedlik.services.dax.item_cache import ItemCache
from jedlik.services.dax.memory import Memory
from jedlik.services.dax.query_cache import QueryCache
from jedlik.services.dax.records import ClusterRecord, NodeRecord
from jedlik.settings import Settings
from jedlik.tables.database import Database
from jedlik.wire.dax.conversation import Door
from jedlik.workers.dax_clusters import Unstartable

CLOSE_GRACE_S = 1.0

_log = logging.getLogger("jedlik.dax")


class LocalNodes:
    """Starts nodes in this process.

    service: DynamoDB's operations. tls: makes the context for `daxs://` when a node needs it;
    None: nobody can speak TLS here, and no node offers it.
    """

    def __init__(
        self,
        db: Database,
        settings: Settings,
        service: Service,
        authenticator: Authenticator,
        *,
        tls: Callable[[], ssl.SSLContext] | None,
    ) -> None:
        self._db = db
        self._settings = settings
        self._service = service
        self._authenticator = authenticator
        self._tls = tls
        self._lists = AttributeLists(db)
        self._servers: dict[Node, StreamServer] = {}

    async def start(self, node: Node, *, record: NodeRecord, cluster: ClusterRecord) -> None:
        plain, encrypted = wanted_ports(self._settings, record, cluster)
        await self.open(node, plain, encrypted)

    async def open(self, node: Node, plain: int | None, encrypted: int | None) -> None:
        """Start a node at these ports; 0: any, None: none. Raises Unstartable."""
        server = self._furnish(node)
        try:
            node.port = node.tls_port = 0
            if plain is not None:
                bound = bind(self._settings.host, plain)
                await server.listen_on(bound)
                node.port = bound.getsockname()[1]
            if encrypted is not None and self._tls is not None:
                context = await asyncio.to_thread(self._tls)
                bound = bind(self._settings.host, encrypted)
                await server.listen_on(bound, context)
                node.tls_port = bound.getsockname()[1]
        except (listening.CannotListen, OSError) as fault:
            await server.close(grace_s=0)
            raise Unstartable(str(fault)) from fault
        self._servers[node] = server
        node.is_up = True

    async def stop(self, node: Node) -> None:
        node.is_up = False
        server = self._servers.pop(node, None)
        if server is not None:
            await server.close(grace_s=CLOSE_GRACE_S)
        for cache in (node.items, node.queries):
            if cache is not None:
                cache.clear()

    def has_died(self, node: Node) -> bool:
        server = self._servers.get(node)
        return server is None or not server.is_open

    async def views_changed(self, cluster: Cluster) -> None:
        """Everybody looks at the same objects."""

    def count_connections(self) -> None:
        """Bring the nodes' metrics up to date."""
        for node, server in self._servers.items():
            node.metrics.connections = server.connection_count

    def _furnish(self, node: Node) -> StreamServer:
        """Empty caches, and a server that answers from them."""
        memory = Memory(
            self._settings.dax_memory_mb << 20,
            times=node.cluster.times,
            metrics=node.metrics,
            clock=time.monotonic,
        )
        node.items, node.queries = ItemCache(memory), QueryCache(memory)
        plane = DataPlane(node, self._db, self._service, self._lists, settings=self._settings)
        door = Door(plane, self._authenticator, random=os.urandom)
        return StreamServer(door.converse, loop=asyncio.get_running_loop())


def wanted_ports(
    settings: Settings, record: NodeRecord, cluster: ClusterRecord
) -> tuple[int | None, int | None]:
    """The plain and the TLS port that a node should have: 0: any, None: none.

    The first node of the default cluster has those of the settings; others keep what they had.
    """
    plain, encrypted = record.port, record.tls_port
    if cluster.name == DEFAULT_CLUSTER and cluster.both and record.number == 1:
        plain = settings.dax_port or plain
        encrypted = settings.dax_tls_port or encrypted
    offers_plain = cluster.both or cluster.encryption == "NONE"
    offers_tls = cluster.both or cluster.encryption == "TLS"
    return plain if offers_plain else None, encrypted if offers_tls else None


def bind(host: str, port: int) -> socket.socket:
    """A listening socket at that port or, if it is taken, at a free one, which is said."""
    try:
        return listening.bind(host, port)
    except listening.CannotListen:
        if not port:
            raise
    bound = listening.bind(host, 0)
    _log.warning("port %d is in use: a DAX node takes %d", port, bound.getsockname()[1])
    return bound
