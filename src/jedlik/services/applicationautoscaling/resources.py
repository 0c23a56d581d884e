"""What can be scaled: the read or write capacity of a DynamoDB table or of one of its indexes.

"table/Music" + "dynamodb:table:ReadCapacityUnits"
"table/Music/index/ByYear" + "dynamodb:index:WriteCapacityUnits"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jedlik.api.context import Context
from jedlik.services.applicationautoscaling.errors import unsupported
from jedlik.services.iam.service_roles import service_role_arn
from jedlik.tables.model import Table, Throughput

NAMESPACE = "dynamodb"
ROLE_SERVICE = "dynamodb.application-autoscaling.amazonaws.com"
"""Whose service-linked role scales DynamoDB's capacity."""
PASSED_TO = "application-autoscaling.amazonaws.com"
_NAME = r"[a-zA-Z0-9_.-]{3,255}"
_RESOURCE = re.compile(rf"table/({_NAME})(?:/index/({_NAME}))?")
_DIMENSION = re.compile(r"dynamodb:(table|index):(Read|Write)CapacityUnits")


@dataclass(frozen=True)
class Resource:
    """One capacity. access: "Read" or "Write"; index: None for the table's own."""

    id: str
    dimension: str
    table: str
    index: str | None
    access: str

    @property
    def key(self) -> str:
        """Under which everything about it is stored."""
        return f"{self.id}|{self.dimension}"

    @property
    def units(self) -> str:
        """As activities call it: "read capacity units"."""
        return f"{self.access.lower()} capacity units"

    @property
    def dimensions(self) -> list[dict[str, str]]:
        """The dimensions of its metrics."""
        found = [{"Name": "TableName", "Value": self.table}]
        if self.index is not None:
            found.insert(0, {"Name": "GlobalSecondaryIndexName", "Value": self.index})
        return found


def resource_of(req: Mapping[str, Any]) -> Resource:
    """What a request's ServiceNamespace, ResourceId and ScalableDimension mean. Raises ApiError."""
    return resource(req["ServiceNamespace"], req["ResourceId"], req["ScalableDimension"])


def resource(namespace: str, id: str, dimension: str) -> Resource:
    """Raises ApiError for what cannot be scaled here."""
    named, kind = _RESOURCE.fullmatch(id), _DIMENSION.fullmatch(dimension)
    if namespace != NAMESPACE or named is None or kind is None:
        raise unsupported()
    if (kind[1] == "index") != (named[2] is not None):
        raise unsupported()
    return Resource(id, dimension, named[1], named[2], kind[2])


def throughput_of(table: Table, wanted: Resource) -> Throughput | None:
    """The capacity settings that the resource is one half of; None if there is no such index."""
    if wanted.index is None:
        return table.throughput
    index = table.index(wanted.index)
    return index.throughput if index is not None and index.kind == "global" else None


def capacity_of(table: Table, wanted: Resource) -> int | None:
    """The units that are provisioned; None on demand, or if there is no such index."""
    found = throughput_of(table, wanted)
    if found is None or table.billing != "PROVISIONED":
        return None
    return found.read_units if wanted.access == "Read" else found.write_units


def update_request(table: Table, wanted: Resource, units: int) -> dict[str, Any]:
    """The UpdateTable request that provisions so many units and leaves the other half as it is."""
    found = throughput_of(table, wanted)
    assert found is not None
    spec = {
        "ReadCapacityUnits": units if wanted.access == "Read" else found.read_units,
        "WriteCapacityUnits": units if wanted.access == "Write" else found.write_units,
    }
    if wanted.index is None:
        return {"TableName": table.name, "ProvisionedThroughput": spec}
    update = {"Update": {"IndexName": wanted.index, "ProvisionedThroughput": spec}}
    return {"TableName": table.name, "GlobalSecondaryIndexUpdates": [update]}


def role_arn(account: str) -> str:
    """The service-linked role that AWS makes and uses, whatever RoleARN says."""
    return service_role_arn(account, ROLE_SERVICE)


def target_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    """What a request is about, for policies: the ARN of a target holds an id that AWS makes up."""
    return [f"arn:aws:application-autoscaling:{ctx.region}:{ctx.account}:scalable-target/*"]


def tagged_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    return [req["ResourceARN"]]
