"""DAX nodes in this process: each with caches and ports of its own.

The worker `workers/dax_clusters.py` says when; here is how.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable

from jedlik import listening
from jedlik.net.stream import StreamServer
from jedlik.services.dax.clusters import Cluster, Node
from jedlik.services.dax.default_cluster import NAME as DEFAULT_CLUSTER
from jedlik.services.dax.records import ClusterRecord, NodeRecord
from jedlik.settings import Settings
from jedlik.workers.dax_clusters import Unstartable

CLOSE_GRACE_S = 1.0

_log = logging.getLogger("jedlik.dax")


class LocalNodes:
    """Starts nodes in this process.

    furnish: gives a node empty caches. converse: makes the server that speaks with its clients.
    tls: the context for `daxs://`, made when the first node needs it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        furnish: Callable[[Node], None],
        converse: Callable[[Node], StreamServer],
        tls: Callable[[], ssl.SSLContext],
    ) -> None:
        self._settings = settings
        self._furnish = furnish
        self._converse = converse
        self._tls = tls
        self._servers: dict[Node, StreamServer] = {}

    async def start(self, node: Node, *, record: NodeRecord, cluster: ClusterRecord) -> None:
        self._furnish(node)
        server = self._converse(node)
        try:
            await self._open(server, node, record, cluster)
        except (listening.CannotListen, OSError, ssl.SSLError) as fault:
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

    def connection_count(self, node: Node) -> int:
        server = self._servers.get(node)
        return server.connection_count if server is not None else 0

    async def _open(
        self, server: StreamServer, node: Node, record: NodeRecord, cluster: ClusterRecord
    ) -> None:
        plain, encrypted = wanted_ports(self._settings, record, cluster)
        node.port = node.tls_port = 0
        if plain is not None:
            bound = bind(self._settings.host, plain)
            await server.listen_on(bound)
            node.port = bound.getsockname()[1]
        if encrypted is not None:
            bound = bind(self._settings.host, encrypted)
            await server.listen_on(bound, await asyncio.to_thread(self._tls))
            node.tls_port = bound.getsockname()[1]


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
