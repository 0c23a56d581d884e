"""CreateSubnetGroup."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.descriptions import described_subnet_group
from jedlik.services.dax.errors import SubnetGroup
from jedlik.services.dax.events import now_ms, subnet_group_event
from jedlik.services.dax.limits import SUBNET_GROUPS_MAX
from jedlik.services.dax.names import new_group_name
from jedlik.services.dax.records import SUBNET_GROUP, Records, SubnetGroupRecord
from jedlik.services.dax.subnets import checked_subnets


@operation("dax", "CreateSubnetGroup", access="write")
async def create_subnet_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    records = Records.of(ctx)
    name = new_group_name(req["SubnetGroupName"], "subnet group")
    if name == "default" or await records.get(SUBNET_GROUP, name) is not None:
        raise SubnetGroup.exists(name)
    if len(await records.range(SUBNET_GROUP)) >= SUBNET_GROUPS_MAX:
        raise SubnetGroup.too_many(SUBNET_GROUPS_MAX)
    group = SubnetGroupRecord(name, req.get("Description"), checked_subnets(req["SubnetIds"]))
    event = subnet_group_event(name, "Subnet group created.", now_ms(ctx))
    if not await records.add(SUBNET_GROUP, name, group, event):
        raise SubnetGroup.exists(name)
    return {"SubnetGroup": described_subnet_group(ctx.region, group)}
