"""DeleteMetricFilter."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import no_filter
from jedlik.services.logs.requests import group_arns, logs_of
from jedlik.services.logs.store import Group


@operation("logs", "DeleteMetricFilter", access="write", resource=group_arns)
async def delete_metric_filter(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def changed(group: Group) -> Group:
        kept = tuple(each for each in group.metric_filters if each.name != req["filterName"])
        if len(kept) == len(group.metric_filters):
            raise no_filter("metric")
        return msgspec.structs.replace(group, metric_filters=kept)

    await logs_of(ctx).change_group(req["logGroupName"], changed)
    return {}
