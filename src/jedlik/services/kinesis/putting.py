"""Putting records: from the members of a request to the log."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jedlik.api.constraints import printed_bytes
from jedlik.api.context import Context
from jedlik.services.kinesis import limits
from jedlik.services.kinesis.errors import NotFound, invalid, rate_exceeded, validation
from jedlik.services.kinesis.meters import Meters
from jedlik.services.kinesis.metrics import Metrics, Written
from jedlik.services.kinesis.records import LogRecord, Stream, encode
from jedlik.services.kinesis.shards import Shard, hash_key
from jedlik.services.kinesis.store import RETRIES_MAX, ShardClosed, Store, StreamGone
from jedlik.tables.errors import Contended


class Entry(NamedTuple):
    """A record to be put: its place among hash keys, and what is stored."""

    hash_key: int
    size: int
    record: LogRecord


def entry_of(
    given: Mapping[str, Any], stream: Stream, now_ms: int, *, spread: str, at: str
) -> Entry:
    """Raises ApiError.

    spread: what nobody else's record has; its hash is the place of one whose stream distributes
    records by itself. at: where the record is in the request, for what is told of it.
    """
    auto = stream.distribution == "AUTO"
    explicit = None if auto else given.get("ExplicitHashKey")
    if "PartitionKey" not in given and not auto:
        # The text from before streams on demand could do without; unverified since.
        raise validation(
            f"1 validation error detected: Value null at '{at}partitionKey' failed to satisfy "
            "constraint: Member must not be null"
        )
    if explicit is not None and int(explicit) >= limits.HASH_KEYS:
        raise invalid(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
            f"Specified value was {explicit}"
        )
    try:
        data = b64decode(given["Data"], validate=True)
    except (binascii.Error, ValueError):
        raise validation("Data is no base64.") from None  # unverified
    key = given.get("PartitionKey", "")
    size = len(data) + len(key.encode())
    if len(data) > stream.record_kib_max * limits.KIB:
        raise validation(
            f"1 validation error detected: Value '{printed_bytes(len(data))}' at '{at}data' failed "
            "to satisfy constraint: Member must have length less than or equal to "
            f"{stream.record_kib_max * limits.KIB}"
        )
    record = LogRecord(now_ms, key, data, "KMS" if stream.key_id is not None else None)
    place = hash_key(spread if auto else key) if explicit is None else int(explicit)
    return Entry(place, size, record)


async def put(
    ctx: Context, stream: Stream, entries: Sequence[Entry]
) -> list[tuple[Shard, str] | str]:
    """Store records; for each its shard and number, or why its shard would not take it."""
    mode = getattr(ctx.settings, "throttling", "on")
    meters = Meters.of(ctx.db)
    let_in = [mode != "on"] * len(entries)
    refused: dict[int, str] = {}
    refusals: dict[int, int] = {}
    if mode == "on":
        for i, entry in enumerate(entries):
            shard = stream.shard_for(entry.hash_key)
            let_in[i] = meters.write(stream.space, shard.index, entry.size, ctx.now)
            if not let_in[i]:
                refused[i] = rate_exceeded(shard.id, stream.name, stream.account)
                refusals[shard.index] = refusals.get(shard.index, 0) + 1
    store = Store.of(ctx.db)
    for _ in range(RETRIES_MAX):
        by_shard: dict[int, list[bytes]] = {}
        places: list[tuple[Shard, int] | None] = []
        for entry, good in zip(entries, let_in, strict=True):
            if not good:
                places.append(None)
                continue
            shard = stream.shard_for(entry.hash_key)
            part = by_shard.setdefault(shard.index, [])
            places.append((shard, len(part)))
            part.append(encode(entry.record))
        if not by_shard:
            Metrics(ctx.db, stream).written(_puts(entries, places, refusals))
            return [refused[i] for i in range(len(entries))]
        try:
            firsts = await store.append(stream, by_shard)
        except ShardClosed:
            again = await store.get(stream.account, stream.region, stream.name)
            if again is None or again.space != stream.space:
                raise NotFound.stream(stream.name, stream.account) from None
            stream = again
            continue
        except StreamGone:
            raise NotFound.stream(stream.name, stream.account) from None
        Metrics(ctx.db, stream).written(_puts(entries, places, refusals))
        return [
            refused[i]
            if place is None
            else (place[0], place[0].number(firsts[place[0].index] + place[1]))
            for i, place in enumerate(places)
        ]
    raise Contended


def _puts(
    entries: Sequence[Entry], places: Sequence[tuple[Shard, int] | None], refusals: dict[int, int]
) -> list[Written]:
    """What was put to each shard, and what it refused."""
    found = {shard: Written(shard, 0, 0, count) for shard, count in refusals.items()}
    for entry, place in zip(entries, places, strict=True):
        if place is not None:
            shard = place[0].index
            _, records, size, refused = found.get(shard, Written(shard, 0, 0, 0))
            found[shard] = Written(shard, records + 1, size + entry.size, refused)
    return list(found.values())
