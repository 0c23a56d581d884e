"""CreateDeliveryStream: from direct puts or a Kinesis stream, to S3."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.firehose import destinations, limits
from jedlik.services.firehose.encryption import encrypted
from jedlik.services.firehose.errors import exists, invalid, limit_exceeded
from jedlik.services.firehose.names import HandsRoles, roles_of
from jedlik.services.firehose.records import DeliveryStream, Encryption, Source
from jedlik.services.firehose.roles import check_role
from jedlik.services.firehose.sourcing import beginning
from jedlik.services.firehose.store import Store
from jedlik.services.firehose.tags import with_tags
from jedlik.services.kinesis import Store as KinesisStore
from jedlik.tables.errors import Contended


@operation(
    "firehose",
    "CreateDeliveryStream",
    access="write",
    permissions=HandsRoles("CreateDeliveryStream"),
)
async def create_delivery_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name, store = req["DeliveryStreamName"], Store.of(ctx.db)
    kind = _kind(req)
    destination = await destinations.completed(destinations.given(req, "Configuration"))
    for role in roles_of(req):
        check_role(ctx, role)
    if await store.get(ctx.account, ctx.region, name) is not None:
        raise exists(name, ctx.account)
    if len(await store.list(ctx.account, ctx.region)) >= limits.STREAMS_MAX:
        raise limit_exceeded(  # unverified text
            f"You have reached the limit of {limits.STREAMS_MAX} delivery streams."
        )
    now_ms = int(ctx.now * 1000)
    wanted = req.get("DeliveryStreamEncryptionConfigurationInput")
    encryption = Encryption()
    if wanted is not None:
        encryption = encrypted(encryption, wanted, now_ms)
    stream = DeliveryStream(
        account=ctx.account,
        region=ctx.region,
        name=name,
        space=0,
        kind=kind,
        created_ms=now_ms,
        settles_at_ms=now_ms + ctx.settings.transition_ms,
        destination=destination,
        source=await _source(ctx, req, now_ms) if kind == "KinesisStreamAsSource" else None,
        throughput_hint=req.get("DirectPutSourceConfiguration", {}).get("ThroughputHintInMBs"),
        encryption=encryption,
        tags=with_tags({}, req.get("Tags") or ()),
    )
    try:
        await store.create(stream)
    except Contended:
        raise exists(name, ctx.account) from None
    return {"DeliveryStreamARN": stream.arn}


def _kind(req: dict[str, Any]) -> Any:
    """Raises ApiError. Unverified texts."""
    kind = req.get("DeliveryStreamType", "DirectPut")
    if kind not in ("DirectPut", "KinesisStreamAsSource"):
        raise invalid(
            f"DeliveryStreamType {kind} is not available: delivery streams of Jedlik take direct "
            "puts, or read a Kinesis stream."
        )
    for member in ("MSKSourceConfiguration", "DatabaseSourceConfiguration"):
        if member in req:
            raise invalid(f"{member} is not allowed for the delivery stream type {kind}.")
    reads = kind == "KinesisStreamAsSource"
    if reads != ("KinesisStreamSourceConfiguration" in req):
        raise invalid(
            "KinesisStreamSourceConfiguration must be specified for the delivery stream type "
            "KinesisStreamAsSource, and for no other."
        )
    if reads and "DirectPutSourceConfiguration" in req:
        raise invalid(
            f"DirectPutSourceConfiguration is not allowed for the delivery stream type {kind}."
        )
    if reads and "DeliveryStreamEncryptionConfigurationInput" in req:
        raise invalid(
            "Server-side encryption can only be configured for delivery streams of the type "
            "DirectPut."
        )
    return kind


async def _source(ctx: Context, req: dict[str, Any], now_ms: int) -> Source:
    """Raises ApiError. Unverified texts."""
    given = req["KinesisStreamSourceConfiguration"]
    arn = given["KinesisStreamARN"]
    stream = await KinesisStore.of(ctx.db).by_arn(arn)
    ours = stream is not None and (stream.region, stream.account) == (ctx.region, ctx.account)
    if stream is None or not ours or stream.status == "DELETING":
        raise invalid(f"The Kinesis stream {arn} does not exist in this account and region.")
    return await beginning(ctx.db, stream, given["RoleARN"], now_ms)
