"""UpdateWorkGroup."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena.records import WorkGroup
from jedlik.services.athena.requests import store_of, work_group_arns
from jedlik.services.athena.work_group_configurations import updated


@operation("athena", "UpdateWorkGroup", access="write", resource=work_group_arns)
async def update_work_group(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def next_of(old: WorkGroup) -> WorkGroup:
        return msgspec.structs.replace(
            old,
            configuration=updated(old.configuration, req.get("ConfigurationUpdates") or {}),
            description=req.get("Description", old.description),
            state=req.get("State", old.state),
        )

    await store_of(ctx).change_work_group(req["WorkGroup"], next_of)
    return {}
