"""Putting records: from the members of a request to the buffer."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from jedlik.api.constraints import printed_bytes
from jedlik.api.context import Context
from jedlik.api.errors import validation
from jedlik.services.firehose.encryption import is_on
from jedlik.services.firehose.errors import not_found, reads_kinesis, slow_down
from jedlik.services.firehose.limits import RECORD_BYTES_MAX
from jedlik.services.firehose.meters import Meters
from jedlik.services.firehose.metrics import Counts
from jedlik.services.firehose.names import found_stream
from jedlik.services.firehose.records import DeliveryStream, Record
from jedlik.services.firehose.store import Gone, Store

_ID_BYTES = 96


async def open_stream(ctx: Context, req: Mapping[str, Any]) -> DeliveryStream:
    """The delivery stream, if records may be put into it. Raises ApiError.

    Unverified: that one which is not ACTIVE is not found, as Kinesis has it.
    """
    stream = await found_stream(ctx, req)
    if stream.status != "ACTIVE":
        raise not_found(stream.name, stream.account)
    if stream.kind != "DirectPut":
        raise reads_kinesis()
    return stream


def data_of(record: Mapping[str, Any], where: str) -> bytes:
    """Raises ApiError."""
    try:
        data = base64.b64decode(record["Data"], validate=True)
    except ValueError:
        raise validation("Data is no base64.") from None  # unverified
    if len(data) > RECORD_BYTES_MAX:
        raise validation(
            f"1 validation error detected: Value '{printed_bytes(len(data))}' at '{where}' failed "
            "to satisfy constraint: Member must have length less than or equal to "
            f"{RECORD_BYTES_MAX}"
        )
    return data


async def put(ctx: Context, stream: DeliveryStream, datas: Sequence[bytes]) -> list[str | None]:
    """Buffer records; the id of each, None for those that are too many. Raises ApiError."""
    meters, counts = Meters.of(ctx.db), Counts(ctx.db)
    let_in = [True] * len(datas)
    if getattr(ctx.settings, "throttling", "on") == "on":
        if not meters.request(stream.space, ctx.now):
            counts.add(stream, "ThrottledRecords", len(datas))
            raise slow_down()
        let_in = [meters.record(stream.space, len(each), ctx.now) for each in datas]
    now_ms = int(ctx.now * 1000)
    taken = [Record(now_ms, data) for data, good in zip(datas, let_in, strict=True) if good]
    if taken:
        try:
            await Store.of(ctx.db).append(stream, taken)
        except Gone:
            raise not_found(stream.name, stream.account) from None
    if len(taken) < len(datas):
        counts.add(stream, "ThrottledRecords", len(datas) - len(taken))
    counts.add(stream, "IncomingPutRequests", 1)
    counts.add(stream, "IncomingRecords", len(taken))
    counts.add(stream, "IncomingBytes", sum(len(each.data) for each in taken), "Bytes")
    return [_new_id() if good else None for good in let_in]


def encrypted(stream: DeliveryStream) -> bool:
    return is_on(stream.encryption)


def _new_id() -> str:
    return base64.b64encode(secrets.token_bytes(_ID_BYTES)).decode()
