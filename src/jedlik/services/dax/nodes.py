"""Adding nodes to a stored cluster and taking them away: pure functions on records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from string import ascii_lowercase

from jedlik.services.dax.node_types import zones
from jedlik.services.dax.records import ClusterRecord, NodeRecord


def with_nodes(
    cluster: ClusterRecord, count: int, chosen_zones: Sequence[str], now_ms: int
) -> ClusterRecord:
    """The cluster with `count` more nodes, on their way.

    chosen_zones: of the new nodes, in turn; none: the zones that have fewest nodes. The first node
    ever is the primary.
    """
    nodes = list(cluster.nodes)
    number = cluster.next_number
    for i in range(count):
        taken = [node.zone for node in nodes]
        zone = (
            chosen_zones[i % len(chosen_zones)]
            if chosen_zones
            else min(zones(cluster.region), key=taken.count)
        )
        names = {node.name for node in nodes}
        name = next(name for c in ascii_lowercase if (name := f"{cluster.name}-{c}") not in names)
        nodes.append(NodeRecord(number, name, zone, now_ms))
        number += 1
    return replace(cluster, nodes=tuple(nodes), next_number=number)


def without_nodes(cluster: ClusterRecord, names: Sequence[str]) -> ClusterRecord:
    """The cluster with these nodes marked for removal."""
    nodes = tuple(
        replace(node, status="deleting") if node.name in names else node for node in cluster.nodes
    )
    return replace(cluster, nodes=nodes)
