"""Makes the DAX clusters that run be the clusters that are written down.

The operations only write what is wanted (services/dax/records.py). Each step compares: nodes that
are missing or have died are started, those that are leaving or rebooting are stopped, TTLs are
handed to the running caches, and the states `creating`, `modifying` and `deleting` end when there
is nothing left to do (or when the setting `transition_ms` says so).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import Protocol

from jedlik.services.dax.clusters import Cluster, Clusters, Node
from jedlik.services.dax.events import cluster_event
from jedlik.services.dax.groups import parameter_group
from jedlik.services.dax.limits import EVENTS_KEPT_S
from jedlik.services.dax.records import (
    CLUSTER,
    EVENT,
    TABLE,
    ClusterRecord,
    EventRecord,
    NodeRecord,
    Records,
)
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Change, InternalTable, Record, decode

PURGE_MS = 3_600_000

_log = logging.getLogger("jedlik.dax")


class Unstartable(Exception):
    """A node cannot be started now; the text says why. It is tried again."""


class Nodes(Protocol):
    """Starts and stops nodes: in this process, or in processes of their own."""

    async def start(self, node: Node, *, record: NodeRecord, cluster: ClusterRecord) -> None:
        """Give the node empty caches and open its ports, those of the record if they can be had.

        Clears away what is left of one that has died. Sets `port`, `tls_port` and `is_up`, now or,
        where it takes time, later: then `is_starting` until it is so, and the job is woken.
        Raises Unstartable.
        """
        ...

    def is_starting(self, node: Node) -> bool: ...

    async def stop(self, node: Node) -> None:
        """Close it, whatever state it is in; drops its connections."""
        ...

    def has_died(self, node: Node) -> bool:
        """Whether a node that was started is not there any more, though nobody stopped it."""
        ...

    async def views_changed(self, cluster: Cluster) -> None:
        """Nodes, primary or times of a cluster have changed."""
        ...


class DaxClusters:
    """The job; also stops everything at the end."""

    def __init__(self, db: Database, clusters: Clusters, nodes: Nodes) -> None:
        self._db = db
        self._clusters = clusters
        self._nodes = nodes
        self._table = InternalTable(db, TABLE)
        self._purged_at_ms = 0
        self._fresh: set[Node] = set()
        """Nodes that were started since their records were written."""
        self._views: dict[Cluster, object] = {}
        self.wake = self._table.changed
        """Set when something was written down or has died; the step clears it, and sets it again
        for what needs time."""

    async def step(self, now_ms: int) -> bool:
        """One comparison. Never more to do right away: what is not done yet needs time."""
        self.wake.clear()
        self._notice_deaths()
        written = [decode(CLUSTER, row) for row in await self._table.range(CLUSTER.group)]
        for record in written:
            try:
                is_settled = await self._settle(record, now_ms)
            except Contended:
                is_settled = False
            if not is_settled:
                self.wake.set()
        names = {(record.account, record.region, record.name) for record in written}
        for cluster in self._clusters:
            if (cluster.account, cluster.region, cluster.name) not in names:
                await self._end(cluster)
        if now_ms - self._purged_at_ms >= PURGE_MS:
            self._purged_at_ms = now_ms
            await self._purge_events(now_ms)
        return False

    async def settle(self, seconds_max: float) -> None:
        """Bring about what is written down, for a start; returns when it is so, or after a time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds_max):
                await self.step(self._db.clock.now_ms())
                while any(self._nodes.is_starting(n) for c in self._clusters for n in c.nodes):
                    await self.wake.wait()
                    await self.step(self._db.clock.now_ms())
                    await asyncio.sleep(0.01)
                # A node that came up after the last look is not yet known to be there.
                await self.step(self._db.clock.now_ms())

    async def stop(self) -> None:
        """Stop every node. What is written down stays: the next start brings it back."""
        for cluster in self._clusters:
            await self._end(cluster)

    def _notice_deaths(self) -> None:
        """Mark nodes that have died, so that `endpoints` leaves them out from now on."""
        for cluster in self._clusters:
            for node in cluster.nodes:
                if node.is_up and self._nodes.has_died(node):
                    _log.warning("DAX node %s has died; starting it again", node.name)
                    node.is_up = False
            cluster.elect()

    async def _settle(self, record: ClusterRecord, now_ms: int) -> bool:
        """Bring one cluster nearer to what is wanted; whether it is there."""
        cluster = self._clusters.get(record.account, record.region, record.name)
        if cluster is None:
            cluster = Cluster(
                record.account, record.region, record.name, address=self._clusters.address
            )
            self._clusters.add(cluster)
        events: list[EventRecord] = []
        await self._take_times(cluster, record)
        is_due = record.status == "available" or now_ms >= record.settles_at_ms
        for wanted in record.nodes:
            await self._settle_node(cluster, record, wanted, events, now_ms, is_due=is_due)
        wanted_numbers = {node.number for node in record.nodes}
        for node in list(cluster.nodes):
            if node.number not in wanted_numbers:
                await self._remove(cluster, node)
        await self._tell_view(cluster)
        events += [
            _started(node, record.name, now_ms)
            for node in record.nodes
            if _has_started(cluster, node)
        ]
        missing = [n for n in record.nodes if n.status != "deleting" and not _is_up(cluster, n)]
        if not is_due:
            await self._write(
                cluster, record, self._with_states(record, cluster, done=False), events
            )
            return False
        if record.status == "deleting":
            await self._end(cluster)
            events.append(cluster_event(record.name, "Cluster deleted.", now_ms))
            await self._write(cluster, record, None, events)
            return True
        done = not missing
        if done and record.status == "creating":
            events.append(cluster_event(record.name, "Cluster created.", now_ms))
        elif done and record.status == "modifying":
            events.append(cluster_event(record.name, "Cluster modified.", now_ms))
        await self._write(cluster, record, self._with_states(record, cluster, done=done), events)
        return done

    async def _settle_node(
        self,
        cluster: Cluster,
        record: ClusterRecord,
        wanted: NodeRecord,
        events: list[EventRecord],
        now_ms: int,
        *,
        is_due: bool,
    ) -> None:
        node = cluster.node(wanted.number)
        if wanted.status == "deleting":
            if node is not None:
                await self._remove(cluster, node)
                events.append(cluster_event(record.name, f"Removed node {node.name}.", now_ms))
            return
        if wanted.status == "rebooting" and node and node.is_up and node not in self._fresh:
            await self._stop(cluster, node)
        if not is_due or (node is not None and (node.is_up or self._nodes.is_starting(node))):
            return
        if node is None:
            node = Node(cluster, wanted.number, wanted.name, wanted.zone)
            cluster.nodes = sorted([*cluster.nodes, node], key=lambda each: each.number)
        elif wanted.status == "available":
            text = f"Node {node.name} has failed and is being started again."
            events.append(cluster_event(record.name, text, now_ms))
        self._fresh.add(node)
        try:
            await self._nodes.start(node, record=wanted, cluster=record)
        except Unstartable as fault:
            _log.warning("DAX node %s cannot start: %s", wanted.name, fault)

    def _with_states(self, record: ClusterRecord, cluster: Cluster, *, done: bool) -> ClusterRecord:
        """The record as things are now; nodes that were to leave have left."""
        nodes = []
        for wanted in record.nodes:
            node = cluster.node(wanted.number)
            if wanted.status == "deleting" and node is None and done:
                continue
            if node is not None and node.is_up:
                wanted = replace(wanted, status="available", port=node.port, tls_port=node.tls_port)
            elif wanted.status == "available":
                wanted = replace(wanted, status="rebooting")
            nodes.append(wanted)
        return replace(record, nodes=tuple(nodes), status="available" if done else record.status)

    async def _write(
        self,
        cluster: Cluster,
        old: ClusterRecord,
        new: ClusterRecord | None,
        events: list[EventRecord],
    ) -> None:
        """Store what has become of `old`; Contended if somebody wants something else meanwhile."""

        def swap(now: ClusterRecord) -> tuple[ClusterRecord | None, list[EventRecord]]:
            if now != old:
                raise Contended
            return new, events

        await Records(self._db, old.account, old.region).change(CLUSTER, old.name, swap)
        for record in new.nodes if new is not None else ():
            node = cluster.node(record.number)
            if node is not None and record.status == "available":
                self._fresh.discard(node)

    async def _take_times(self, cluster: Cluster, record: ClusterRecord) -> None:
        records = Records(self._db, record.account, record.region)
        group = await parameter_group(records, record.parameter_group)
        if group is not None:
            cluster.times.record_ttl_ms = group.record_ttl_ms
            cluster.times.query_ttl_ms = group.query_ttl_ms

    async def _tell_view(self, cluster: Cluster) -> None:
        """Let nodes in other processes know who is there, if that has changed."""
        cluster.elect()
        view = _view(cluster)
        if self._views.get(cluster) != view:
            self._views[cluster] = view
            await self._nodes.views_changed(cluster)

    async def _stop(self, cluster: Cluster, node: Node) -> None:
        node.is_up = False
        await self._tell_view(cluster)
        await self._nodes.stop(node)
        self._fresh.discard(node)

    async def _remove(self, cluster: Cluster, node: Node) -> None:
        await self._stop(cluster, node)
        cluster.nodes = [each for each in cluster.nodes if each is not node]

    async def _end(self, cluster: Cluster) -> None:
        for node in list(cluster.nodes):
            await self._remove(cluster, node)
        self._clusters.remove(cluster)
        self._views.pop(cluster, None)

    async def _purge_events(self, now_ms: int) -> None:
        for row in await self._table.range(EVENT.group):
            await self._purge(row, now_ms)

    async def _purge(self, row: Record, now_ms: int) -> None:
        if decode(EVENT, row).at_ms < now_ms - EVENTS_KEPT_S * 1000:
            await self._table.write(Change(row.group, row.name, None, seen=row))


def _has_started(cluster: Cluster, wanted: NodeRecord) -> bool:
    return wanted.status in ("creating", "rebooting") and _is_up(cluster, wanted)


def _started(node: NodeRecord, cluster: str, now_ms: int) -> EventRecord:
    text = {
        "creating": f"Added node {node.name} in Availability Zone {node.zone}.",
        "rebooting": f"Rebooted node {node.name}.",
    }[node.status]
    return cluster_event(cluster, text, now_ms)


def _is_up(cluster: Cluster, wanted: NodeRecord) -> bool:
    node = cluster.node(wanted.number)
    return node is not None and node.is_up


def _view(cluster: Cluster) -> object:
    """What other processes must know of a cluster, to be compared."""
    nodes = [(n.number, n.is_up, n.port, n.tls_port) for n in cluster.nodes]
    return nodes, cluster.leader, cluster.times.record_ttl_ms, cluster.times.query_ttl_ms
