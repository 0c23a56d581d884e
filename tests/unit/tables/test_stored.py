"""Stored items: the same bytes and answers in both forms."""

from __future__ import annotations

from random import Random
from types import ModuleType

import orjson
import pytest

from tests.support.forms import Form, forms_of

ITEM = {"pk": {"S": "ä"}, "n": {"N": "1"}}


@pytest.fixture(params=forms_of("jedlik.tables.stored"), ids=str)
def stored(request: pytest.FixtureRequest):
    form: Form = request.param
    yield from form.modules()


@pytest.mark.parametrize("size", [0, 1, 255, 256, 409_600, 2**31, 2**32 - 1])
def test_packed_and_taken_apart(stored: ModuleType, size: int) -> None:
    value = stored.pack(ITEM, size)
    assert value == size.to_bytes(4, "little") + orjson.dumps(ITEM)
    assert stored.size_of(value) == size
    assert stored.json_of(value) == orjson.dumps(ITEM)
    assert stored.framed(b'{"Item":', value, b"}") == orjson.dumps({"Item": ITEM})


def test_what_somebody_keeps_stays_as_it_is(stored: ModuleType) -> None:
    """The compiled form writes again into what nobody has any more, and only then."""
    r = Random(1)
    kept: list[tuple[bytes, bytes]] = []
    for number in range(3000):
        value = bytes((number % 256,)) * r.choice((4, 300, 600, 900, 1000, 5000, 17_000))
        made, wanted = stored.framed(b"<", value, b">"), b"<" + value[4:] + b">"
        assert made == wanted
        assert hash(made) == hash(wanted)
        if r.random() < 0.1:
            kept.append((made, wanted))
        del made
        kept = kept[-20:]
        assert all(one == other for one, other in kept)


def test_values_without_json(stored: ModuleType) -> None:
    assert stored.size_of(b"") == 0
    assert stored.size_of(b"\x07") == 7
    assert stored.json_of(b"\1\0\0\0") == b""
    assert stored.framed(b"a", b"", b"b") == stored.framed(b"a", bytes(4), b"b") == b"ab"


def test_an_item_is_decoded_once(stored: ModuleType) -> None:
    one = stored.Stored(5, stored.pack(ITEM, 6))
    assert (one.version, one.size, one.json) == (5, 6, orjson.dumps(ITEM))
    assert one.item == ITEM
    assert one.item is one.item
    other = stored.Stored(5, b"", ITEM, 7)
    assert other.item is ITEM
    assert other.size == 7
