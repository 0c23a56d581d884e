"""DecreaseReplicationFactor: fewer nodes; those named, or of the zones named, or the youngest."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.cluster_changes import Next, change_cluster, in_transition
from jedlik.services.dax.errors import Cluster, invalid_combination, invalid_value
from jedlik.services.dax.events import cluster_event, now_ms
from jedlik.services.dax.nodes import without_nodes
from jedlik.services.dax.permissions import cluster_arns
from jedlik.services.dax.records import ClusterRecord, Records


@operation("dax", "DecreaseReplicationFactor", access="write", resource=cluster_arns)
async def decrease_replication_factor(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def decrease(cluster: ClusterRecord) -> Next:
        names = _leaving(cluster, req)
        event = cluster_event(cluster.name, f"Removing node(s) {', '.join(names)}.", now_ms(ctx))
        return in_transition(ctx, without_nodes(cluster, names)), [event]

    return await change_cluster(ctx, Records.of(ctx), req["ClusterName"], decrease)


def _leaving(cluster: ClusterRecord, req: dict[str, Any]) -> list[str]:
    """The nodes to take away. The oldest stay, so the primary does unless it is named.

    Unverified texts.
    """
    wanted = req["NewReplicationFactor"]
    count = len(cluster.nodes) - wanted
    if wanted < 1 or count <= 0:
        raise invalid_value(
            f"The new replication factor {wanted} must be at least 1 and less than the current "
            f"replication factor {len(cluster.nodes)}."
        )
    if named := req.get("NodeIdsToRemove"):
        for name in named:
            if cluster.node(name) is None:
                raise Cluster.node_not_found(name)
        if len(set(named)) != count:
            raise invalid_combination(
                "The number of node IDs to remove must match the decrease in replication factor."
            )
        return list(named)
    zones = req.get("AvailabilityZones") or ()
    candidates = [node.name for node in cluster.nodes if not zones or node.zone in zones]
    if len(candidates) < count:
        raise invalid_combination("There are not enough nodes in the Availability Zones named.")
    return candidates[-count:]
