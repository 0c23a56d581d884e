"""DAX nodes in this process: each with caches and ports of its own.

The worker `workers/dax_clusters.py` says when; here is how. `dax_doors.py` knows what a node is
made of.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable

from jedlik import listening
from jedlik.dax_doors import Doors
from jedlik.net import StreamServer
from jedlik.services.dax.clusters import Cluster, Node
from jedlik.services.dax.default_cluster import NAME as DEFAULT_CLUSTER
from jedlik.services.dax.records import ClusterRecord, NodeRecord
from jedlik.settings import Settings
from jedlik.workers.dax_clusters import Unstartable

CLOSE_GRACE_S = 1.0

_log = logging.getLogger("jedlik.dax")


class LocalNodes:
    """Starts nodes in this process."""

    def __init__(self, settings: Settings, doors: Doors) -> None:
        self._settings = settings
        self._doors = doors
        self._servers: dict[Node, StreamServer] = {}

    async def start(self, node: Node, *, record: NodeRecord, cluster: ClusterRecord) -> None:
        left = self._servers.pop(node, None)  # of one that has died
        if left is not None:
            await left.close(grace_s=0)
        await self.serve(node, *bound_ports(self._settings, record, cluster))

    async def serve(
        self, node: Node, plain: socket.socket | None, encrypted: socket.socket | None
    ) -> None:
        """Start a node on these sockets, which listen already."""
        self._doors.furnish(node)
        server = self._doors.converse(node)
        node.port, node.tls_port = port_of(plain), port_of(encrypted)
        if plain is not None:
            await server.listen_on(plain)
        if encrypted is not None:
            await server.listen_on(encrypted, made_when_needed(self._doors.tls))
            self._doors.prepare_tls()
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

    def is_starting(self, node: Node) -> bool:
        """Starting takes no time here."""
        return False

    def has_died(self, node: Node) -> bool:
        server = self._servers.get(node)
        return server is None or not server.is_open

    async def views_changed(self, cluster: Cluster) -> None:
        """Everybody looks at the same objects."""

    def refresh_metrics(self) -> None:
        """Bring up to date what is not counted as it happens."""
        for node, server in self._servers.items():
            node.metrics.connections = server.connection_count


def made_when_needed(make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """A TLS context that becomes the one that `make` makes with the first handshake.

    Certificates take longer to make than everything else at the start, and most servers are never
    asked for one.
    """

    def become(connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        try:
            connection.context = make()
        except OSError:
            _log.exception("no certificate for daxs://")
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        return None

    standing_in = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    standing_in.minimum_version = ssl.TLSVersion.TLSv1_2
    standing_in.sni_callback = become
    return standing_in


def bound_ports(
    settings: Settings, record: NodeRecord, cluster: ClusterRecord
) -> tuple[socket.socket | None, socket.socket | None]:
    """The plain and the TLS socket of a node, listening; None where it offers none.

    The first node of the default cluster has the ports of the settings, others keep what they had,
    if they can be had. Raises Unstartable.
    """
    plain, encrypted = record.port, record.tls_port
    if cluster.name == DEFAULT_CLUSTER and cluster.both and record.number == 1:
        plain = settings.dax_port or plain
        encrypted = settings.dax_tls_port or encrypted
    offers_plain = cluster.both or cluster.encryption == "NONE"
    offers_tls = cluster.both or cluster.encryption == "TLS"
    try:
        return (
            bind(settings.host, plain) if offers_plain else None,
            bind(settings.host, encrypted) if offers_tls else None,
        )
    except listening.CannotListen as fault:
        raise Unstartable(str(fault)) from fault


def port_of(bound: socket.socket | None) -> int:
    return bound.getsockname()[1] if bound is not None else 0


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
