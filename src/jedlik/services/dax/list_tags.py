"""ListTags: the tags of a cluster. There are at most 50, so one page holds them all."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.cluster_changes import found_cluster
from jedlik.services.dax.names import tagged_cluster
from jedlik.services.dax.permissions import cluster_arns
from jedlik.services.dax.records import Records
from jedlik.services.dax.tags import told


@operation("dax", "ListTags", access="read", resource=cluster_arns)
async def list_tags(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    cluster = await found_cluster(Records.of(ctx), tagged_cluster(ctx, req))
    return {"Tags": told(cluster.tags)}
