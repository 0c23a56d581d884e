"""DescribeStreamConsumer."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.descriptions import shown_consumer
from jedlik.services.kinesis.names import OnStream, found_consumer


@operation(
    "kinesis",
    "DescribeStreamConsumer",
    access="read",
    permissions=OnStream("DescribeStreamConsumer"),
)
async def describe_stream_consumer(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    stream, consumer = await found_consumer(ctx, req)
    return {"ConsumerDescription": {**shown_consumer(consumer), "StreamARN": stream.arn}}
