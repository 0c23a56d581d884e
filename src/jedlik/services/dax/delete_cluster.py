"""DeleteCluster: the worker stops the nodes and forgets the cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.cluster_changes import Next, change_cluster, in_transition
from jedlik.services.dax.events import cluster_event, now_ms
from jedlik.services.dax.nodes import without_nodes
from jedlik.services.dax.permissions import cluster_arns
from jedlik.services.dax.records import ClusterRecord, Records


@operation("dax", "DeleteCluster", access="write", resource=cluster_arns)
async def delete_cluster(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def delete(cluster: ClusterRecord) -> Next:
        names = [node.name for node in cluster.nodes]
        leaving = in_transition(ctx, without_nodes(cluster, names))
        event = cluster_event(cluster.name, "Deleting cluster.", now_ms(ctx))
        return replace(leaving, status="deleting"), [event]

    return await change_cluster(ctx, Records.of(ctx), req["ClusterName"], delete)
