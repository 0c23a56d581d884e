"""DeleteCluster."""

from __future__ import annotations

import socket

import pytest

from tests.aws.dax.conftest import gone


def test_it_goes_and_its_ports_with_it(dax, make_cluster):
    cluster = make_cluster(2)
    name = cluster["ClusterName"]
    answer = dax.delete_cluster(ClusterName=name)["Cluster"]
    assert answer["Status"] == "deleting"
    assert answer["NodeIdsToRemove"] == [f"{name}-a", f"{name}-b"]
    gone(dax, name)
    for node in cluster["Nodes"]:
        endpoint = node["Endpoint"]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((endpoint["Address"], endpoint["Port"]), timeout=5)


def test_the_name_may_be_used_again(dax, make_cluster):
    name = make_cluster()["ClusterName"]
    dax.delete_cluster(ClusterName=name)
    gone(dax, name)
    assert make_cluster(ClusterName=name)["Status"] == "available"


def test_one_that_is_not_there(refused):
    assert refused("delete_cluster", ClusterName="nowhere") == (
        "ClusterNotFoundFault",
        "Cluster not found.",
    )
