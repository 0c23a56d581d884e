"""UpdateParameterGroup: new times, at once in every cluster that the group governs."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dax.descriptions import described_parameter_group
from jedlik.services.dax.errors import ParameterGroup, reserved
from jedlik.services.dax.events import now_ms, parameter_group_event
from jedlik.services.dax.parameters import with_values
from jedlik.services.dax.records import (
    DEFAULT_PARAMETER_GROUP,
    PARAMETER_GROUP,
    EventRecord,
    ParameterGroupRecord,
    Records,
)


@operation("dax", "UpdateParameterGroup", access="write")
async def update_parameter_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = req["ParameterGroupName"].lower()
    if name == DEFAULT_PARAMETER_GROUP.name:
        raise reserved(name)

    def update(group: ParameterGroupRecord) -> tuple[ParameterGroupRecord, list[EventRecord]]:
        changed = with_values(group, req["ParameterNameValues"])
        return changed, [parameter_group_event(name, "Parameter group updated.", now_ms(ctx))]

    group = await Records.of(ctx).change(PARAMETER_GROUP, name, update)
    if group is None:
        raise ParameterGroup.not_found(name)
    return {"ParameterGroup": described_parameter_group(group)}
