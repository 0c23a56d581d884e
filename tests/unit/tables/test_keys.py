"""Storage keys: what fits a schema, what does not, and where an item stands in an index."""

from __future__ import annotations

import pytest

from jedlik.tables.errors import BadKey
from jedlik.tables.keys import Key, exact_key, index_key, key_extractor, segment_tokens
from jedlik.tables.model import Index, KeyAttribute, KeySchema, Table

HASH = KeySchema((KeyAttribute("pk", "S"),))
BOTH = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "N"),))


def test_the_sort_key_orders_numbers_by_value() -> None:
    key_of = key_extractor(BOTH)
    texts = ["-10", "-1.5", "0", "0.001", "9", "10", "1e20"]
    sorts = [key_of({"pk": {"S": "a"}, "sk": {"N": text}}).sort for text in texts]
    assert sorts == sorted(sorts)
    assert len(set(sorts)) == len(sorts)


def test_equal_numbers_written_differently_are_one_key() -> None:
    key_of = key_extractor(BOTH)
    one = key_of({"pk": {"S": "a"}, "sk": {"N": "1.0"}})
    assert one == key_of({"pk": {"S": "a"}, "sk": {"N": "01"}})


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"pk": {"N": "1"}},
        {"pk": {"S": ""}},
        {"pk": {"S": 1}},
        {"pk": {"S": "a", "N": "1"}},
        {"pk": "a"},
        {"pk": None},
        {"pk": {"S": "x" * 2049}},
    ],
)
def test_what_is_no_key_is_refused(attributes: dict) -> None:
    with pytest.raises(BadKey):
        key_extractor(HASH)(attributes)


def test_the_longest_keys_fit() -> None:
    schema = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "S"),))
    key_of = key_extractor(schema)
    assert len(key_of({"pk": {"S": "x" * 2048}, "sk": {"S": "y" * 1024}}).sort) == 1024
    with pytest.raises(BadKey):
        key_of({"pk": {"S": "x"}, "sk": {"S": "y" * 1025}})


def test_a_key_map_holds_the_key_and_nothing_else() -> None:
    key_of = key_extractor(HASH)
    assert isinstance(exact_key(HASH, key_of, {"pk": {"S": "a"}}), Key)
    with pytest.raises(BadKey):
        exact_key(HASH, key_of, {"pk": {"S": "a"}, "other": {"S": "b"}})


@pytest.mark.parametrize(
    "item", [{}, {"g": {"N": "1"}}, {"g": {"S": ""}}, {"g": {"S": "x" * 2049}}]
)
def test_an_item_without_a_usable_index_key_is_not_in_the_index(item: dict) -> None:
    index = Index("i", "global", KeySchema((KeyAttribute("g", "S"),)), "ALL")
    assert index_key(index, item) is None


@pytest.mark.parametrize("total", [1, 2, 3, 7, 1000, 1_000_000])
def test_segments_cover_every_token_once(total: int) -> None:
    ranges = [segment_tokens(i, total) for i in (0, *range(max(0, total - 3), total))]
    assert ranges[0][0] == bytes(16)
    assert ranges[-1][1] is None
    for i in range(min(total, 50) - 1):
        assert segment_tokens(i, total)[1] == segment_tokens(i + 1, total)[0]


def test_parts_are_equal_ranges_of_tokens() -> None:
    table = Table("1", "r", "t", HASH, {"pk": "S"}, parts=4)
    found = [table.part_of(bytes([first]) + bytes(15)) for first in (0, 63, 64, 127, 128, 255)]
    assert found == [0, 0, 1, 1, 2, 3]
