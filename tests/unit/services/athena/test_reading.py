"""The program that reads queries, as the runner of queries meets it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from jedlik.services.athena import process
from jedlik.services.athena.reading import Reading


def reader(answers: asyncio.StreamReader) -> Any:
    """A process that says what the test feeds to `answers`."""

    def kill() -> None:
        answers.feed_eof()

    async def wait() -> int:
        return 0

    stdin = SimpleNamespace(write=lambda data: None, close=lambda: None)
    return SimpleNamespace(stdin=stdin, stdout=answers, returncode=None, kill=kill, wait=wait)


@pytest.mark.parametrize("turns", range(8))
async def test_a_query_that_is_cancelled_when_its_answer_comes_is_cancelled(
    monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    # Or a server would wait for ever for a query that has been told to end.
    answers = asyncio.StreamReader()

    async def start(program: str) -> Any:
        return reader(answers)

    monkeypatch.setattr(process, "start", start)
    asking = asyncio.ensure_future(Reading().names("SELECT 1", [], "default"))
    for _ in range(20):
        await asyncio.sleep(0)
    answers.feed_data(b'{"names": [], "wants_path": false}\n')
    for _ in range(turns):
        await asyncio.sleep(0)
    cancelled = asking.cancel()
    (ended,) = await asyncio.gather(asking, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError) if cancelled else ended == ([], False)


async def test_a_query_that_nobody_can_read_in_time_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from jedlik.services.athena import reading
    from jedlik.services.athena.sql.faults import Malformed

    async def start(program: str) -> Any:
        return reader(asyncio.StreamReader())

    monkeypatch.setattr(process, "start", start)
    monkeypatch.setattr(reading, "READ_S_MAX", 0.01)
    with pytest.raises(Malformed, match="too complex"):
        await Reading().check("SELECT 1")
