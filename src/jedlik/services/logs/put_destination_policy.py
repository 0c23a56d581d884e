"""PutDestinationPolicy: which accounts may subscribe to a destination."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity.policy import Malformed, check_document
from jedlik.services.logs.destinations import Destination, Destinations
from jedlik.services.logs.errors import invalid, no_destination
from jedlik.services.logs.requests import destination_arns


@operation("logs", "PutDestinationPolicy", access="permissions", resource=destination_arns)
async def put_destination_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    try:
        check_document(req["accessPolicy"], kind="resource")
    except Malformed as fault:
        raise invalid(f"Invalid policy document: {fault.message}") from None  # unverified

    def changed(old: Destination | None) -> Destination:
        if old is None:
            raise no_destination()
        return msgspec.structs.replace(old, policy=req["accessPolicy"])

    destinations = Destinations(ctx.db, ctx.account, ctx.region)
    await destinations.change(req["destinationName"], changed)
    return {}
