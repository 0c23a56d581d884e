"""CreateCluster: write down what is wanted; the worker brings it about."""

from __future__ import annotations

import re
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.descriptions import described_cluster
from jedlik.services.dax.errors import (
    Cluster,
    ParameterGroup,
    SubnetGroup,
    invalid_combination,
    invalid_value,
)
from jedlik.services.dax.events import cluster_event, now_ms
from jedlik.services.dax.groups import parameter_group, subnet_group
from jedlik.services.dax.limits import NODES_PER_CLUSTER_MAX
from jedlik.services.dax.maintenance import checked_window
from jedlik.services.dax.names import checked_arn, new_cluster_name
from jedlik.services.dax.node_types import checked_node_type, checked_zones
from jedlik.services.dax.nodes import with_nodes
from jedlik.services.dax.permissions import CreateClusterAsks
from jedlik.services.dax.quotas import check_room_for_nodes
from jedlik.services.dax.records import CLUSTER, ClusterRecord, Records
from jedlik.services.dax.tags import with_tags

SECURITY_GROUP = re.compile(r"sg-[0-9a-f]{8,17}")
DEFAULT_SECURITY_GROUP = "sg-00000000"


@operation("dax", "CreateCluster", access="write", permissions=CreateClusterAsks())
async def create_cluster(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    records = Records.of(ctx)
    cluster = _wanted(ctx, req)
    if await parameter_group(records, cluster.parameter_group) is None:
        raise ParameterGroup.not_found(cluster.parameter_group)
    if await subnet_group(records, cluster.subnet_group) is None:
        raise SubnetGroup.not_found(cluster.subnet_group)
    if await records.get(CLUSTER, cluster.name) is not None:
        raise Cluster.exists(cluster.name)
    await check_room_for_nodes(records, req["ReplicationFactor"])
    at_ms = now_ms(ctx)
    event = cluster_event(cluster.name, "Creating cluster.", at_ms)
    if not await records.add(CLUSTER, cluster.name, cluster, event):
        raise Cluster.exists(cluster.name)
    return {"Cluster": described_cluster(ctx, cluster)}


def _wanted(ctx: Context, req: dict[str, Any]) -> ClusterRecord:
    """The cluster that a request asks for, checked as far as it can be without looking."""
    at_ms = now_ms(ctx)
    name = new_cluster_name(req["ClusterName"])
    count, chosen = req["ReplicationFactor"], req.get("AvailabilityZones") or ()
    if count < 1:
        raise invalid_value("The replication factor must be at least 1.")  # unverified
    if count > NODES_PER_CLUSTER_MAX:
        raise Cluster.too_many_nodes(NODES_PER_CLUSTER_MAX)
    if chosen and len(chosen) != count:
        raise invalid_combination(  # unverified
            "The number of Availability Zones must equal the replication factor."
        )
    topic = req.get("NotificationTopicArn")
    cluster = ClusterRecord(
        account=ctx.account,
        region=ctx.region,
        name=name,
        node_type=checked_node_type(req["NodeType"]),
        iam_role_arn=checked_arn(req["IamRoleArn"]),
        created_at_ms=at_ms,
        settles_at_ms=at_ms + ctx.settings.transition_ms,
        description=req.get("Description"),
        encryption=req.get("ClusterEndpointEncryptionType", "NONE"),
        parameter_group=req.get("ParameterGroupName", "default.dax1.0").lower(),
        subnet_group=req.get("SubnetGroupName", "default").lower(),
        security_groups=checked_security_groups(req.get("SecurityGroupIds")),
        maintenance_window=checked_window(req.get("PreferredMaintenanceWindow")),
        topic_arn=None if topic is None else checked_arn(topic, "arn:aws:sns:"),
        sse=req.get("SSESpecification", {}).get("Enabled", False),
        network_type=req.get("NetworkType", "ipv4"),
        tags=with_tags({}, req.get("Tags") or ()),
    )
    return with_nodes(cluster, count, checked_zones(ctx.region, chosen), at_ms)


def checked_security_groups(given: list[str] | None) -> tuple[str, ...]:
    """Raises InvalidParameterValueException. Unverified text."""
    for group in given or ():
        if not SECURITY_GROUP.fullmatch(group):
            raise invalid_value(f"Invalid security group: {group}")
    return tuple(given or (DEFAULT_SECURITY_GROUP,))
