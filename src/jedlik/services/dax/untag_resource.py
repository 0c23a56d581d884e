"""UntagResource: tags of a cluster, taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.errors import Cluster, Tags
from jedlik.services.dax.names import tagged_cluster
from jedlik.services.dax.permissions import cluster_arns
from jedlik.services.dax.records import CLUSTER, ClusterRecord, EventRecord, Records
from jedlik.services.dax.tags import told


@operation("dax", "UntagResource", access="tagging", resource=cluster_arns)
async def untag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    keys = req["TagKeys"]

    def untag(cluster: ClusterRecord) -> tuple[ClusterRecord, list[EventRecord]]:
        for key in keys:
            if key not in cluster.tags:
                raise Tags.not_found(key)
        kept = {key: value for key, value in cluster.tags.items() if key not in keys}
        return replace(cluster, tags=kept), []

    changed = await Records.of(ctx).change(CLUSTER, tagged_cluster(ctx, req), untag)
    if changed is None:
        raise Cluster.not_found()
    return {"Tags": told(changed.tags)}
