"""Stored records as the API shows them."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.services.dax.records import (
    ClusterRecord,
    NodeRecord,
    ParameterGroupRecord,
    SubnetGroupRecord,
)

PLAIN_PORT, TLS_PORT = 8111, 9111
VPC = "vpc-00000000"


def described_cluster(ctx: Context, cluster: ClusterRecord) -> dict[str, Any]:
    """A Cluster of the API. Its discovery endpoint is a node's: the first that takes requests."""
    up = [node for node in cluster.nodes if node.status == "available"]
    in_service = [node for node in cluster.nodes if node.status != "deleting"]
    leaving = [node.name for node in cluster.nodes if node.status == "deleting"]
    shown: dict[str, Any] = {
        "ClusterName": cluster.name,
        "ClusterArn": cluster.arn,
        "TotalNodes": len(in_service),
        "ActiveNodes": len(up),
        "NodeType": cluster.node_type,
        "Status": cluster.status,
        "ClusterDiscoveryEndpoint": _endpoint(ctx, cluster, up[0] if up else None),
        "Nodes": [_node(ctx, cluster, node) for node in cluster.nodes],
        "PreferredMaintenanceWindow": cluster.maintenance_window,
        "SubnetGroup": cluster.subnet_group,
        "SecurityGroups": [
            {"SecurityGroupIdentifier": group, "Status": "active"}
            for group in cluster.security_groups
        ],
        "IamRoleArn": cluster.iam_role_arn,
        "ParameterGroup": {
            "ParameterGroupName": cluster.parameter_group,
            "ParameterApplyStatus": "in-sync",
            "NodeIdsToReboot": [],
        },
        "SSEDescription": {"Status": "ENABLED" if cluster.sse else "DISABLED"},
        "ClusterEndpointEncryptionType": cluster.encryption,
        "NetworkType": cluster.network_type,
    }
    if cluster.description is not None:
        shown["Description"] = cluster.description
    if leaving:
        shown["NodeIdsToRemove"] = leaving
    if cluster.topic_arn is not None:
        shown["NotificationConfiguration"] = {
            "TopicArn": cluster.topic_arn,
            "TopicStatus": cluster.topic_status,
        }
    return shown


def described_parameter_group(group: ParameterGroupRecord) -> dict[str, Any]:
    return {"ParameterGroupName": group.name, **_description(group.description)}


def described_subnet_group(region: str, group: SubnetGroupRecord) -> dict[str, Any]:
    """A SubnetGroup of the API. Jedlik has no networks: zones are dealt out in turn."""
    return {
        "SubnetGroupName": group.name,
        **_description(group.description),
        "VpcId": VPC,
        "Subnets": [
            {
                "SubnetIdentifier": subnet,
                "SubnetAvailabilityZone": region + "abc"[i % 3],
                "SupportedNetworkTypes": ["ipv4"],
            }
            for i, subnet in enumerate(group.subnet_ids)
        ],
        "SupportedNetworkTypes": ["ipv4"],
    }


def _description(text: str | None) -> dict[str, str]:
    return {} if text is None else {"Description": text}


def _node(ctx: Context, cluster: ClusterRecord, node: NodeRecord) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "NodeId": node.name,
        "NodeCreateTime": node.created_at_ms / 1000,
        "AvailabilityZone": node.zone,
        "NodeStatus": node.status,
        "ParameterGroupStatus": "in-sync",
    }
    if node.port or node.tls_port:
        shown["Endpoint"] = _endpoint(ctx, cluster, node)
    return shown


def _endpoint(ctx: Context, cluster: ClusterRecord, node: NodeRecord | None) -> dict[str, Any]:
    """Address, port and URL; of a cluster without a node, the port alone, as AWS does."""
    encrypted = cluster.encryption == "TLS"
    if node is None:
        return {"Port": TLS_PORT if encrypted else PLAIN_PORT}
    scheme, port = ("daxs", node.tls_port) if encrypted else ("dax", node.port)
    address = ctx.settings.dax_advertised
    return {"Address": address, "Port": port, "URL": f"{scheme}://{address}:{port}"}
