"""Quotas that need a look at everything that is there."""

from __future__ import annotations

from jedlik.services.dax.errors import Cluster
from jedlik.services.dax.limits import NODES_PER_REGION_MAX
from jedlik.services.dax.records import CLUSTER, Records


async def check_room_for_nodes(records: Records, more: int) -> None:
    """Raises NodeQuotaForCustomerExceededFault."""
    there = sum(len(cluster.nodes) for cluster in await records.range(CLUSTER))
    if there + more > NODES_PER_REGION_MAX:
        raise Cluster.too_many_nodes_in_region(NODES_PER_REGION_MAX)
