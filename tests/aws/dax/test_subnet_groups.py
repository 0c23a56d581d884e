"""CreateSubnetGroup, DescribeSubnetGroups, UpdateSubnetGroup, DeleteSubnetGroup."""

from __future__ import annotations


def test_life_of_a_group(dax, fresh, refused):
    name = fresh()
    subnets = ["subnet-11111111", "subnet-22222222"]
    made = dax.create_subnet_group(SubnetGroupName=name, Description="d", SubnetIds=subnets)
    group = made["SubnetGroup"]
    assert (group["SubnetGroupName"], group["Description"]) == (name, "d")
    assert [subnet["SubnetIdentifier"] for subnet in group["Subnets"]] == subnets
    changed = dax.update_subnet_group(SubnetGroupName=name, SubnetIds=["subnet-33333333"])
    assert [s["SubnetIdentifier"] for s in changed["SubnetGroup"]["Subnets"]] == ["subnet-33333333"]
    found = dax.describe_subnet_groups(SubnetGroupNames=[name])["SubnetGroups"]
    assert found == [changed["SubnetGroup"]]
    message = dax.delete_subnet_group(SubnetGroupName=name)["DeletionMessage"]
    assert message == f"Subnet group {name} has been deleted."
    for operation in ("delete_subnet_group", "update_subnet_group"):
        assert refused(operation, SubnetGroupName=name) == (
            "SubnetGroupNotFoundFault",
            f"Subnet group {name} not found.",
        )


def test_the_default_group_stays(dax, refused):
    names = [g["SubnetGroupName"] for g in dax.describe_subnet_groups()["SubnetGroups"]]
    assert "default" in names
    assert refused("delete_subnet_group", SubnetGroupName="default") == (
        "InvalidParameterValueException",
        "default is reserved and cannot be modified.",
    )


def test_refusals(dax, fresh, make_cluster, refused):
    name = fresh()
    dax.create_subnet_group(SubnetGroupName=name, SubnetIds=["subnet-11111111"])
    asked = {"SubnetGroupName": name, "SubnetIds": ["subnet-11111111"]}
    assert refused("create_subnet_group", **asked) == (
        "SubnetGroupAlreadyExistsFault",
        f"Subnet group {name} already exists.",
    )
    asked = {"SubnetGroupName": fresh(), "SubnetIds": ["net"]}
    assert refused("create_subnet_group", **asked) == (
        "InvalidSubnet",
        "The subnet ID 'net' does not exist.",
    )
    asked["SubnetIds"] = [f"subnet-{i:08d}" for i in range(21)]
    assert refused("create_subnet_group", **asked) == (
        "SubnetQuotaExceededFault",
        "A subnet group has at most 20 subnets.",
    )
    make_cluster(SubnetGroupName=name)
    assert refused("delete_subnet_group", SubnetGroupName=name) == (
        "SubnetGroupInUseFault",
        f"Subnet group {name} is in use by a cluster.",
    )
