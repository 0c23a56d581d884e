"""The process that encodes and decodes: it says what a thread says, and may die."""

from __future__ import annotations

import gzip
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from jedlik import coding_processes
from jedlik.coding_processes import FAILURES_MAX, ProcessCoders
from jedlik.services.dynamodb.coding import Coders, Form, LocalCoders, NoCoders, Source
from jedlik.tables.model import KeyAttribute, KeySchema, Table
from jedlik.tables.stored import pack
from jedlik.values import item_size

TABLE = Table("1", "r", "tab", KeySchema((KeyAttribute("pk", "S"),)), {"pk": "S"})
ITEMS = [{"pk": {"S": f"k{n}"}, "v": {"S": "ü" * (n % 50)}} for n in range(500)]
VALUES = [pack(item, item_size(item)) for item in ITEMS]


@pytest.fixture
async def coders() -> AsyncIterator[ProcessCoders]:
    made = ProcessCoders()
    yield made
    await made.close()


async def encoded(coders: Coders, form: Form, items: int = len(VALUES)) -> bytes:
    encoding = await coders.encoding(form)
    parts, count = [], 0
    for at in range(0, len(VALUES), 100):
        done = await encoding.add(VALUES[at : at + 100])
        parts.append(done.data)
        count += done.items
    parts.append(await encoding.finish())
    encoding.close()
    assert count == items
    return gzip.decompress(b"".join(parts))


async def decoded(coders: Coders, data: bytes, kind: str, skip: int = 0) -> list[Any]:
    pieces = [data[at : at + 1000] for at in range(0, len(data), 1000)]

    async def read() -> bytes:
        return pieces.pop(0) if pieces else b""

    decoding = await coders.decoding(Source(kind, "GZIP", None, TABLE, skip), read)
    found: list[Any] = []
    while True:
        taken = await decoding.take()
        found += taken.records
        if taken.ended:
            decoding.close()
            return [*found, taken.fault]


@pytest.mark.parametrize("kind", ["DYNAMODB_JSON", "ION"])
async def test_it_says_what_a_thread_says(coders: ProcessCoders, kind: str) -> None:
    form = Form(ion=kind == "ION", view="", key_names=())
    lines = await encoded(coders, form)
    assert lines == await encoded(LocalCoders(), form)
    assert len(lines.splitlines()) == len(ITEMS)
    wrong = lines + b"{no line}\n" + lines[: lines.index(b"\n") + 1]
    for data in (gzip.compress(wrong), gzip.compress(wrong)[:-50]):
        found = await decoded(coders, data, kind, skip=7)
        assert found == await decoded(LocalCoders(), data, kind, skip=7)
    assert [each.place for each in found[:3]] == [7, 8, 9]
    assert orjson.loads(found[0].value[4:]) == ITEMS[7]


@pytest.mark.parametrize("ion", [False, True])
async def test_it_filters_as_a_thread_does(coders: ProcessCoders, ion: bool) -> None:
    wanted = {
        "FilterExpression": "contains(v, :two) AND pk <> :bytes",
        "ProjectionExpression": "#key",
        "ExpressionAttributeNames": {"#key": "pk"},
        "ExpressionAttributeValues": {":two": {"S": "üü"}, ":bytes": {"B": "AP8="}},
    }
    form = Form(ion=ion, view="", key_names=(), filter=wanted)
    left = [item for item in ITEMS if len(item["v"]["S"]) >= 2]
    lines = await encoded(coders, form, len(left))
    assert lines == await encoded(LocalCoders(), form, len(left))
    if not ion:
        found = [orjson.loads(line)["Item"] for line in lines.splitlines()]
        assert found == [{"pk": item["pk"]} for item in left]


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="Linux only")
async def test_it_runs_while_nobody_else_wants_the_processor(coders: ProcessCoders) -> None:
    assert await encoded(coders, Form(ion=False, view="", key_names=()))
    assert coders._popen is not None
    assert os.sched_getscheduler(coders._popen.pid) == os.SCHED_IDLE


async def test_one_that_gets_no_time_is_followed_by_one_that_takes_its_share(
    coders: ProcessCoders, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = Form(ion=False, view="", key_names=())
    encoding = await coders.encoding(form)
    first = coders._popen
    assert first is not None
    os.kill(first.pid, signal.SIGSTOP)
    monkeypatch.setattr(coding_processes, "STARVED_S", 0.2)
    coders._look_again(first)
    with pytest.raises(NoCoders):
        await encoding.add(VALUES)
    encoding.close()
    monkeypatch.setattr(coding_processes, "STARVED_S", 60.0)
    assert len((await encoded(coders, form)).splitlines()) == len(ITEMS)
    assert coders._popen is not None
    if hasattr(os, "sched_getscheduler"):
        assert os.sched_getscheduler(coders._popen.pid) == os.SCHED_OTHER


async def test_what_reading_raises_reaches_who_takes(coders: ProcessCoders) -> None:
    async def read() -> bytes:
        raise LookupError("the object is gone")

    decoding = await coders.decoding(Source("CSV", "NONE", None, TABLE, 0), read)
    with pytest.raises(LookupError, match="gone"):
        await decoding.take()
    decoding.close()
    assert await encoded(coders, Form(ion=False, view="", key_names=()))


async def test_when_it_dies_the_work_is_begun_again_and_in_the_end_done_here(
    coders: ProcessCoders,
) -> None:
    form = Form(ion=False, view="", key_names=())
    for _ in range(FAILURES_MAX):
        encoding = await coders.encoding(form)
        popen = coders._popen
        assert popen is not None
        os.kill(popen.pid, signal.SIGKILL)
        with pytest.raises(NoCoders):
            while True:
                await encoding.add(VALUES)
        encoding.close()
    assert len((await encoded(coders, form)).splitlines()) == len(ITEMS)
    assert coders._channel is None, "no process any more"


async def test_it_ends_when_nobody_has_wanted_it_for_a_while(
    coders: ProcessCoders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coding_processes, "IDLE_S", 0.01)
    assert await encoded(coders, Form(ion=False, view="", key_names=()))
    while coders._ends or coders._popen is not None:
        await coding_processes.asyncio.sleep(0.01)
    assert await encoded(coders, Form(ion=False, view="", key_names=())), "and comes again"
