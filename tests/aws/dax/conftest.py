"""Fixtures of the DAX control plane's tests: a client, fresh clusters and groups, exact refusals.

Names are fresh, because the server is shared; clusters and groups are deleted in the end, because
there are quotas.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

ROLE = "arn:aws:iam::000000000000:role/DAXServiceRole"
SETTLED_S_MAX = 60

_numbers = itertools.count()


@pytest.fixture(scope="session")
def dax(make_client: Callable[..., Any], client_settings: dict[str, Any]) -> Any:
    """A boto3 client of DAX that lets through what it would refuse itself."""
    from botocore.config import Config

    config = client_settings.get("config", Config()).merge(Config(parameter_validation=False))
    return make_client("dax", config=config)


@pytest.fixture
def fresh() -> Callable[[], str]:
    """fresh(): a name that no other test has, at most 20 characters."""
    return lambda: f"t{os.getpid() % 10**7}-{next(_numbers)}"


@pytest.fixture
def make_cluster(dax: Any, fresh: Callable[[], str]) -> Iterator[Callable[..., dict[str, Any]]]:
    """make_cluster(**CreateCluster parameters): an available cluster, as described."""
    made: list[str] = []

    def make(nodes: int = 1, **parameters: Any) -> dict[str, Any]:
        wanted = {
            "ClusterName": fresh(),
            "NodeType": "dax.t3.small",
            "ReplicationFactor": nodes,
            "IamRoleArn": ROLE,
            **parameters,
        }
        dax.create_cluster(**wanted)
        made.append(wanted["ClusterName"])
        return settled(dax, wanted["ClusterName"])

    yield make
    for name in made:
        try:
            settled(dax, name)
            dax.delete_cluster(ClusterName=name)
        except dax.exceptions.ClusterNotFoundFault:
            continue
        gone(dax, name)


@pytest.fixture
def make_parameter_group(dax: Any, fresh: Callable[[], str]) -> Iterator[Callable[..., str]]:
    """make_parameter_group(**{"record-ttl-millis": 5}): its name."""
    made: list[str] = []

    def make(**values: int) -> str:
        name = fresh()
        dax.create_parameter_group(ParameterGroupName=name)
        made.append(name)
        if values:
            set_parameters(dax, name, **values)
        return name

    yield make
    for name in made:
        try:
            dax.delete_parameter_group(ParameterGroupName=name)
        except (
            dax.exceptions.ParameterGroupNotFoundFault,
            dax.exceptions.InvalidParameterGroupStateFault,
        ):
            continue


@pytest.fixture
def refused(dax: Any) -> Callable[..., tuple[str, str]]:
    """refused("reboot_node", ClusterName=…): the code and text of the refusal."""
    from botocore.exceptions import ClientError

    def call(operation: str, **parameters: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as refusal:
            getattr(dax, operation)(**parameters)
        error = refusal.value.response["Error"]
        return error["Code"], error["Message"]

    return call


def described(dax: Any, name: str) -> dict[str, Any]:
    cluster: dict[str, Any] = dax.describe_clusters(ClusterNames=[name])["Clusters"][0]
    return cluster


def settled(dax: Any, name: str) -> dict[str, Any]:
    """Wait until the cluster is available; how it is described then."""
    deadline = time.monotonic() + SETTLED_S_MAX
    while (cluster := described(dax, name))["Status"] != "available":
        assert time.monotonic() < deadline, f"{name} is still {cluster}"
        time.sleep(0.01)
    return cluster


def gone(dax: Any, name: str) -> None:
    """Wait until the cluster is not there any more."""
    deadline = time.monotonic() + SETTLED_S_MAX
    while True:
        try:
            cluster = described(dax, name)
        except dax.exceptions.ClusterNotFoundFault:
            return
        assert time.monotonic() < deadline, f"{name} is still {cluster}"
        time.sleep(0.01)


def set_parameters(dax: Any, group: str, **values: int) -> None:
    pairs = [{"ParameterName": k, "ParameterValue": str(v)} for k, v in values.items()]
    dax.update_parameter_group(ParameterGroupName=group, ParameterNameValues=pairs)
