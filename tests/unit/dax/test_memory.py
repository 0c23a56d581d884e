"""The bound on what a node remembers, and what goes first."""

from __future__ import annotations

import gc
import tracemalloc

from jedlik.services.dax.clusters import CacheTimes, Wrote
from jedlik.services.dax.item_cache import ItemCache
from jedlik.services.dax.memory import ENTRY_BYTES, Memory, Shelf
from jedlik.services.dax.metrics import NodeMetrics
from jedlik.services.dax.query_cache import QueryCache, key_of


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Table:
    account, region, name = "a", "r", "t"


def make(bytes_max: int = 1 << 20) -> tuple[ItemCache, QueryCache, Clock, NodeMetrics, CacheTimes]:
    clock, metrics, times = Clock(), NodeMetrics(), CacheTimes()
    memory = Memory(bytes_max, times=times, metrics=metrics, clock=clock)
    return ItemCache(memory), QueryCache(memory), clock, metrics, times


def key(n: int) -> tuple[int, bytes, bytes]:
    return (16, n.to_bytes(16, "big"), b"")


def fill(items: ItemCache, n: int, value: bytes | None = b"x" * 100, version: int = 1) -> None:
    items.fill(key(n), items.ticket(key(n)), version, value)


def test_what_was_used_least_goes_first() -> None:
    items, _, _, metrics, _ = make(10 * (ENTRY_BYTES + 100))
    for n in range(10):
        fill(items, n)
    assert items.find(key(0)) is not None
    fill(items, 10)
    assert items.find(key(0)) is not None and items.find(key(1)) is None
    assert metrics.evicted_items == 1 and metrics.evicted_bytes == ENTRY_BYTES + 100
    assert metrics.cached_items == 10


def test_a_working_set_of_ten_times_the_cache_stays_within_the_bound() -> None:
    bound = 4 << 20
    items, queries, _, metrics, _ = make(bound)
    value_bytes = 500
    wanted = 10 * bound // (ENTRY_BYTES + value_bytes)
    gc.collect()
    tracemalloc.start()
    for n in range(wanted):
        fill(items, n, bytes(value_bytes))
        if n % 50 == 0:
            queries.add(key_of("Query", 16, {"n": n}), "Query", bytes(value_bytes))
        assert items.memory.used_bytes <= bound
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # What is counted is what is taken: within the bound, and the bound is made use of.
    assert bound * 0.6 < taken < bound
    assert metrics.evicted_items > wanted * 0.85
    assert metrics.cached_bytes == items.memory.used_bytes > bound * 0.99


def test_replies_count_and_go_with_their_entry() -> None:
    items, _, clock, metrics, _ = make()
    memory, table = items.memory, Table()
    shelf = Shelf(memory, metrics, cached_table=lambda *name: table)
    fill(items, 1)
    entry = items.find(key(1))
    assert entry is not None
    before = memory.used_bytes
    memory.attach(entry, shelf, b"question", b"answer" * 10, table)
    assert memory.used_bytes > before + 60
    assert shelf.find(b"question", clock.now_s) == b"answer" * 10
    assert metrics.item_hits == 1 and metrics.requests["GetItem"].total == 1
    items.written(Wrote(*key(1), 2, b"new"))
    assert shelf.find(b"question", clock.now_s) is None and not shelf.replies


def test_replies_about_another_table_of_the_name_are_not_given() -> None:
    items, _, clock, metrics, _ = make()
    tables = [Table(), Table()]
    current = tables[0]
    shelf = Shelf(items.memory, metrics, cached_table=lambda *name: current)
    fill(items, 1)
    entry = items.find(key(1))
    assert entry is not None
    items.memory.attach(entry, shelf, b"question", b"answer", tables[0])
    current = tables[1]
    assert shelf.find(b"question", clock.now_s) is None


def test_entries_end_when_their_time_is_up() -> None:
    items, queries, clock, _, times = make()
    times.record_ttl_ms, times.query_ttl_ms = 1000, 3000
    fill(items, 1)
    fill(items, 2, None)
    asked = key_of("Scan", 16, {})
    queries.add(asked, "Scan", b"{}")
    clock.now_s += 0.999
    assert items.find(key(1)) is not None and items.find(key(2)) is not None
    clock.now_s += 0.001
    assert items.find(key(1)) is None and items.find(key(2)) is None
    assert queries.find(asked) is not None
    clock.now_s += 2
    assert queries.find(asked) is None


def test_a_change_of_the_times_governs_what_is_there_already() -> None:
    items, _, clock, _, times = make()
    fill(items, 1)
    clock.now_s += 100
    times.record_ttl_ms = 50_000
    assert items.find(key(1)) is None
    times.record_ttl_ms = 0  # for ever
    fill(items, 1)
    clock.now_s += 1e9
    assert items.find(key(1)) is not None


def test_a_read_that_a_write_overtook_fills_nothing() -> None:
    items, _, _, _, _ = make()
    ticket = items.ticket(key(1))
    items.written(Wrote(*key(1), 5, b"new"))
    assert items.fill(key(1), ticket, 4, b"old") is None
    found = items.find(key(1))
    assert found is not None and found.content == b"new"
    ticket = items.ticket(key(1))
    items.written(Wrote(*key(1), 0, None))  # nobody knows what is there
    items.fill(key(1), ticket, 5, b"new")
    assert items.find(key(1)) is None


def test_an_image_that_comes_late_is_not_taken() -> None:
    items, _, _, _, _ = make()
    items.written(Wrote(*key(1), 7, None))  # deleted
    items.written(Wrote(*key(1), 6, b"before"))
    found = items.find(key(1))
    assert found is not None and found.content is None
    items.written(Wrote(*key(1), 8, b"after"))
    found = items.find(key(1))
    assert found is not None and found.content == b"after"


def test_clearing_one_cache_leaves_the_other() -> None:
    items, queries, _, metrics, _ = make()
    fill(items, 1)
    asked = key_of("Query", 16, {"a": 1})
    queries.add(asked, "Query", b"{}")
    items.clear()
    assert items.find(key(1)) is None and queries.find(asked) is not None
    queries.clear()
    assert queries.find(asked) is None and metrics.cached_bytes == 0


def test_requests_differ_in_any_parameter_but_not_in_their_order() -> None:
    base = {"TableName": "t", "Limit": 1}
    assert key_of("Query", 1, base) == key_of("Query", 1, {"Limit": 1, "TableName": "t"})
    others = [
        key_of("Scan", 1, base),
        key_of("Query", 2, base),
        key_of("Query", 1, {**base, "Limit": 2}),
        key_of("Query", 1, {**base, "FilterExpression": "a=:b"}),
    ]
    assert len({key_of("Query", 1, base), *others}) == 5
