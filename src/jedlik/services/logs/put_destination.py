"""PutDestination: a name for a stream of this account, or another stream for the name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from jedlik.api.access import Ask, pass_role
from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.delivering import check_destination
from jedlik.services.logs.destinations import Destination, Destinations, destination_arn, shown
from jedlik.services.logs.tags import check_tags

SERVICE = "logs.amazonaws.com"


class _HandsRole:
    """Its own action on the destination, and iam:PassRole for the role."""

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        arn = destination_arn(ctx.account, ctx.region, req["destinationName"])
        return [Ask("logs:PutDestination", arn), pass_role(req["roleArn"], SERVICE)]

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        return self.asks(ctx, req)


@operation("logs", "PutDestination", access="write", permissions=_HandsRole())
async def put_destination(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Its policy stays as it was (API reference)."""
    check_tags(req.get("tags", {}))
    await check_destination(ctx, req["targetArn"], of_destination=True)
    made = Destination(
        name=req["destinationName"],
        account=ctx.account,
        region=ctx.region,
        target=req["targetArn"],
        role=req["roleArn"],
        created_ms=int(ctx.now * 1000),
        tags=req.get("tags", {}),
    )

    def changed(old: Destination | None) -> Destination:
        if old is None:
            return made
        return msgspec.structs.replace(old, target=made.target, role=made.role)

    destinations = Destinations(ctx.db, ctx.account, ctx.region)
    await destinations.change(made.name, changed)
    return {"destination": shown(await destinations.get(made.name))}
