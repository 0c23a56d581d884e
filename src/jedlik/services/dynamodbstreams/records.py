"""A record of the log as a client of the stream sees it: one of the four views of a change."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import orjson

from jedlik.changes.record import Record
from jedlik.tables.streams import Stream
from jedlik.values import item_size

TTL_ACTOR = "ttl"
SERVICE_IDENTITY = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
"""Who deleted an expired item (developer guide, "DynamoDB Streams and time to live")."""

_NEW = frozenset(("NEW_IMAGE", "NEW_AND_OLD_IMAGES"))
_OLD = frozenset(("OLD_IMAGE", "NEW_AND_OLD_IMAGES"))


def stream_record(stream: Stream, record: Record, number: str) -> dict[str, Any]:
    """A Record of GetRecords, for orjson: images are fragments of JSON as they are stored.

    SizeBytes is the size of the keys and of the images shown, in DynamoDB's accounting
    (DynamoDB Local counts the same).
    """
    image = record.new or record.old
    assert image is not None
    keys = _keys(stream.keys.names, image)
    view = stream.view_type
    shown: dict[str, Any] = {
        "ApproximateCreationDateTime": record.at_ms // 1000,
        "Keys": keys,
    }
    size = item_size(keys)
    for member, stored, views in (("NewImage", record.new, _NEW), ("OldImage", record.old, _OLD)):
        if stored is not None and view in views:
            shown[member] = orjson.Fragment(stored[4:])
            size += int.from_bytes(stored[:4], "little")
    shown["SequenceNumber"] = number
    shown["SizeBytes"] = size
    shown["StreamViewType"] = view
    told: dict[str, Any] = {
        "eventID": blake2b(f"{stream.arn}|{number}".encode(), digest_size=16).hexdigest(),
        "eventName": _event_name(record),
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": stream.region,
        "dynamodb": shown,
    }
    if record.actor == TTL_ACTOR:
        told["userIdentity"] = SERVICE_IDENTITY
    return told


def _event_name(record: Record) -> str:
    if record.old is None:
        return "INSERT"
    return "REMOVE" if record.new is None else "MODIFY"


def _keys(names: Sequence[str], image: bytes) -> dict[str, Any]:
    item = orjson.loads(image[4:])
    return {name: item[name] for name in names}
