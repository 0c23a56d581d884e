"""DescribeDestinations: those whose names begin so, in order of their names."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.destinations import Destinations, shown
from jedlik.services.logs.requests import destination_arns, page


@operation("logs", "DescribeDestinations", access="list", resource=destination_arns)
async def describe_destinations(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    destinations = Destinations(ctx.db, ctx.account, ctx.region)
    found = await destinations.all(req.get("DestinationNamePrefix", ""))
    part, token = page(found, req)
    return {"destinations": [shown(each) for each in part], **token}
