"""UpdateDestination: what is named is replaced, if nobody else was faster."""

from __future__ import annotations

from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.firehose import destinations
from jedlik.services.firehose.errors import changed_meanwhile, no_destination, not_active
from jedlik.services.firehose.names import HandsRoles, change_stream, found_stream, roles_of
from jedlik.services.firehose.records import DESTINATION_ID, DeliveryStream
from jedlik.services.firehose.roles import check_role


@operation(
    "firehose", "UpdateDestination", access="write", permissions=HandsRoles("UpdateDestination")
)
async def update_destination(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    update = destinations.given(req, "Update")
    stream = await found_stream(ctx, req)
    if stream.status != "ACTIVE":
        raise not_active(stream.name, stream.account, stream.status)
    if req["DestinationId"] != DESTINATION_ID:
        raise no_destination(req["DestinationId"])
    given = req["CurrentDeliveryStreamVersionId"]
    if given != str(stream.version):
        raise changed_meanwhile(given, stream.version)
    for role in roles_of(req):
        check_role(ctx, role)
    destination = await destinations.updated(stream.destination, update)

    def changed(now: DeliveryStream) -> DeliveryStream:
        if now.version != stream.version:
            raise changed_meanwhile(given, now.version)
        return msgspec.structs.replace(
            now,
            destination=destination,
            version=now.version + 1,
            updated_ms=int(ctx.now * 1000),
        )

    await change_stream(ctx, req, changed, active=True)
    return {}
