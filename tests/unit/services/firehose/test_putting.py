"""Puts beyond what a delivery stream takes: each record is let in or refused by itself."""

from __future__ import annotations

from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import pytest

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.services.firehose.limits import PUT_REQUESTS_PER_S
from jedlik.services.firehose.meters import Meters
from jedlik.services.firehose.put_record import put_record
from jedlik.services.firehose.put_record_batch import put_record_batch
from jedlik.services.firehose.records import DeliveryStream
from jedlik.services.firehose.store import Store
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database

DATA = b64encode(b"x" * 1_000_000).decode()


async def made() -> tuple[Context, Store, DeliveryStream]:
    db = Database(MemoryEngine())
    await db.open()
    store = Store.of(db)
    wanted = DeliveryStream(
        "000000000000", "us-east-1", "s", 0, "DirectPut", 0, {}, status="ACTIVE"
    )
    stream = await store.create(wanted)
    settings = SimpleNamespace(throttling="on")
    ctx = Context(db, "000000000000", "us-east-1", None, "id", 1000.0, settings)
    return ctx, store, stream


async def test_a_batch_is_let_in_as_far_as_there_is_room() -> None:
    ctx, store, stream = await made()
    request: dict[str, Any] = {"DeliveryStreamName": "s", "Records": [{"Data": DATA}] * 4}
    first = await put_record_batch(ctx, request)
    assert first["FailedPutCount"] == 0  # type: ignore[index]
    second: Any = await put_record_batch(ctx, request)
    assert second["FailedPutCount"] == 3  # five megabytes in this second, and no more
    assert "RecordId" in second["RequestResponses"][0]
    assert (
        second["RequestResponses"][1:]
        == [{"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}] * 3
    )
    assert [seq for seq, _ in await store.read(stream, 0)] == [1]  # a page is a megabyte
    assert len(await store.read(stream, 4)) == 1
    assert await store.read(stream, 5) == []
    ctx.now += 1
    third: Any = await put_record_batch(ctx, request)
    assert third["FailedPutCount"] == 0


async def test_a_single_record_and_requests_that_are_too_many() -> None:
    ctx, _, stream = await made()
    one = {"DeliveryStreamName": "s", "Record": {"Data": DATA}}
    for _ in range(5):
        await put_record(ctx, one)
    with pytest.raises(ApiError) as refused:
        await put_record(ctx, one)
    assert (refused.value.code, refused.value.message, refused.value.status) == (
        "ServiceUnavailableException",
        "Slow down.",
        503,
    )
    ctx.now += 10
    meters = Meters.of(ctx.db)
    for _ in range(PUT_REQUESTS_PER_S):
        assert meters.request(stream.space, ctx.now)
    with pytest.raises(ApiError):
        await put_record(ctx, {"DeliveryStreamName": "s", "Record": {"Data": ""}})
    ctx.settings.throttling = "off"
    await put_record(ctx, one)
