"""The engines under the contract. A new engine joins by one entry in `ENGINES`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from jedlik.storage.memory import MemoryEngine
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.waist import Engine

ENGINES: dict[str, Callable[[Path], Engine]] = {
    "memory": lambda folder: MemoryEngine(),
    "sqlite": SqliteEngine.open,
}


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    opened = ENGINES[request.param](tmp_path / "data")
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteEngine]:
    opened = SqliteEngine.open(tmp_path / "data")
    yield opened
    await opened.close()
