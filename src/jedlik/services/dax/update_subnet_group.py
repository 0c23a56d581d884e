"""UpdateSubnetGroup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.descriptions import described_subnet_group
from jedlik.services.dax.errors import SubnetGroup, reserved
from jedlik.services.dax.events import now_ms, subnet_group_event
from jedlik.services.dax.records import SUBNET_GROUP, EventRecord, Records, SubnetGroupRecord
from jedlik.services.dax.subnets import checked_subnets


@operation("dax", "UpdateSubnetGroup", access="write")
async def update_subnet_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = req["SubnetGroupName"].lower()
    if name == "default":
        raise reserved(name)
    changes: dict[str, Any] = {}
    if "Description" in req:
        changes["description"] = req["Description"]
    if "SubnetIds" in req:
        changes["subnet_ids"] = checked_subnets(req["SubnetIds"])

    def update(group: SubnetGroupRecord) -> tuple[SubnetGroupRecord, list[EventRecord]]:
        event = subnet_group_event(name, "Subnet group updated.", now_ms(ctx))
        return replace(group, **changes), [event]

    group = await Records.of(ctx).change(SUBNET_GROUP, name, update)
    if group is None:
        raise SubnetGroup.not_found(name)
    return {"SubnetGroup": described_subnet_group(ctx.region, group)}
