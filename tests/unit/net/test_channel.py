"""Calls between processes: both ways, in order, with failures told and a closed end noticed; and
the engine that is read over them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import pytest

from jedlik.net.channel import CallFailed, Channel, ChannelClosed, Handler
from jedlik.storage import remote
from jedlik.storage.memory import MemoryEngine
from jedlik.storage.remote import RemoteEngine
from jedlik.storage.waist import (
    ABSENT,
    ANY,
    Batch,
    Change,
    Conflict,
    Delete,
    Keep,
    Put,
    Row,
    Stats,
    Tally,
    Unknown,
)

TOKEN = b"t" * 16


async def pair(
    left: Mapping[str, Handler], right: Mapping[str, Handler], closed: Any = lambda: None
) -> tuple[Channel, Channel]:
    loop = asyncio.get_running_loop()
    ends = socket.socketpair()
    made = (Channel(left, closed=closed), Channel(right))
    for end, channel in zip(ends, made, strict=True):
        end.setblocking(False)
        await loop.create_connection(lambda channel=channel: channel, sock=end)
    return made


async def test_calls_go_both_ways_and_large_ones_arrive_whole() -> None:
    async def double(text: bytes) -> bytes:
        await asyncio.sleep(0)
        return text * 2

    left, right = await pair({"double": double}, {"add": lambda a, b: a + b})
    assert await left.call("add", 2, 2**60) == 2 + 2**60
    big = bytes(3_000_000)
    answers = await asyncio.gather(
        right.call("double", big), *(left.call("add", 1, i) for i in range(50))
    )
    assert answers[0] == big * 2 and answers[1:] == [1 + i for i in range(50)]
    left.close()


async def test_what_is_told_before_an_answer_is_known_before_it() -> None:
    known: list[int] = []
    channels: list[Channel] = []

    async def ask() -> int:
        channels[1].tell("note", 7)
        return 1

    channels += await pair({"note": known.append}, {"ask": ask})
    await channels[0].call("ask")
    assert known == [7]
    channels[0].close()


async def test_failures_are_told_by_kind() -> None:
    async def later() -> None:
        raise KeyError("x")

    def now() -> None:
        raise ValueError("wrong")

    left, _ = await pair({}, {"now": now, "later": later})
    for name, kind in (("now", "ValueError"), ("later", "KeyError"), ("nothing", "KeyError")):
        with pytest.raises(CallFailed) as failure:
            await left.call(name)
        assert failure.value.kind == kind
    left.close()


async def test_a_closed_end_fails_what_waits_and_what_comes_after() -> None:
    gone = asyncio.Event()
    left, right = await pair({}, {"never": asyncio.Event().wait}, closed=gone.set)
    waiting = asyncio.ensure_future(left.call("never"))
    await asyncio.sleep(0)
    right.close()
    with pytest.raises(ChannelClosed):
        await waiting
    await gone.wait()
    with pytest.raises(ChannelClosed):
        await left.call("never")
    left.tell("never")  # harmless


async def engines() -> tuple[MemoryEngine, RemoteEngine, Channel]:
    engine = MemoryEngine()
    await engine.space_create(20)

    async def answer(*asked: Any) -> Any:
        return await remote.answer(engine, *asked)

    left, _ = await pair({}, {"engine": answer})
    return engine, RemoteEngine(lambda *asked: left.call("engine", *asked)), left


def key(sort: bytes) -> tuple[int, bytes, bytes, bytes]:
    return (20, TOKEN, sort, b"")


async def test_a_remote_engine_reads_and_commits_like_the_one_behind_it() -> None:
    engine, far, channel = await engines()
    puts = [Put(key(b"%d" % i), ABSENT, b"v%d" % i) for i in range(5)]
    batch = Batch(5, puts, [Change(20, 0, b"log")], [Tally(20, 5, 10)])
    assert await far.commit(batch) is None
    assert await engine.stats(20) == Stats(5, 10)
    assert [entry.record for entry in await engine.log_read(20, 0, 0, 10)] == [b"log"]
    assert await far.get_one(key(b"1")) == Row(5, b"v1")
    assert await far.get_one(key(b"9")) is None
    assert await far.get([key(b"9"), key(b"0")], snapshot=True) == [None, Row(5, b"v0")]
    for options in (
        {"low": b"1", "high": b"3", "low_open": True},
        {"low": None, "high": None, "reverse": True, "after": (b"3", b"")},
    ):
        asked = {"item_limit": 2, "byte_limit": 1000, **options}
        low, high = asked.pop("low"), asked.pop("high")
        assert await far.range(20, TOKEN, low, high, **asked) == await engine.range(
            20, TOKEN, low, high, **asked
        )
    limits: dict[str, Any] = {"item_limit": 3, "byte_limit": 1000, "after": (TOKEN, b"1", b"")}
    assert await far.scan(20, b"", None, **limits) == await engine.scan(20, b"", None, **limits)
    channel.close()


async def test_conflicts_come_back_and_a_lost_commit_is_unknown() -> None:
    engine, far, channel = await engines()
    assert await far.commit(Batch(5, [Put(key(b"a"), ANY, b"1")])) is None
    writes = [Keep(key(b"a"), 5), Delete(key(b"a"), 4)]
    assert await far.commit(Batch(6, writes)) == Conflict(1, Row(5, b"1"))
    assert await far.commit(Batch(7, [Delete(key(b"a"), 5)])) is None
    assert await engine.get_one(key(b"a")) is None
    channel.close()
    await asyncio.sleep(0)
    with pytest.raises(Unknown):
        await far.commit(Batch(8, [Put(key(b"a"), ANY, b"1")]))
