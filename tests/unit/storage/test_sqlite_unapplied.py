"""The tables of what SQLite lacks."""

from __future__ import annotations

from jedlik.storage.sqlite_unapplied import Unapplied
from jedlik.storage.waist import Row


def test_a_table_that_nobody_needs_is_taken_apart_in_pieces() -> None:
    table = Unapplied()
    for at in range(1000):
        key = (1, at.to_bytes(16, "big"), b"", b"")
        table.rows[key] = Row(at + 1, b"v") if at % 3 else None
        table.order.add(key)
        table.log(1, at % 2, at // 2 + 1, b"r")
    left = []
    while table.shrink(100):
        left.append(len(table.rows))
    assert left[:11] == [900, 800, 700, 600, 500, 400, 300, 200, 100, 0, 0]
    assert not table.order.chunks()
    assert not table.logs
    assert not table.shrink(100)
