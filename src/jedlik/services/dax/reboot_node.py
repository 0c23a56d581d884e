"""RebootNode: the worker closes the node, empties its caches, and opens it again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.cluster_changes import Next, change_cluster, in_transition
from jedlik.services.dax.errors import Cluster
from jedlik.services.dax.events import cluster_event, now_ms
from jedlik.services.dax.permissions import cluster_arns
from jedlik.services.dax.records import ClusterRecord, Records


@operation("dax", "RebootNode", access="write", resource=cluster_arns)
async def reboot_node(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = req["NodeId"]

    def reboot(cluster: ClusterRecord) -> Next:
        if cluster.node(name) is None:
            raise Cluster.node_not_found(name)
        nodes = tuple(
            replace(node, status="rebooting") if node.name == name else node
            for node in cluster.nodes
        )
        event = cluster_event(cluster.name, f"Rebooting node {name}.", now_ms(ctx))
        return in_transition(ctx, replace(cluster, nodes=nodes)), [event]

    return await change_cluster(ctx, Records.of(ctx), req["ClusterName"], reboot)
