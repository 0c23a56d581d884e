"""PutDashboard: a dashboard stored as it is, made or replaced."""

from __future__ import annotations

import re
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch import limits
from jedlik.services.cloudwatch.dashboards import dashboard_arns, faults_of
from jedlik.services.cloudwatch.errors import Dashboard
from jedlik.services.cloudwatch.records import DASHBOARD, DashboardRecord, Records
from jedlik.services.cloudwatch.tags import with_tags

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


@operation("cloudwatch", "PutDashboard", access="write", resource=dashboard_arns)
async def put_dashboard(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name, body = req["DashboardName"], req["DashboardBody"]
    if not NAME.fullmatch(name):
        told = f"The value {name} for field DashboardName contains invalid characters."
        raise Dashboard.invalid([{"DataPath": "", "Message": told}])
    faults = faults_of(body)
    if len(body) > limits.DASHBOARD_BODY_MAX:
        faults = [{"DataPath": "/", "Message": "The dashboard body is too long"}]
    if faults:
        raise Dashboard.invalid(faults)
    records = Records.of(ctx)
    if await records.get(DASHBOARD, name) is None:
        if len(await records.range(DASHBOARD)) >= limits.DASHBOARDS_MAX:
            told = f"You can have at most {limits.DASHBOARDS_MAX} dashboards."
            raise Dashboard.invalid([{"DataPath": "", "Message": told}])
    given = with_tags({}, req.get("Tags", ()))

    def changed(old: DashboardRecord | None) -> DashboardRecord:
        tags = old.tags if old is not None else given
        return DashboardRecord(name, body, int(ctx.now * 1000), tags)

    await records.put(DASHBOARD, name, changed)
    return {"DashboardValidationMessages": []}
