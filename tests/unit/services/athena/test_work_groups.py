"""How many work groups an account may have, on an engine in memory."""

from __future__ import annotations

import pytest

from jedlik.api.errors import ApiError
from jedlik.services.athena import store
from jedlik.services.athena.records import WorkGroup
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database


async def test_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "WORK_GROUPS_MAX", 3)
    db = Database(MemoryEngine())
    await db.open()
    groups = store.Store(db, "000000000000", "us-east-1")

    async def add(name: str) -> str:
        try:
            await groups.add_work_group(WorkGroup(name=name, created_ms=0, configuration={}))
        except ApiError as refused:
            return f"{refused.code}: {refused.message}"
        return "made"

    # The primary one counts.
    assert [await add(name) for name in ("a", "b")] == ["made", "made"]
    assert "maximum number" in await add("c")
    assert "already created" in await add("a")
    await groups.delete_work_group("a")
    assert await add("c") == "made"
