"""UpdateCluster."""

from __future__ import annotations

from tests.aws.dax.conftest import described, settled


def test_everything_that_can_change(dax, make_cluster, make_parameter_group):
    name = make_cluster()["ClusterName"]
    group = make_parameter_group()
    answer = dax.update_cluster(
        ClusterName=name,
        Description="new",
        PreferredMaintenanceWindow="mon:01:00-mon:03:00",
        NotificationTopicArn="arn:aws:sns:us-east-1:000000000000:topic",
        SecurityGroupIds=["sg-12345678"],
        ParameterGroupName=group,
    )["Cluster"]
    assert answer["Status"] == "modifying"
    cluster = settled(dax, name)
    assert cluster["Description"] == "new"
    assert cluster["PreferredMaintenanceWindow"] == "mon:01:00-mon:03:00"
    assert cluster["NotificationConfiguration"] == {
        "TopicArn": "arn:aws:sns:us-east-1:000000000000:topic",
        "TopicStatus": "active",
    }
    assert cluster["SecurityGroups"] == [
        {"SecurityGroupIdentifier": "sg-12345678", "Status": "active"}
    ]
    assert cluster["ParameterGroup"]["ParameterGroupName"] == group
    dax.delete_cluster(ClusterName=name)


def test_nothing_else_changes(dax, make_cluster):
    before = make_cluster(Description="same")
    dax.update_cluster(ClusterName=before["ClusterName"], NotificationTopicStatus="inactive")
    assert settled(dax, before["ClusterName"]) == before


def test_refusals(dax, make_cluster, refused):
    name = make_cluster()["ClusterName"]
    assert refused("update_cluster", ClusterName="nowhere") == (
        "ClusterNotFoundFault",
        "Cluster not found.",
    )
    assert refused("update_cluster", ClusterName=name, ParameterGroupName="none") == (
        "ParameterGroupNotFoundFault",
        "Parameter group none not found.",
    )
    assert refused("update_cluster", ClusterName=name, NotificationTopicStatus="odd") == (
        "InvalidParameterValueException",
        "Invalid notification topic status: odd",
    )
    assert described(dax, name)["Status"] == "available"
