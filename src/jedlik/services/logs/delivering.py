"""Brings messages of subscription filters to Kinesis and Firehose, as a producer would."""

from __future__ import annotations

import secrets
from base64 import b64encode

import msgspec

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.services.firehose.errors import translate as told_by_firehose
from jedlik.services.firehose.putting import open_stream
from jedlik.services.firehose.putting import put as put_into_firehose
from jedlik.services.kinesis.errors import translate as told_by_kinesis
from jedlik.services.kinesis.names import usable_stream
from jedlik.services.kinesis.putting import entry_of
from jedlik.services.kinesis.putting import put as put_into_kinesis
from jedlik.services.logs.destinations import Destinations, is_destination
from jedlik.services.logs.errors import invalid
from jedlik.services.logs.filters import Delivery, message
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended

TEXTS = {
    "kinesis": "Could not deliver test message to specified Kinesis stream. Check if the given "
    "kinesis stream is in ACTIVE state. ",
    "firehose": "Could not deliver test message to specified Firehose stream. Check if the given "
    "Firehose stream is in ACTIVE state. ",
    "lambda": "Could not execute the lambda function. Make sure you have given CloudWatch Logs "
    "permission to execute your function.",
}
OF_DESTINATION = (
    "Could not deliver test message to specified destination. Check if the destination is valid."
)
"""As users of AWS quote them."""


class Undelivered(Exception):
    """The destination does not take it, or not now."""


async def check_destination(ctx: Context, arn: str, *, of_destination: bool = False) -> None:
    """Deliver AWS's test message, as PutSubscriptionFilter and PutDestination do. A logical
    destination has only to be there. Raises ApiError."""
    if is_destination(arn) and not of_destination:
        destinations, name = Destinations.around(ctx.db, arn)
        await destinations.get(name)
        return
    service = service_of(arn)
    kind = {"kinesis": "Kinesis stream", "firehose": "Firehose"}.get(service, "")
    if not kind:
        # Unverified: what is said of a destination that is none of these.
        raise invalid(TEXTS.get(service, "destinationArn is not supported."))
    told = {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [
            {
                "id": "",
                "timestamp": int(ctx.now * 1000),
                "message": f"CWL CONTROL MESSAGE: Checking health of destination {kind}.",
            }
        ],
    }
    test = Delivery(
        account=ctx.account,
        region=ctx.region,
        destination=arn,
        key=secrets.token_hex(16),
        data=message(told),
        made_ms=int(ctx.now * 1000),
    )
    try:
        await deliver(ctx, test)
    except Undelivered:
        raise invalid(OF_DESTINATION if of_destination else TEXTS[service]) from None


async def deliver_one(db: Database, settings: object, delivery: Delivery) -> None:
    """Raises Undelivered."""
    now = db.clock.now_ms() / 1000
    ctx = Context(
        db, delivery.account, delivery.region, None, secrets.token_hex(8), now, settings=settings
    )
    await deliver(ctx, delivery)


async def deliver(ctx: Context, delivery: Delivery) -> None:
    """Raises Undelivered."""
    if is_destination(delivery.destination):
        await _to_destination(ctx, delivery)
        return
    service = service_of(delivery.destination)
    try:
        if service == "kinesis":
            await _to_kinesis(ctx, delivery)
        else:
            await _to_firehose(ctx, delivery)
    except (ApiError, Contended):
        raise Undelivered from None
    except Exception as fault:
        told = told_by_kinesis if service == "kinesis" else told_by_firehose
        if told(fault) is None:
            raise
        raise Undelivered from fault


async def _to_destination(ctx: Context, delivery: Delivery) -> None:
    """To the stream of a logical destination, as its account."""
    destinations, name = Destinations.around(ctx.db, delivery.destination)
    found = await destinations.find(name)
    if found is None:
        raise Undelivered
    theirs = Context(
        ctx.db, found.account, found.region, None, ctx.request_id, ctx.now, settings=ctx.settings
    )
    await deliver(theirs, msgspec.structs.replace(delivery, destination=found.target))


async def _to_kinesis(ctx: Context, delivery: Delivery) -> None:
    stream = await usable_stream(ctx, {"StreamARN": delivery.destination})
    given = {"PartitionKey": delivery.key[:256], "Data": b64encode(delivery.data).decode()}
    entry = entry_of(given, stream, int(ctx.now * 1000), spread=ctx.request_id, at="")
    (done,) = await put_into_kinesis(ctx, stream, [entry])
    if isinstance(done, str):
        raise Undelivered


async def _to_firehose(ctx: Context, delivery: Delivery) -> None:
    account, name = delivery.destination.split(":")[4], delivery.destination.rpartition("/")[2]
    if account != ctx.account:
        raise Undelivered
    stream = await open_stream(ctx, {"DeliveryStreamName": name})
    if None in await put_into_firehose(ctx, stream, [delivery.data]):
        raise Undelivered


def service_of(arn: str) -> str:
    return (arn.split(":") + ["", "", ""])[2]
