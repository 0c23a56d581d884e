"""DecreaseReplicationFactor."""

from __future__ import annotations

import pytest

from tests.aws.dax.conftest import settled


def names(cluster):
    return [node["NodeId"].rpartition("-")[2] for node in cluster["Nodes"]]


def test_the_youngest_leave(dax, make_cluster):
    name = make_cluster(3)["ClusterName"]
    answer = dax.decrease_replication_factor(ClusterName=name, NewReplicationFactor=1)["Cluster"]
    assert answer["Status"] == "modifying"
    assert answer["NodeIdsToRemove"] == [f"{name}-b", f"{name}-c"]
    cluster = settled(dax, name)
    assert names(cluster) == ["a"]
    assert "NodeIdsToRemove" not in cluster


def test_the_primary_may_be_named_and_another_leads(dax, make_cluster):
    name = make_cluster(3)["ClusterName"]
    dax.decrease_replication_factor(
        ClusterName=name, NewReplicationFactor=2, NodeIdsToRemove=[f"{name}-a"]
    )
    cluster = settled(dax, name)
    assert names(cluster) == ["b", "c"]
    assert cluster["ClusterDiscoveryEndpoint"] == cluster["Nodes"][0]["Endpoint"]


def test_by_zone(dax, make_cluster):
    zones = ["us-east-1a", "us-east-1b", "us-east-1a"]
    name = make_cluster(3, AvailabilityZones=zones)["ClusterName"]
    dax.decrease_replication_factor(
        ClusterName=name, NewReplicationFactor=2, AvailabilityZones=["us-east-1b"]
    )
    assert names(settled(dax, name)) == ["a", "c"]


@pytest.mark.parametrize("factor", [0, 2, 3])
def test_it_must_be_less(make_cluster, refused, factor):
    name = make_cluster(2)["ClusterName"]
    assert refused(
        "decrease_replication_factor", ClusterName=name, NewReplicationFactor=factor
    ) == (
        "InvalidParameterValueException",
        f"The new replication factor {factor} must be at least 1 and less than the current "
        "replication factor 2.",
    )


def test_nodes_named_wrongly(make_cluster, refused):
    name = make_cluster(2)["ClusterName"]
    asked = {"ClusterName": name, "NewReplicationFactor": 1}
    assert refused("decrease_replication_factor", **asked, NodeIdsToRemove=["x"]) == (
        "NodeNotFoundFault",
        "Node x not found.",
    )
    both = [f"{name}-a", f"{name}-b"]
    assert refused("decrease_replication_factor", **asked, NodeIdsToRemove=both) == (
        "InvalidParameterCombinationException",
        "The number of node IDs to remove must match the decrease in replication factor.",
    )
