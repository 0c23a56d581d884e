"""DescribeParameters: the times of a group."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.errors import ParameterGroup
from jedlik.services.dax.groups import parameter_group
from jedlik.services.dax.pages import page
from jedlik.services.dax.parameters import shown
from jedlik.services.dax.records import Records


@operation("dax", "DescribeParameters", access="read")
async def describe_parameters(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = req["ParameterGroupName"].lower()
    group = await parameter_group(Records.of(ctx), name)
    if group is None:
        raise ParameterGroup.not_found(name)
    found = shown(group)
    if "Source" in req:
        found = [each for each in found if each["Source"] == req["Source"]]
    parameters, rest = page(found, req, name=lambda each: str(each["ParameterName"]))
    return {"Parameters": list(parameters), **rest}
