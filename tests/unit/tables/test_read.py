"""Pages of many rows: where they end, and that they leave turns to others."""

from __future__ import annotations

import asyncio

import pytest

from jedlik.storage.memory import MemoryEngine
from jedlik.storage.waist import Batch, Put
from jedlik.tables.read import PAGE_SIZE_BYTES_MAX, ROWS_PER_TURN, Page, query, scan

SPACE = 20
TOKEN = bytes(16)


async def rows(count: int, *, size: int, json_bytes: int) -> MemoryEngine:
    """A partition of rows that say they are `size` bytes and take `json_bytes` when stored."""
    engine = MemoryEngine()
    await engine.space_create(SPACE)
    value = size.to_bytes(4, "little") + b"x" * json_bytes
    keys = [(SPACE, TOKEN, number.to_bytes(4, "big"), b"") for number in range(count)]
    await engine.commit(Batch(1, [Put(key, 0, value) for key in keys]))
    return engine


async def read(engine: MemoryEngine, how: str, *, limit: int | None = None) -> list[Page]:
    """All pages of the partition, one after the other."""
    pages: list[Page] = []
    while not pages or pages[-1].more:
        last = pages[-1].entries[-1] if pages else None
        if how == "scan":
            after = None if last is None else (last.token, last.sort, last.sub)
            pages.append(await scan(engine, SPACE, after=after, limit=limit))
        else:
            start = None if last is None else (last.sort, last.sub)
            pages.append(await query(engine, SPACE, TOKEN, after=start, limit=limit))
    return pages


@pytest.mark.parametrize("how", ["query", "scan"])
@pytest.mark.parametrize("json_bytes", [30, 100])
async def test_a_page_ends_with_the_row_that_fills_it(how: str, json_bytes: int) -> None:
    size = 1000
    in_page = -(-PAGE_SIZE_BYTES_MAX // size)
    engine = await rows(2 * in_page + 5, size=size, json_bytes=json_bytes + size)
    pages = await read(engine, how)
    assert [len(page.entries) for page in pages] == [in_page, in_page, 5]
    assert [page.more for page in pages] == [True, True, False]
    numbers = [int.from_bytes(entry.sort, "big") for page in pages for entry in page.entries]
    assert numbers == list(range(2 * in_page + 5))


@pytest.mark.parametrize("how", ["query", "scan"])
@pytest.mark.parametrize("limit", [1, ROWS_PER_TURN, ROWS_PER_TURN + 1, 3 * ROWS_PER_TURN])
async def test_a_limit_ends_a_page_whatever_the_turns(how: str, limit: int) -> None:
    count = 3 * ROWS_PER_TURN
    pages = await read(await rows(count, size=20, json_bytes=40), how, limit=limit)
    assert sum(len(page.entries) for page in pages) == count
    assert {len(page.entries) for page in pages[:-1]} <= {limit}


@pytest.mark.parametrize("how", ["query", "scan"])
async def test_others_are_served_while_a_page_is_read(how: str) -> None:
    turns = 8
    engine = await rows(turns * ROWS_PER_TURN, size=20, json_bytes=40)
    reading = asyncio.ensure_future(read(engine, how))
    served = 0
    while not reading.done():
        await asyncio.sleep(0)
        served += 1
    assert len((await reading)[0].entries) == turns * ROWS_PER_TURN
    assert served >= turns
