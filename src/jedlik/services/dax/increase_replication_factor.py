"""IncreaseReplicationFactor: more nodes."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.cluster_changes import (
    Next,
    change_cluster,
    found_cluster,
    in_transition,
)
from jedlik.services.dax.errors import Cluster, invalid_value
from jedlik.services.dax.events import cluster_event, now_ms
from jedlik.services.dax.limits import NODES_PER_CLUSTER_MAX
from jedlik.services.dax.node_types import checked_zones
from jedlik.services.dax.nodes import with_nodes
from jedlik.services.dax.permissions import cluster_arns
from jedlik.services.dax.quotas import check_room_for_nodes
from jedlik.services.dax.records import ClusterRecord, Records


@operation("dax", "IncreaseReplicationFactor", access="write", resource=cluster_arns)
async def increase_replication_factor(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    records = Records.of(ctx)
    wanted = req["NewReplicationFactor"]
    chosen = checked_zones(ctx.region, req.get("AvailabilityZones") or ())
    if wanted > NODES_PER_CLUSTER_MAX:
        raise Cluster.too_many_nodes(NODES_PER_CLUSTER_MAX)
    there = await found_cluster(records, req["ClusterName"])
    await check_room_for_nodes(records, wanted - len(there.nodes))

    def increase(cluster: ClusterRecord) -> Next:
        count = wanted - len(cluster.nodes)
        if count <= 0:
            raise invalid_value(  # unverified
                f"The new replication factor {wanted} must be greater than the current "
                f"replication factor {len(cluster.nodes)}."
            )
        more = with_nodes(cluster, count, chosen, now_ms(ctx))
        event = cluster_event(cluster.name, f"Adding {count} node(s).", now_ms(ctx))
        return in_transition(ctx, more), [event]

    return await change_cluster(ctx, records, req["ClusterName"], increase)
