"""TagResource: tags of a cluster, added or replaced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.errors import Cluster
from jedlik.services.dax.names import tagged_cluster
from jedlik.services.dax.permissions import cluster_arns
from jedlik.services.dax.records import CLUSTER, ClusterRecord, EventRecord, Records
from jedlik.services.dax.tags import told, with_tags


@operation("dax", "TagResource", access="tagging", resource=cluster_arns)
async def tag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def tag(cluster: ClusterRecord) -> tuple[ClusterRecord, list[EventRecord]]:
        return replace(cluster, tags=with_tags(cluster.tags, req["Tags"])), []

    changed = await Records.of(ctx).change(CLUSTER, tagged_cluster(ctx, req), tag)
    if changed is None:
        raise Cluster.not_found()
    return {"Tags": told(changed.tags)}
