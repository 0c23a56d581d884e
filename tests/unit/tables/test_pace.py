"""Background work's pieces: small as soon as requests are answered, however short those are."""

import asyncio

import pytest

from jedlik.storage.memory import MemoryEngine
from jedlik.tables import pace as paces
from jedlik.tables.pace import REST_S, SMALLER, Pace


async def test_pieces_are_small_once_answers_were_given() -> None:
    pace = Pace(MemoryEngine())
    pace._seen_at = float("-inf")
    answering_s = 0.0
    pace.answering_s = lambda: answering_s
    assert pace.items(100) == 100
    answering_s = 0.00002
    await pace.turn()
    assert pace.items(100) == 100 // SMALLER


async def test_they_are_large_again_when_nobody_has_come_for_a_while() -> None:
    pace = Pace(MemoryEngine())
    pace.answering_s = lambda: 1.0
    await pace.turn()
    pace._seen_at -= 1
    assert pace.items(100) == 100


async def test_pieces_are_followed_by_a_rest_while_answers_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rests: list[float] = []
    sleep = asyncio.sleep

    async def slept(seconds: float) -> None:
        if seconds:
            rests.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", slept)
    monkeypatch.setattr(paces, "ALONE_S", 60.0)  # whatever a round takes
    pace = Pace(MemoryEngine())
    answering_s = 0.0
    pace.answering_s = lambda: answering_s
    await pace.turn()
    assert not rests
    answering_s = 0.00002
    for _ in range(2):
        await pace.turn()
    assert rests == [REST_S, REST_S]
    pace._asked_at -= 1
    await pace.turn()
    assert len(rests) == 2
