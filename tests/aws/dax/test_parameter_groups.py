"""CreateParameterGroup, DescribeParameterGroups, UpdateParameterGroup, DeleteParameterGroup,
DescribeParameters, DescribeDefaultParameters."""

from __future__ import annotations

import pytest

from tests.aws.dax.conftest import set_parameters


def values(dax, group):
    found = dax.describe_parameters(ParameterGroupName=group)["Parameters"]
    return {each["ParameterName"]: each["ParameterValue"] for each in found}


def test_life_of_a_group(dax, fresh, refused):
    name = fresh()
    answer = dax.create_parameter_group(ParameterGroupName=name.upper(), Description="ours")
    assert answer["ParameterGroup"] == {"ParameterGroupName": name, "Description": "ours"}
    assert values(dax, name) == {"query-ttl-millis": "300000", "record-ttl-millis": "300000"}
    set_parameters(dax, name, **{"record-ttl-millis": 0})
    assert values(dax, name) == {"query-ttl-millis": "300000", "record-ttl-millis": "0"}
    found = dax.describe_parameter_groups(ParameterGroupNames=[name])["ParameterGroups"]
    assert found == [answer["ParameterGroup"]]
    message = dax.delete_parameter_group(ParameterGroupName=name)["DeletionMessage"]
    assert message == f"Parameter group {name} has been deleted."
    assert refused("describe_parameters", ParameterGroupName=name) == (
        "ParameterGroupNotFoundFault",
        f"Parameter group {name} not found.",
    )


def test_parameters_in_full(dax, make_parameter_group):
    name = make_parameter_group()
    shown = dax.describe_parameters(ParameterGroupName=name)["Parameters"]
    assert shown[0] == {
        "ParameterName": "query-ttl-millis",
        "ParameterType": "DEFAULT",
        "ParameterValue": "300000",
        "NodeTypeSpecificValues": [],
        "Description": "Duration in milliseconds for queries to remain cached",
        "Source": "user",
        "DataType": "integer",
        "AllowedValues": "0-",
        "IsModifiable": "TRUE",
        "ChangeType": "IMMEDIATE",
    }
    assert dax.describe_parameters(ParameterGroupName=name, Source="system")["Parameters"] == []
    defaults = dax.describe_default_parameters()["Parameters"]
    assert [each["ParameterName"] for each in defaults] == ["query-ttl-millis", "record-ttl-millis"]


def test_the_default_group_is_there_and_stays_as_it_is(dax, refused):
    name = "default.dax1.0"
    found = dax.describe_parameter_groups(ParameterGroupNames=[name])["ParameterGroups"]
    assert [group["ParameterGroupName"] for group in found] == [name]
    reserved = ("InvalidParameterValueException", f"{name} is reserved and cannot be modified.")
    assert refused("delete_parameter_group", ParameterGroupName=name) == reserved
    pairs = [{"ParameterName": "record-ttl-millis", "ParameterValue": "1"}]
    asked = {"ParameterGroupName": name, "ParameterNameValues": pairs}
    assert refused("update_parameter_group", **asked) == reserved


@pytest.mark.parametrize("value", ["-1", "x", "", "1.5", "9" * 30])
def test_bad_values(make_parameter_group, refused, value):
    name = make_parameter_group()
    pairs = [{"ParameterName": "record-ttl-millis", "ParameterValue": value}]
    asked = {"ParameterGroupName": name, "ParameterNameValues": pairs}
    assert refused("update_parameter_group", **asked) == (
        "InvalidParameterValueException",
        f"The parameter value {value} for parameter record-ttl-millis is not valid. "
        "Allowed values: 0-",
    )


def test_refusals(make_parameter_group, make_cluster, refused):
    name = make_parameter_group()
    assert refused("create_parameter_group", ParameterGroupName=name) == (
        "ParameterGroupAlreadyExistsFault",
        f"Parameter group {name} already exists.",
    )
    pairs = [{"ParameterName": "ttl", "ParameterValue": "1"}]
    asked = {"ParameterGroupName": name, "ParameterNameValues": pairs}
    assert refused("update_parameter_group", **asked) == (
        "InvalidParameterValueException",
        "Could not find parameter with name: ttl",
    )
    make_cluster(ParameterGroupName=name)
    assert refused("delete_parameter_group", ParameterGroupName=name) == (
        "InvalidParameterGroupStateFault",
        f"Parameter group {name} is in use by at least one cluster.",
    )
    for operation in ("delete_parameter_group", "describe_parameters"):
        assert refused(operation, ParameterGroupName="none") == (
            "ParameterGroupNotFoundFault",
            "Parameter group none not found.",
        )
