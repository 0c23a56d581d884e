"""DescribeParameterGroups: those named, or all, a page at a time."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.descriptions import described_parameter_group
from jedlik.services.dax.errors import ParameterGroup
from jedlik.services.dax.groups import parameter_groups
from jedlik.services.dax.pages import page
from jedlik.services.dax.records import Records


@operation("dax", "DescribeParameterGroups", access="list")
async def describe_parameter_groups(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await parameter_groups(Records.of(ctx))
    if names := req.get("ParameterGroupNames"):
        there = {group.name for group in found}
        wanted = {name.lower() for name in names}
        for name in names:
            if name.lower() not in there:
                raise ParameterGroup.not_found(name)
        found = [group for group in found if group.name in wanted]
    shown, rest = page(found, req, name=lambda group: group.name)
    return {"ParameterGroups": [described_parameter_group(group) for group in shown], **rest}
