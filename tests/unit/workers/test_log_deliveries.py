"""Messages of subscription filters on their way, with the clock in hand."""

from __future__ import annotations

import gzip
from base64 import b64decode
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from jedlik.api import load_registry
from jedlik.api.context import Context
from jedlik.services import kinesis, logs
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.workers.kinesis import KinesisStreams
from jedlik.workers.log_deliveries import KEPT_MS, RETRY_MS_MAX, LogDeliveries

OPERATIONS = load_registry([kinesis, logs])
SETTINGS: Any = SimpleNamespace(throttling="off")
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/"
GROUP = {"logGroupName": "/g"}


class World:
    def __init__(self) -> None:
        self.ms = 1_800_000_000_000
        self.db = Database(MemoryEngine(), clock=self)
        self.streams = KinesisStreams(self.db)
        self.deliveries = LogDeliveries(self.db, SETTINGS)

    def now_ms(self) -> int:
        return self.ms

    async def ask(self, service: str, name: str, **request: Any) -> Any:
        operation = OPERATIONS.operation(service, name)
        assert operation is not None
        operation.check(request)
        ctx = Context(
            self.db, "000000000000", "us-east-1", None, "id", self.ms / 1000, settings=SETTINGS
        )
        return await operation(ctx, request)

    async def make_stream(self, name: str) -> None:
        await self.ask("kinesis", "CreateStream", StreamName=name, ShardCount=1)
        await self.streams.step(self.ms)

    async def subscribe(self, name: str) -> None:
        await self.ask(
            "logs",
            "PutSubscriptionFilter",
            **GROUP,
            filterName=name,
            filterPattern="",
            destinationArn=ARN + name,
            roleArn="arn:aws:iam::000000000000:role/r",
        )

    async def put(self, text: str) -> None:
        events = [{"timestamp": self.ms, "message": text}]
        await self.ask("logs", "PutLogEvents", **GROUP, logStreamName="s", logEvents=events)

    async def received(self, name: str) -> list[str]:
        """The messages of events, without the test messages."""
        place = await self.ask(
            "kinesis",
            "GetShardIterator",
            StreamName=name,
            ShardId="shardId-000000000000",
            ShardIteratorType="TRIM_HORIZON",
        )
        answer = await self.ask("kinesis", "GetRecords", ShardIterator=place["ShardIterator"])
        told = [orjson.loads(gzip.decompress(b64decode(x["Data"]))) for x in answer["Records"]]
        return [
            event["message"]
            for each in told
            if each["messageType"] == "DATA_MESSAGE"
            for event in each["logEvents"]
        ]


@pytest.fixture
async def world() -> World:
    world = World()
    await world.db.open()
    await world.ask("logs", "CreateLogGroup", **GROUP)
    await world.ask("logs", "CreateLogStream", **GROUP, logStreamName="s")
    for name in ("one", "two"):
        await world.make_stream(name)
        await world.subscribe(name)
    await world.ask("kinesis", "DeleteStream", StreamName="one")
    await world.streams.step(world.ms)
    return world


async def test_what_is_not_taken_is_tried_again_and_others_do_not_wait(world: World) -> None:
    texts = [f"m{number}" for number in range(60)]
    for text in texts:
        await world.put(text)
    while await world.deliveries.step(world.ms):
        pass
    assert await world.received("two") == texts
    assert world.deliveries.wake.is_set()
    await world.make_stream("one")
    world.ms += RETRY_MS_MAX
    while await world.deliveries.step(world.ms):
        pass
    assert await world.received("one") == texts
    assert await world.received("two") == texts
    await world.deliveries.step(world.ms)
    assert not world.deliveries.wake.is_set()


async def test_after_a_day_a_message_is_given_up(world: World) -> None:
    await world.put("old")
    await world.deliveries.step(world.ms)
    world.ms += KEPT_MS
    await world.make_stream("one")
    await world.put("new")
    while await world.deliveries.step(world.ms):
        pass
    assert await world.received("one") == ["new"]
