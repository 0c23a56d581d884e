"""CreateParameterGroup: with the default times, to be changed by UpdateParameterGroup."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.descriptions import described_parameter_group
from jedlik.services.dax.errors import ParameterGroup
from jedlik.services.dax.events import now_ms, parameter_group_event
from jedlik.services.dax.limits import PARAMETER_GROUPS_MAX
from jedlik.services.dax.names import new_group_name
from jedlik.services.dax.records import PARAMETER_GROUP, ParameterGroupRecord, Records


@operation("dax", "CreateParameterGroup", access="write")
async def create_parameter_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    records = Records.of(ctx)
    name = new_group_name(req["ParameterGroupName"], "parameter group")
    if await records.get(PARAMETER_GROUP, name) is not None:
        raise ParameterGroup.exists(name)
    if len(await records.range(PARAMETER_GROUP)) >= PARAMETER_GROUPS_MAX:
        raise ParameterGroup.too_many(PARAMETER_GROUPS_MAX)
    group = ParameterGroupRecord(name, req.get("Description"))
    event = parameter_group_event(name, "Parameter group created.", now_ms(ctx))
    if not await records.add(PARAMETER_GROUP, name, group, event):
        raise ParameterGroup.exists(name)
    return {"ParameterGroup": described_parameter_group(group)}
