"""CreateCluster: what comes of it, and everything it refuses."""

from __future__ import annotations

import socket

import pytest

from tests.aws.dax.conftest import ROLE, described, settled

GOOD = {
    "ClusterName": "refused",
    "NodeType": "dax.r5.large",
    "ReplicationFactor": 1,
    "IamRoleArn": ROLE,
}
BAD_NAME = (
    "Cluster ID specified is not a valid identifier. Identifiers must begin with a letter; must "
    "contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain "
    "two consecutive hyphens."
)


def test_a_new_cluster_is_on_its_way_and_then_takes_connections(dax, make_cluster, fresh):
    name = fresh()
    cluster = make_cluster(3, ClusterName=name, Description="ours", NodeType="dax.r5.large")
    assert cluster["ClusterArn"] == f"arn:aws:dax:us-east-1:000000000000:cache/{name}"
    assert (cluster["TotalNodes"], cluster["ActiveNodes"]) == (3, 3)
    assert cluster["Description"] == "ours"
    assert cluster["NodeType"] == "dax.r5.large"
    assert cluster["IamRoleArn"] == ROLE
    assert cluster["ClusterEndpointEncryptionType"] == "NONE"
    assert cluster["SSEDescription"] == {"Status": "DISABLED"}
    assert cluster["SubnetGroup"] == "default"
    assert cluster["ParameterGroup"] == {
        "ParameterGroupName": "default.dax1.0",
        "ParameterApplyStatus": "in-sync",
        "NodeIdsToReboot": [],
    }
    nodes = cluster["Nodes"]
    assert [node["NodeId"] for node in nodes] == [f"{name}-{c}" for c in "abc"]
    assert {node["AvailabilityZone"] for node in nodes} == {"us-east-1" + c for c in "abc"}
    assert {node["NodeStatus"] for node in nodes} == {"available"}
    assert len({node["Endpoint"]["Port"] for node in nodes}) == 3
    for node in nodes:
        endpoint = node["Endpoint"]
        assert endpoint["URL"] == f"dax://{endpoint['Address']}:{endpoint['Port']}"
        socket.create_connection((endpoint["Address"], endpoint["Port"]), timeout=5).close()
    assert cluster["ClusterDiscoveryEndpoint"] == nodes[0]["Endpoint"]


def test_the_answer_shows_a_cluster_being_created(dax, make_cluster, fresh):
    name = fresh()
    answer = dax.create_cluster(**{**GOOD, "ClusterName": name})["Cluster"]
    assert (answer["Status"], answer["TotalNodes"], answer["ActiveNodes"]) == ("creating", 1, 0)
    assert answer["ClusterDiscoveryEndpoint"] == {"Port": 8111}
    settled(dax, name)
    dax.delete_cluster(ClusterName=name)


def test_names_are_kept_in_lower_case(dax, make_cluster, fresh):
    name = fresh()
    assert make_cluster(ClusterName=name.upper())["ClusterName"] == name
    assert described(dax, name.upper())["ClusterName"] == name


def test_a_cluster_with_tls_offers_only_that(make_cluster):
    cluster = make_cluster(ClusterEndpointEncryptionType="TLS")
    assert cluster["ClusterEndpointEncryptionType"] == "TLS"
    assert cluster["ClusterDiscoveryEndpoint"]["URL"].startswith("daxs://")


def test_zones_are_as_asked(make_cluster):
    zones = ["us-east-1c", "us-east-1a"]
    cluster = make_cluster(2, AvailabilityZones=zones)
    assert [node["AvailabilityZone"] for node in cluster["Nodes"]] == zones


def test_the_default_cluster_is_there_from_the_start(dax):
    cluster = settled(dax, "jedlik")
    assert cluster["ActiveNodes"] >= 1


@pytest.mark.parametrize("name", ["1st", "a--b", "a-", "a_b", "x" * 21, "", "ü"])
def test_bad_names(refused, name):
    code, message = refused("create_cluster", **{**GOOD, "ClusterName": name})
    assert (code, message) == ("InvalidParameterValueException", BAD_NAME)


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (
            {"NodeType": "dax.huge"},
            "InvalidParameterValueException",
            "Invalid node type: dax.huge",
        ),
        (
            {"IamRoleArn": "role"},
            "InvalidParameterValueException",
            "ARNs must start with 'arn:': role",
        ),
        (
            {"ReplicationFactor": 0},
            "InvalidParameterValueException",
            "The replication factor must be at least 1.",
        ),
        (
            {"ReplicationFactor": 12},
            "NodeQuotaForClusterExceededFault",
            "A cluster can have at most 11 nodes.",
        ),
        (
            {"AvailabilityZones": ["us-east-1a", "us-east-1b"]},
            "InvalidParameterCombinationException",
            "The number of Availability Zones must equal the replication factor.",
        ),
        (
            {"AvailabilityZones": ["eu-west-1a"]},
            "InvalidParameterValueException",
            "Invalid Availability Zone: eu-west-1a",
        ),
        (
            {"ParameterGroupName": "none"},
            "ParameterGroupNotFoundFault",
            "Parameter group none not found.",
        ),
        ({"SubnetGroupName": "none"}, "SubnetGroupNotFoundFault", "Subnet group none not found."),
        (
            {"PreferredMaintenanceWindow": "sun:05:00-sun:05:59"},
            "InvalidParameterValueException",
            "The maintenance window must be at least 60 minutes.",
        ),
        (
            {"PreferredMaintenanceWindow": "sometime"},
            "InvalidParameterValueException",
            "Invalid maintenance window: sometime. The format is ddd:hh24:mi-ddd:hh24:mi.",
        ),
        (
            {"SecurityGroupIds": ["nobody"]},
            "InvalidParameterValueException",
            "Invalid security group: nobody",
        ),
        (
            {"Tags": [{"Key": str(i), "Value": ""} for i in range(51)]},
            "TagQuotaPerResourceExceeded",
            "A resource can have at most 50 tags.",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_refusals(refused, change, code, message):
    assert refused("create_cluster", **{**GOOD, **change}) == (code, message)


def test_a_second_cluster_of_a_name(make_cluster, refused):
    name = make_cluster()["ClusterName"]
    code, message = refused("create_cluster", **{**GOOD, "ClusterName": name})
    assert (code, message) == ("ClusterAlreadyExistsFault", f"Cluster {name} already exists.")


def test_what_is_missing(refused):
    code, message = refused("create_cluster", ClusterName="a")
    assert code == "ValidationException"
    assert "Value null at 'nodeType' failed to satisfy constraint: Member must not be null" in (
        message
    )


def test_an_unknown_encryption(refused):
    code, message = refused("create_cluster", **GOOD, ClusterEndpointEncryptionType="ROT13")
    assert code == "ValidationException"
    assert "ROT13" in message
