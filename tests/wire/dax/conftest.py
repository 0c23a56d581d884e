from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.wire.dax.node import DaxNode


@pytest_asyncio.fixture
async def node() -> AsyncIterator[DaxNode]:
    running = await DaxNode().start()
    yield running
    await running.stop()


@pytest_asyncio.fixture
async def cluster() -> AsyncIterator[DaxNode]:
    """Three nodes."""
    running = await DaxNode(nodes=3).start()
    yield running
    await running.stop()


@pytest_asyncio.fixture
async def guarded() -> AsyncIterator[DaxNode]:
    """A node that admits known keys alone."""
    running = await DaxNode(mode="required").start()
    yield running
    await running.stop()
