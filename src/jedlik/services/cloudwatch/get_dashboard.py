"""GetDashboard: the body as it was put."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.dashboards import dashboard_arn, dashboard_arns
from jedlik.services.cloudwatch.errors import Dashboard
from jedlik.services.cloudwatch.records import DASHBOARD, Records


@operation("cloudwatch", "GetDashboard", access="read", resource=dashboard_arns)
async def get_dashboard(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await Records.of(ctx).get(DASHBOARD, req["DashboardName"])
    if found is None:
        raise Dashboard.not_found(req["DashboardName"])
    return {
        "DashboardArn": dashboard_arn(ctx.account, found.name),
        "DashboardBody": found.body,
        "DashboardName": found.name,
    }
