"""DeleteDashboards: all of those named or, if one is not there, none."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.dashboards import dashboard_arns
from jedlik.services.cloudwatch.errors import Dashboard
from jedlik.services.cloudwatch.records import DASHBOARD, Records


@operation("cloudwatch", "DeleteDashboards", access="write", resource=dashboard_arns)
async def delete_dashboards(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    records = Records.of(ctx)
    for name in req["DashboardNames"]:
        if await records.get(DASHBOARD, name) is None:
            raise Dashboard.not_found(name)
    for name in req["DashboardNames"]:
        await records.put(DASHBOARD, name, lambda old: None)
    return {}
