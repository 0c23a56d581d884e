"""DescribeDefaultParameters: what a new parameter group begins with."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.pages import page
from jedlik.services.dax.parameters import shown
from jedlik.services.dax.records import DEFAULT_PARAMETER_GROUP


@operation("dax", "DescribeDefaultParameters", access="list")
async def describe_default_parameters(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = shown(DEFAULT_PARAMETER_GROUP)
    parameters, rest = page(found, req, name=lambda each: str(each["ParameterName"]))
    return {"Parameters": list(parameters), **rest}
