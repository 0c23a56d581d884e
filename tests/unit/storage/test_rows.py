"""What is done with every row: the same in both forms, and as the obvious would do it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from types import ModuleType
from typing import Any

import pytest

from jedlik.storage.waist import Key, Row
from tests.support.forms import Form, forms_of

MISSING = object()


@pytest.fixture(params=forms_of("jedlik.storage.rows"), ids=str)
def rows(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    form: Form = request.param
    yield from form.modules()


def some_key(r: Random) -> Key:
    parts = [bytes(r.choices(b"\0ab\xff", k=r.randrange(4))) for _ in range(3)]
    return (r.choice((1, 2, 1000, 1 << 40)), parts[0], parts[1], parts[2])


def test_a_row_is_a_row(rows: ModuleType) -> None:
    made = rows.new_row(1 << 60, b"value")
    assert type(made) is Row
    assert made == Row(1 << 60, b"value")
    assert (made.version, made.value) == (1 << 60, b"value")


def test_the_first_table_that_has_a_key_tells(rows: ModuleType) -> None:
    r = Random(2)
    for _ in range(500):
        tables: Any = tuple(
            {some_key(r): r.choice((None, Row(n, b"v"))) for n in range(r.randrange(40))}
            for _ in range(r.randrange(4))
        )
        asked = some_key(r)
        wanted = next((table[asked] for table in tables if asked in table), MISSING)
        assert rows.find(asked, tables, MISSING) is wanted


def test_a_key_is_placed_behind_those_that_are_less(rows: ModuleType) -> None:
    r = Random(3)
    for _ in range(500):
        keys = sorted({some_key(r) for _ in range(r.randrange(30))})
        one = some_key(r)
        at = rows.place(keys, one)
        assert all(each < one for each in keys[:at])
        assert all(each >= one for each in keys[at:])


def test_a_group_is_laid_over_a_table(rows: ModuleType) -> None:
    r = Random(4)
    table: dict[Key, Row | None] = {}
    size = 0
    for number in range(300):
        known = set(table)
        group = {
            some_key(r): r.choice((None, Row(number + 1, bytes(r.randrange(9)))))
            for _ in range(r.randrange(6))
        }
        told: list[Key] = []
        size += rows.lay_over(table, group, told.append)
        assert told == [each for each in group if each not in known]
        assert {each: table[each] for each in group} == group
        assert size == sum(
            rows.ROW_OVERHEAD + len(each[2]) + len(each[3]) + (len(row.value) if row else 0)
            for each, row in table.items()
        )
