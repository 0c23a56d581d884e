"""The engines under the contract. A new engine joins by one entry in `ENGINES`.

PostgreSQL comes in both its dialects, on one server that the tests start: plain, and for Citus,
which runs without the extension, too. Where there is no PostgreSQL these tests are skipped.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jedlik.storage.memory import MemoryEngine
from jedlik.storage.postgres import PostgresEngine
from jedlik.storage.sqlite import SqliteEngine
from jedlik.storage.waist import Engine
from tests.support.postgres import Cluster, running
from tests.support.quick_folder import quick_folder

DIALECTS = {"postgres": "plain", "postgres, as for Citus": "citus"}
HASTY = "sqlite that takes over at once"
ENGINES = ("memory", "sqlite", HASTY, *DIALECTS)

_schemas = itertools.count(1)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """As pytest's own, but in memory where that is possible."""
    with tempfile.TemporaryDirectory(prefix="jedlik-contract-", dir=quick_folder()) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for the whole run, which does not wait for its disk."""
    with running() as made:
        yield made


@pytest.fixture
def new_store(cluster: Cluster) -> Callable[..., str]:
    """new_store(**parameters): the URL of a store that is still to be made."""
    return lambda **parameters: cluster.url(f"store{next(_schemas)}", **parameters)


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    opened: Engine
    if request.param == "memory":
        opened = MemoryEngine()
    elif request.param == "sqlite":
        opened = SqliteEngine.open(tmp_path / "data")
    elif request.param == HASTY:
        opened = SqliteEngine.open(tmp_path / "data", table_bytes=1)
    else:
        url = request.getfixturevalue("new_store")(dialect=DIALECTS[request.param], connections=8)
        opened = await PostgresEngine.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteEngine]:
    opened = SqliteEngine.open(tmp_path / "data")
    yield opened
    await opened.close()


@pytest.fixture(params=DIALECTS.values())
async def open_postgres(
    request: pytest.FixtureRequest, new_store: Callable[..., str]
) -> AsyncIterator[Callable[..., Awaitable[PostgresEngine]]]:
    """open_postgres(url=…, **parameters of open): an engine in each dialect; all share one store
    unless a URL is given."""
    shared = new_store(dialect=request.param)
    async with contextlib.AsyncExitStack() as closing:

        async def open_one(url: str = shared, **parameters: Any) -> PostgresEngine:
            opened = await PostgresEngine.open(url, **parameters)
            closing.push_async_callback(opened.close)
            return opened

        yield open_one
