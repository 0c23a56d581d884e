"""DeleteMetricFilter."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.filters import without
from jedlik.services.logs.requests import group_arns, logs_of
from jedlik.services.logs.store import Group


@operation("logs", "DeleteMetricFilter", access="write", resource=group_arns)
async def delete_metric_filter(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def changed(group: Group) -> Group:
        kept = without(group.metric_filters, req["filterName"], "metric")
        return msgspec.structs.replace(group, metric_filters=kept)

    await logs_of(ctx).change_group(req["logGroupName"], changed)
    return {}
