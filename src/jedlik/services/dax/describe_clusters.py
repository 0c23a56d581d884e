"""DescribeClusters: those named, or all, a page at a time."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.cluster_changes import found_cluster
from jedlik.services.dax.descriptions import described_cluster
from jedlik.services.dax.pages import page
from jedlik.services.dax.permissions import cluster_arns
from jedlik.services.dax.records import CLUSTER, Records


@operation("dax", "DescribeClusters", access="list", resource=cluster_arns)
async def describe_clusters(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    records = Records.of(ctx)
    if names := req.get("ClusterNames"):
        found = [await found_cluster(records, name) for name in names]
        found.sort(key=lambda cluster: cluster.name)
    else:
        found = await records.range(CLUSTER)
    shown, rest = page(found, req, name=lambda cluster: cluster.name)
    return {"Clusters": [described_cluster(ctx, cluster) for cluster in shown], **rest}
