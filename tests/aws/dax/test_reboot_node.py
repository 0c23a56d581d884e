"""RebootNode."""

from __future__ import annotations

from tests.aws.dax.conftest import settled


def test_the_node_comes_back_where_it_was(dax, make_cluster):
    before = make_cluster(2)
    name = before["ClusterName"]
    answer = dax.reboot_node(ClusterName=name, NodeId=f"{name}-b")["Cluster"]
    assert answer["Status"] == "modifying"
    assert [node["NodeStatus"] for node in answer["Nodes"]] == ["available", "rebooting"]
    assert settled(dax, name) == before
    messages = [e["Message"] for e in dax.describe_events(SourceName=name)["Events"]]
    assert messages.count(f"Rebooted node {name}-b.") == 1


def test_refusals(make_cluster, refused):
    name = make_cluster()["ClusterName"]
    assert refused("reboot_node", ClusterName=name, NodeId="x") == (
        "NodeNotFoundFault",
        "Node x not found.",
    )
    assert refused("reboot_node", ClusterName="nowhere", NodeId="x") == (
        "ClusterNotFoundFault",
        "Cluster not found.",
    )
