"""A group as a record of the journal: both forms write the same bytes, which say all of it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from random import Random
from types import ModuleType

import pytest

from jedlik.storage import sqlite_encoding
from jedlik.storage.sqlite_group import Group
from jedlik.storage.sqlite_record import HEAD_BYTES, decode, is_sound, read_head
from jedlik.storage.waist import Change, Row
from tests.support.forms import Form, forms_of

SECRET = 77


@pytest.fixture(params=forms_of("jedlik.storage.sqlite_encoding"), ids=str)
def encoding(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    form: Form = request.param
    yield from form.modules()


def some_group(r: Random) -> Group:
    group = Group()
    group.version = r.randrange(1 << 62)
    for _ in range(r.randrange(5)):
        key = (r.randrange(1 << 40), r.randbytes(16), r.randbytes(r.randrange(9)), r.randbytes(2))
        size = r.choice((0, 1, 1000, 70_000))
        group.rows[key] = r.choice((None, Row(r.randrange(1, 1 << 62), r.randbytes(size))))
    for _ in range(r.randrange(3)):
        group.changes.append(Change(r.randrange(99), r.randrange(9), r.randbytes(r.randrange(50))))
        group.add_tally(r.randrange(3), r.randrange(-5, 5), r.randrange(-5000, 5000))
    for _ in range(r.randrange(2)):
        group.trims.append((r.randrange(9), r.randrange(9), r.randrange(1 << 40)))
        group.drops.append(r.randrange(9))
    return group


def test_a_group_comes_back(encoding: ModuleType) -> None:
    r = Random(5)
    for serial in range(1, 300):
        group = some_group(r)
        about = {"secret": SECRET, "serial": serial, "previous": serial - 1, "synced": serial - 1}
        record = encoding.encode(group, **about)
        assert record == sqlite_encoding.encode(group, **about)
        head = read_head(record)
        assert head is not None
        assert (head.serial, head.previous, head.version) == (serial, serial - 1, group.version)
        payload = record[HEAD_BYTES:]
        assert is_sound(head, payload, SECRET)
        again = decode(head, payload)
        for part in ("rows", "changes", "tallies", "trims", "drops"):
            assert getattr(again, part) == getattr(group, part)


@pytest.mark.parametrize(
    ("key", "row"),
    [
        ((1, b"t" * 70_000, b"", b""), Row(1, b"v")),
        ((1, b"t", "sort", b""), Row(1, b"v")),
        ((1, b"t", b"", b""), Row(1, "v")),
        ((1, b"t", b"", b""), Row(1 << 63, b"v")),
        ((1 << 64, b"t", b"", b""), None),
    ],
)
def test_what_cannot_be_stored_is_refused(encoding: ModuleType, key, row) -> None:
    group = Group()
    group.rows[key] = row
    with pytest.raises((struct.error, OverflowError, TypeError)):
        encoding.encode(group, secret=1, serial=1, previous=0, synced=0)
