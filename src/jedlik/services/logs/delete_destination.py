"""DeleteDestination: subscriptions to it stay, and deliver nothing."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.destinations import Destination, Destinations
from jedlik.services.logs.errors import no_destination
from jedlik.services.logs.requests import destination_arns


@operation("logs", "DeleteDestination", access="write", resource=destination_arns)
async def delete_destination(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def gone(old: Destination | None) -> None:
        if old is None:
            raise no_destination()

    destinations = Destinations(ctx.db, ctx.account, ctx.region)
    await destinations.change(req["destinationName"], gone)
    return {}
