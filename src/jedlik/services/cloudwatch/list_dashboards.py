"""ListDashboards: those whose names begin so, in order."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.dashboards import dashboard_arn
from jedlik.services.cloudwatch.limits import DASHBOARDS_PER_PAGE
from jedlik.services.cloudwatch.records import DASHBOARD, Records
from jedlik.services.cloudwatch.tokens import place_of, token_of


@operation("cloudwatch", "ListDashboards", access="list")
async def list_dashboards(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    prefix = req.get("DashboardNamePrefix", "")
    found = await Records.of(ctx).range(DASHBOARD, low=prefix, high=prefix)
    after = place_of(req["NextToken"]).decode("utf-8", "replace") if "NextToken" in req else ""
    rest = [each for each in found if each.name > after]
    shown = rest[:DASHBOARDS_PER_PAGE]
    answer: dict[str, Any] = {
        "DashboardEntries": [
            {
                "DashboardName": each.name,
                "DashboardArn": dashboard_arn(ctx.account, each.name),
                "LastModified": each.modified_ms / 1000,
                "Size": len(each.body.encode()),
            }
            for each in shown
        ]
    }
    if len(shown) < len(rest):
        answer["NextToken"] = token_of(shown[-1].name.encode())
    return answer
