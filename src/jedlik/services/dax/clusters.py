"""Clusters as they run in this process: nodes with caches, who leads, who is told of a write.

    Clusters ── Cluster (times: TTLs, applied at once) ── Node ── ItemCache, QueryCache, NodeMetrics

Desired state lives in `records.py`; the worker `workers/dax_clusters.py` makes what runs like it.
The data plane (`wire/dax` over `net`) is given a `Node` per listener and asks it for everything:

- `node.items`, `node.queries`: its own caches. Nodes never look into one another's.
- `node.cluster.endpoints(tls=…)`: what the `endpoints` call answers.
- `await node.cluster.wrote([Wrote(…)])` after every write that came through any node: each node's
  item cache, the writer's included, takes the new image before the writer is answered.

A node may also live in a process of its own (dax_processes.py); then others hold a `Node` without
caches for it, and `Cluster.pass_on` reaches it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from jedlik.services.dax.metrics import NodeMetrics

LEADER, REPLICA = 1, 2
"""Roles in the answer to `endpoints`."""


class Wrote(NamedTuple):
    """An item as a write through the cluster left it. The first three are the cache's key.

    value: the stored bytes (see tables/stored.py); None: there is no item. version: of the row, or
    of the moment where there is none; of two images the greater version is the newer. 0: what is
    there is not known: forget the entry.
    """

    space: int
    token: bytes
    sort: bytes
    version: int
    value: bytes | None


@dataclass(slots=True)
class CacheTimes:
    """How long entries are good, in milliseconds; 0 means for ever (developer guide, DAX, "TTL").

    One object per cluster, shared by all its caches, which read it at every look-up: a change of
    the parameter group governs entries that are there already.
    """

    record_ttl_ms: int = 300_000
    query_ttl_ms: int = 300_000


class ItemCacheOfNode(Protocol):
    """What a cluster asks of an item cache."""

    def written(self, write: Wrote) -> None:
        """Take the image of a write-through, or forget the entry; a read that is still on its way
        to fill this key must not bring an older one."""
        ...

    def clear(self) -> None: ...


class QueryCacheOfNode(Protocol):
    """What a cluster asks of a query cache: writes never touch it, but a reboot empties it."""

    def clear(self) -> None: ...


class EndpointView(NamedTuple):
    """A node as `endpoints` tells it. address: what clients connect to, an IP address as text."""

    node: int
    host: str
    address: str
    port: int
    role: int
    zone: str


@dataclass(eq=False, slots=True)
class Node:
    """One node. number: unique in its cluster, never given twice; name: "cluster-a".

    items, queries: None for a node in another process. port, tls_port: where it listens; 0: not at
    all. is_up: whether clients are sent to it.
    """

    cluster: Cluster
    number: int
    name: str
    zone: str
    metrics: NodeMetrics = field(default_factory=NodeMetrics)
    items: ItemCacheOfNode | None = None
    queries: QueryCacheOfNode | None = None
    port: int = 0
    tls_port: int = 0
    is_up: bool = False


class Cluster:
    """A running cluster: nodes in the order of their numbers.

    address: the IP address at which clients reach its nodes.
    """

    def __init__(self, account: str, region: str, name: str, *, address: str = "127.0.0.1") -> None:
        self.account = account
        self.region = region
        self.name = name
        self.address = address
        self.times = CacheTimes()
        self.nodes: list[Node] = []
        self.leader: int = 0
        """Number of the primary; changes only when it is gone."""
        self.pass_on: Callable[[Sequence[Wrote]], Awaitable[None]] | None = None
        """Reaches the nodes in other processes; returns when they have taken the images, or are
        given up."""

    @property
    def arn(self) -> str:
        return f"arn:aws:dax:{self.region}:{self.account}:cache/{self.name}"

    def node(self, number: int) -> Node | None:
        return next((node for node in self.nodes if node.number == number), None)

    @property
    def up(self) -> list[Node]:
        return [node for node in self.nodes if node.is_up]

    def elect(self) -> None:
        """Keep the primary while it is up; otherwise the first node that is up takes its place."""
        up = self.up
        if up and not any(node.number == self.leader for node in up):
            self.leader = up[0].number

    def endpoints(self, *, tls: bool) -> list[EndpointView]:
        """Nodes that take requests now, with their ports for plain or TLS connections; exactly
        one of them leads."""
        self.elect()
        return [
            EndpointView(
                node.number,
                self.address,
                self.address,
                node.tls_port if tls else node.port,
                LEADER if node.number == self.leader else REPLICA,
                node.zone,
            )
            for node in self.up
            if (node.tls_port if tls else node.port)
        ]

    async def wrote(self, writes: Sequence[Wrote]) -> None:
        """Tell every node of writes that are durable. Nodes of this process know when it returns
        for the first time (no suspension); those of others when it has returned."""
        for node in self.nodes:
            if node.items is not None:
                for write in writes:
                    node.items.written(write)
        if self.pass_on is not None:
            await self.pass_on(writes)


class Clusters:
    """All clusters that run, with at least a node in this process or started by it.

    address: the IP address at which clients reach the nodes of all of them.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.address = address
        self._running: dict[tuple[str, str, str], Cluster] = {}

    def get(self, account: str, region: str, name: str) -> Cluster | None:
        return self._running.get((account, region, name))

    def add(self, cluster: Cluster) -> None:
        self._running[cluster.account, cluster.region, cluster.name] = cluster

    def remove(self, cluster: Cluster) -> None:
        self._running.pop((cluster.account, cluster.region, cluster.name), None)

    def __iter__(self) -> Iterator[Cluster]:
        return iter(list(self._running.values()))
