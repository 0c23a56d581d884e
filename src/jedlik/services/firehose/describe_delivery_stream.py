"""DescribeDeliveryStream: state, version, source and destination."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.firehose import destinations, encryption
from jedlik.services.firehose.names import found_stream, stream_arns
from jedlik.services.firehose.records import DESTINATION_ID, DeliveryStream


@operation("firehose", "DescribeDeliveryStream", access="read", resource=stream_arns)
async def describe_delivery_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """There is one destination, so a page has it, or nothing where one begins behind it."""
    stream = await found_stream(ctx, req)
    shown: dict[str, Any] = {
        "DeliveryStreamName": stream.name,
        "DeliveryStreamARN": stream.arn,
        "DeliveryStreamStatus": stream.status,
        "DeliveryStreamType": stream.kind,
        "VersionId": str(stream.version),
        "CreateTimestamp": stream.created_ms / 1000,
        "HasMoreDestinations": False,
        "Destinations": [],
    }
    if stream.kind == "DirectPut":
        shown["DeliveryStreamEncryptionConfiguration"] = encryption.shown(stream.encryption)
    if stream.updated_ms is not None:
        shown["LastUpdateTimestamp"] = stream.updated_ms / 1000
    source = _source(stream)
    if source:
        shown["Source"] = source
    if req.get("ExclusiveStartDestinationId", "") < DESTINATION_ID:
        shown["Destinations"] = [
            {"DestinationId": DESTINATION_ID, **destinations.described(stream)}
        ]
    return {"DeliveryStreamDescription": shown}


def _source(stream: DeliveryStream) -> dict[str, Any]:
    if stream.source is not None:
        return {
            "KinesisStreamSourceDescription": {
                "KinesisStreamARN": stream.source.stream_arn,
                "RoleARN": stream.source.role_arn,
                "DeliveryStartTimestamp": stream.source.since_ms / 1000,
            }
        }
    if stream.throughput_hint is not None:
        hint = {"ThroughputHintInMBs": stream.throughput_hint}
        return {"DirectPutSourceDescription": hint}
    return {}
