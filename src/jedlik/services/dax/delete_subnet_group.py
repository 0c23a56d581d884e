"""DeleteSubnetGroup: one that no cluster is in."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.errors import SubnetGroup, reserved
from jedlik.services.dax.events import now_ms, subnet_group_event
from jedlik.services.dax.groups import uses_subnet_group
from jedlik.services.dax.records import SUBNET_GROUP, Records


@operation("dax", "DeleteSubnetGroup", access="write")
async def delete_subnet_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    records = Records.of(ctx)
    name = req["SubnetGroupName"].lower()
    if name == "default":
        raise reserved(name)
    if await uses_subnet_group(records, name):
        raise SubnetGroup.in_use(name)
    event = subnet_group_event(name, "Subnet group deleted.", now_ms(ctx))
    if await records.change(SUBNET_GROUP, name, lambda group: (None, [event])) is None:
        raise SubnetGroup.not_found(name)
    return {"DeletionMessage": f"Subnet group {name} has been deleted."}
