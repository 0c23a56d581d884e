"""DeleteParameterGroup: one that no cluster uses."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.errors import ParameterGroup, reserved
from jedlik.services.dax.events import now_ms, parameter_group_event
from jedlik.services.dax.groups import uses_parameter_group
from jedlik.services.dax.records import DEFAULT_PARAMETER_GROUP, PARAMETER_GROUP, Records


@operation("dax", "DeleteParameterGroup", access="write")
async def delete_parameter_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    records = Records.of(ctx)
    name = req["ParameterGroupName"].lower()
    if name == DEFAULT_PARAMETER_GROUP.name:
        raise reserved(name)
    if await uses_parameter_group(records, name):
        raise ParameterGroup.in_use(name)
    event = parameter_group_event(name, "Parameter group deleted.", now_ms(ctx))
    if await records.change(PARAMETER_GROUP, name, lambda group: (None, [event])) is None:
        raise ParameterGroup.not_found(name)
    return {"DeletionMessage": f"Parameter group {name} has been deleted."}
