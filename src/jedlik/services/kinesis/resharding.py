"""Changing the shards of a stream: stored first, then closed by the worker.

From the moment the new shards are stored, records go to them; the old ones are closed in the log
by the worker (`workers/kinesis.py`), which then makes the stream ACTIVE again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from jedlik.api.context import Context
from jedlik.services.kinesis.errors import NotFound, invalid, wrong_mode
from jedlik.services.kinesis.names import change_stream
from jedlik.services.kinesis.records import Stream
from jedlik.services.kinesis.shards import Shard


async def reshard(
    ctx: Context, req: dict[str, Any], how: Callable[[Stream], tuple[Shard, ...]]
) -> Stream:
    """Give a provisioned stream new shards. Raises ApiError."""
    return await reshard_stream(
        ctx, req, lambda stream: msgspec.structs.replace(stream, shards=how(stream))
    )


async def reshard_stream(
    ctx: Context, req: dict[str, Any], how: Callable[[Stream], Stream]
) -> Stream:
    """The same, where more than its shards changes. Raises ApiError."""

    def changed(stream: Stream) -> Stream:
        if stream.mode == "ON_DEMAND":
            raise wrong_mode(stream.name, stream.account, stream.mode)
        return msgspec.structs.replace(how(stream), status="UPDATING")

    return await change_stream(ctx, req, changed)


def open_shard(stream: Stream, shard_id: str) -> Shard:
    """An open shard of a stream. Raises ApiError."""
    shard = stream.shard(shard_id)
    if shard is None:
        raise NotFound.shard(shard_id, stream.name, stream.account)
    if not shard.is_open:
        raise invalid(
            f"Shard {shard.id} in stream {stream.name} under account {stream.account} has already "
            "been merged or split, and thus is not eligible for merging or splitting."
        )
    return shard
