"""Log events go when their group no longer keeps them, and others stay."""

from __future__ import annotations

import msgspec

from jedlik.services.logs.store import Logs
from jedlik.storage.memory import MemoryEngine
from jedlik.tables.database import Database
from jedlik.workers.log_retention import DAY_MS, LogRetention


async def test_events_go_in_time() -> None:
    db = Database(MemoryEngine())
    await db.open()
    worker = LogRetention(db)
    now_ms = db.clock.now_ms()
    assert not await worker.step(now_ms)
    logs = Logs(db, "1", "r")
    for name in ("short", "ever"):
        await logs.ensure(name, "s")
        events = [(now_ms - 2 * DAY_MS, "old"), (now_ms - DAY_MS + 5000, "young")]
        await logs.put(name, "s", events)
    await logs.change_group("short", lambda group: msgspec.structs.replace(group, days=1))
    await worker.step(now_ms)
    for name, expected in (("short", ["young"]), ("ever", ["old", "young"])):
        group = await logs.group(name)
        found = await logs.events(await logs.stream(group, "s"), limit=10)
        assert [event.message for _, event in found] == expected
        assert group.stored_bytes == sum(len(text) + 26 for text in expected)
