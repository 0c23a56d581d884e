"""What is stored of streams and consumers, in the internal table "kinesis", and of a record.

    ("stream", account|region|name)             -> Stream
    ("consumer", account|region|name|consumer)  -> Consumer
    ("account", account|region)                 -> Commitment

A record of a stream is MessagePack in the log `(space of the stream, index of the shard)`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

import msgspec

from jedlik.services.kinesis.shards import Shard, by_keys, index_of
from jedlik.tables.spaced_records import Spaced

TABLE = "kinesis"
Status = Literal["CREATING", "DELETING", "ACTIVE", "UPDATING"]
Mode = Literal["PROVISIONED", "ON_DEMAND"]


class Peak(msgspec.Struct, frozen=True):
    """The busiest minute of a day: what was written to a stream, a second on average. day: since
    1970."""

    day: int
    bytes_per_s: int
    records_per_s: int


class Stream(Spaced, frozen=True, dict=True):
    """One stream. space: of its log and of the rows of its shards (`store.py`). settles_at_ms: when
    a state that lasts a moment ends. mode_changes_ms: of the last day; rescales_ms: the same, by
    UpdateShardCount. peaks: of the last 30 days, while it is on demand."""

    created_ms: int
    mode: Mode
    shards: tuple[Shard, ...]
    status: Status = "CREATING"
    settles_at_ms: int = 0
    retention_hours: int = 24
    key_id: str | None = None
    monitored: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    policy: str | None = None
    record_kib_max: int = 1024
    warm_mibps: int | None = None
    distribution: str | None = None
    mode_changes_ms: tuple[int, ...] = ()
    peaks: tuple[Peak, ...] = ()
    rescales_ms: tuple[int, ...] = ()

    @property
    def arn(self) -> str:
        return stream_arn(self.account, self.region, self.name)

    @property
    def open_shards(self) -> list[Shard]:
        return [shard for shard in self.shards if shard.is_open]

    @property
    def encryption(self) -> str:
        return "NONE" if self.key_id is None else "KMS"

    def shard(self, shard_id: str) -> Shard | None:
        index = index_of(shard_id)
        return next((each for each in self.shards if each.index == index), None)

    def shard_for(self, key: int) -> Shard:
        """The open shard that has a hash key."""
        found = self.__dict__.get("_ranges")
        if found is None:
            shards = by_keys(self.open_shards)
            found = self.__dict__["_ranges"] = ([each.low for each in shards], shards)
        shard: Shard = found[1][bisect_right(found[0], key) - 1]
        return shard


class Consumer(msgspec.Struct, frozen=True):
    """A consumer with enhanced fan-out."""

    stream_arn: str
    name: str
    created_ms: int
    status: Literal["CREATING", "ACTIVE", "DELETING"] = "ACTIVE"
    tags: dict[str, str] = {}
    policy: str | None = None

    @property
    def arn(self) -> str:
        return f"{self.stream_arn}/consumer/{self.name}:{self.created_ms // 1000}"


class Commitment(msgspec.Struct, frozen=True):
    """An account's commitment to a minimum throughput; without a start there never was one."""

    started_ms: int | None = None
    ended_ms: int | None = None


class LogRecord(msgspec.Struct, frozen=True, array_like=True):
    """A record. The time comes first, for whoever looks at nothing else."""

    at_ms: int
    key: str
    data: bytes
    encryption: str | None = None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(LogRecord)


def encode(record: LogRecord) -> bytes:
    return _encoder.encode(record)


def decode(data: bytes) -> LogRecord:
    return _decoder.decode(data)


def stream_arn(account: str, region: str, name: str) -> str:
    return f"arn:aws:kinesis:{region}:{account}:stream/{name}"
