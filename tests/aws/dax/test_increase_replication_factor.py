"""IncreaseReplicationFactor."""

from __future__ import annotations

import pytest

from tests.aws.dax.conftest import settled


def test_nodes_are_added_and_the_others_stay(dax, make_cluster):
    before = make_cluster(1)
    name = before["ClusterName"]
    answer = dax.increase_replication_factor(ClusterName=name, NewReplicationFactor=3)["Cluster"]
    assert (answer["Status"], answer["TotalNodes"]) == ("modifying", 3)
    cluster = settled(dax, name)
    assert cluster["ActiveNodes"] == 3
    assert cluster["Nodes"][0] == before["Nodes"][0]


def test_zones_of_the_new_nodes(dax, make_cluster):
    name = make_cluster(1, AvailabilityZones=["us-east-1a"])["ClusterName"]
    dax.increase_replication_factor(
        ClusterName=name, NewReplicationFactor=3, AvailabilityZones=["us-east-1c"]
    )
    zones = [node["AvailabilityZone"] for node in settled(dax, name)["Nodes"]]
    assert zones == ["us-east-1a", "us-east-1c", "us-east-1c"]


@pytest.mark.parametrize("factor", [-1, 0, 2])
def test_it_must_be_more(make_cluster, refused, factor):
    name = make_cluster(2)["ClusterName"]
    assert refused(
        "increase_replication_factor", ClusterName=name, NewReplicationFactor=factor
    ) == (
        "InvalidParameterValueException",
        f"The new replication factor {factor} must be greater than the current replication "
        "factor 2.",
    )


def test_limits(make_cluster, refused):
    name = make_cluster()["ClusterName"]
    assert refused("increase_replication_factor", ClusterName=name, NewReplicationFactor=12) == (
        "NodeQuotaForClusterExceededFault",
        "A cluster can have at most 11 nodes.",
    )
    assert refused("increase_replication_factor", ClusterName="nope", NewReplicationFactor=2) == (
        "ClusterNotFoundFault",
        "Cluster not found.",
    )
