"""From the ARN in a request to the stream that it names."""

from __future__ import annotations

import re
from typing import Any

from jedlik.api.context import Context
from jedlik.services.dynamodb.table_names import owner_of
from jedlik.services.dynamodbstreams.errors import ResourceNotFound
from jedlik.tables.streams import Stream

ARN = re.compile(
    r"arn:aws(?:-cn|-us-gov)?:dynamodb:([^:/]+):(\d{12}):table/([a-zA-Z0-9_.-]{3,255})/stream/(.+)"
)


def stream_arns(ctx: Context, req: dict[str, Any]) -> list[str]:
    """The ARNs that a request names, for authorisation."""
    arn = req.get("StreamArn")
    if isinstance(arn, str):
        return [arn]
    iterator = req.get("ShardIterator")
    return [iterator.partition("|")[0]] if isinstance(iterator, str) else ["*"]


async def found_stream(ctx: Context, arn: str) -> Stream:
    """The stream, if it is one of the region and of the caller's account or one that has let the
    caller in; raises ResourceNotFound."""
    place = table_and_label(ctx, arn)
    stream: Stream | None = None
    if place is not None:
        stream = await ctx.db.streams.get(owner_of(ctx, arn), ctx.region, *place)
    if stream is None:
        raise ResourceNotFound.stream(arn)
    return stream


def table_and_label(ctx: Context, arn: str) -> tuple[str, str] | None:
    """The two names in a stream's ARN; None if it can be no stream of this account and region."""
    parts = ARN.fullmatch(arn)
    if parts is None or parts[1] != ctx.region:
        return None
    if parts[2] != ctx.account and parts[2] not in ctx.granted:
        return None
    return parts[3], parts[4]
