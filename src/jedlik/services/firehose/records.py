"""What is stored of delivery streams, in the internal table "firehose", and of a buffered record.

    ("stream", account|region|name) -> DeliveryStream

A buffered record is MessagePack in the log `(space of the delivery stream, part 0)`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from jedlik.tables.spaced_records import Spaced

TABLE = "firehose"
DESTINATION_ID = "destinationId-000000000001"
MAIN, BACKUP = "main", "backup"

Status = Literal["CREATING", "ACTIVE", "DELETING"]
Kind = Literal["DirectPut", "KinesisStreamAsSource"]
S3 = dict[str, Any]
"""A destination as the API writes it (ExtendedS3DestinationConfiguration), with all defaults."""


class Source(msgspec.Struct, frozen=True):
    """The Kinesis stream that is read. space: of that stream, as it was at the beginning; start:
    by shard, the last seq that is not delivered; of other shards everything is."""

    stream_arn: str
    role_arn: str
    space: int
    start: dict[int, int]
    since_ms: int


class Encryption(msgspec.Struct, frozen=True):
    """changes_ms: when it was switched, of the last 24 hours."""

    status: Literal["ENABLED", "ENABLING", "DISABLED", "DISABLING"] = "DISABLED"
    key_type: str | None = None
    key_arn: str | None = None
    changes_ms: tuple[int, ...] = ()


class DeliveryStream(Spaced, frozen=True):
    """space: of its buffer and of how far that is delivered (`store.py`)."""

    kind: Kind
    created_ms: int
    destination: S3
    settles_at_ms: int = 0
    status: Status = "CREATING"
    version: int = 1
    updated_ms: int | None = None
    source: Source | None = None
    throughput_hint: int | None = None
    encryption: Encryption = Encryption()
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        return stream_arn(self.account, self.region, self.name)

    @property
    def channels(self) -> dict[str, S3]:
        """Where everything goes: the destination, and the backup of what came in."""
        found = {MAIN: self.destination}
        if self.destination.get("S3BackupMode") == "Enabled":
            found[BACKUP] = self.destination["S3BackupConfiguration"]
        return found


class Record(msgspec.Struct, frozen=True, array_like=True):
    """A buffered record. at_ms: its approximate arrival, at Kinesis where it came from there;
    buffered_ms: when it came here, if that is another time."""

    at_ms: int
    data: bytes
    buffered_ms: int = 0

    @property
    def since_ms(self) -> int:
        return self.buffered_ms or self.at_ms


class Plan(msgspec.Struct, frozen=True):
    """A delivery that was begun: the records up to a seq, to objects whose names follow from
    `seed`. So one that was cut off ends with the same objects. oldest_ms: when the oldest of them
    arrived; destination and version: of the stream when it was made."""

    upto: int
    oldest_ms: int
    seed: str
    version: int
    destination: S3


class Progress(msgspec.Struct, frozen=True):
    """How far a channel is: the last seq delivered, and what is being delivered."""

    seq: int = 0
    plan: Plan | None = None


_encoder = msgspec.msgpack.Encoder()
_records = msgspec.msgpack.Decoder(Record)
_progress = msgspec.msgpack.Decoder(Progress)
encode = _encoder.encode


def decode_record(data: bytes) -> Record:
    return _records.decode(data)


def decode_progress(data: bytes) -> Progress:
    return _progress.decode(data)


def stream_arn(account: str, region: str, name: str) -> str:
    return f"arn:aws:firehose:{region}:{account}:deliverystream/{name}"
