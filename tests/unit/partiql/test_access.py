"""Which rows a WHERE clause leads to: ranges never narrower than what it says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jedlik.tables.expressions.conditions import condition_of
from jedlik.tables.model import KeyAttribute, KeySchema
from jedlik.tables.partiql.access import access_of, full_key
from jedlik.tables.partiql.literals import bind
from jedlik.tables.partiql.parser import parse
from jedlik.tables.partiql.translate import Translation
from jedlik.values import Invalid, encode_key

SCHEMA = KeySchema((KeyAttribute("pk", "S"),), (KeyAttribute("sk", "N"),))
WIDE = KeySchema(
    (KeyAttribute("a", "S"), KeyAttribute("b", "S")),
    (KeyAttribute("x", "N"), KeyAttribute("y", "S")),
)


def bound_where(where, parameters=()):
    bound = bind(parse(f"SELECT * FROM Forum WHERE {where}"), parameters)
    return bound, bound.statement.does.where


def access(where, schema=SCHEMA, parameters=()):
    bound, tree = bound_where(where, parameters)
    return access_of(bound, schema, tree)


def test_no_where_is_a_scan_of_all():
    found = access_of(bind(parse("SELECT * FROM Forum"), ()), SCHEMA, None)
    assert found.ranges is None and found.exact


@pytest.mark.parametrize(
    "where", ["sk = 1", "pk > 'a'", "pk = 'a' OR n = 1", "NOT pk = 'a'", "pk = n", "pk.x = 'a'"]
)
def test_without_an_equal_partition_key_it_is_a_scan(where):
    found = access(where)
    assert found.ranges is None and not found.exact


def test_a_whole_key_is_a_point():
    found = access("sk = 2 AND 'a' = pk")
    assert [reach.point for reach in found.ranges] == [True]
    assert found.exact


def test_conditions_on_the_sort_key_meet():
    (reach,) = access("pk = 'a' AND sk > 1 AND 5 >= sk").ranges
    assert (reach.low, reach.low_open) == (encode_key({"N": "1"}), True)
    assert (reach.high, reach.high_open) == (encode_key({"N": "5"}), False)


def test_other_conditions_need_a_filter():
    assert not access("pk = 'a' AND n = 1").exact
    assert not access("pk = 'a' AND pk > 'b'").exact


def test_in_and_or_are_several_ranges():
    found = access("pk IN ['b', 'a', 'b'] AND sk > 1")
    assert [reach.partition for reach in found.ranges] == [b"b", b"a"]
    found = access("(pk = 'a' AND sk = 1) OR (pk = 'b' AND sk = 2)")
    assert len(found.ranges) == 2 and found.exact


def test_equal_keys_are_read_once():
    found = access("pk IN ['a'] AND sk IN [2, 1, 1]")
    assert [reach.low for reach in found.ranges] == [encode_key({"N": n}) for n in "12"]


def test_a_partition_key_is_listed_with_fifty_values_at_most():
    def listing(count):
        return f"pk IN [{', '.join(repr(str(i)) for i in range(count))}]"

    assert len(access(listing(50)).ranges) == 50
    with pytest.raises(Invalid) as refused:
        access(f"sk = 1 AND ({listing(51)} OR pk = 'a')")
    assert refused.value.message.endswith("too many operands; number of operands: 51")
    assert len(access(f"pk = 'a' AND sk IN [{', '.join(map(str, range(100)))}]").ranges) == 100


@pytest.mark.parametrize(
    ("where", "listed"),
    [
        ("pk IN ['a']", True),
        ("pk = 'a' AND (sk IN [1] OR sk = 2)", True),
        ("pk = 'a' AND n IN [1]", False),
        ("pk = 'a' AND NOT sk IN [1]", False),
        ("pk = 'a' OR pk = 'b'", False),
    ],
)
def test_keys_listed_by_in_are_known(where, listed):
    assert access(where).listed is listed


def test_overlapping_ranges_become_one_with_a_filter():
    found = access("pk = 'a' OR (pk = 'a' AND sk > 1)")
    assert len(found.ranges) == 1 and not found.exact


def test_contradictions_lead_nowhere():
    assert access("pk = 'a' AND sk = 1 AND sk = 2").ranges == ()


def test_too_many_alternatives_stay_a_filter():
    where = " AND ".join(f"(n = {i} OR pk = 'a{i}')" for i in range(12))
    assert access(where).ranges is None


def test_keys_of_several_attributes():
    assert access("a = '1'", WIDE).ranges is None
    (reach,) = access("a = '1' AND b = '2'", WIDE).ranges
    assert reach.low is None
    found = access("a = '1' AND b = '2' AND x = 1 AND y = 'z'", WIDE)
    assert found.ranges[0].point and found.exact
    found = access("a = '1' AND b = '2' AND x = 1 AND y > 'z'", WIDE)
    assert found.ranges[0].high_open and not found.exact


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (
            "pk = 1",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        (
            "pk = 'a' AND sk = 'x'",
            "Key attribute's data type should match its data type in table's schema: Key sk",
        ),
        (
            "pk = ''",
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk",
        ),
        (
            "pk = 'a' AND sk BETWEEN 2 AND 1",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
            "lower bound operand: AttributeValue: {N:2}, "
            "upper bound operand: AttributeValue: {N:1}",
        ),
    ],
)
def test_impossible_keys_are_refused(where, message):
    with pytest.raises(Invalid) as refused:
        access(where)
    assert refused.value.message == message


def test_a_write_names_its_whole_key_and_may_ask_more():
    key, others = full_key(*with_schema("pk = 'a' AND (n = 1 AND ? = sk)", [{"N": "3"}]))
    assert key == {"pk": {"S": "a"}, "sk": {"N": "3"}}
    assert len(others) == 1


@pytest.mark.parametrize("where", ["pk = 'a'", "pk = 'a' AND sk > 1", "pk = 'a' AND sk IN [1]"])
def test_a_write_without_its_whole_key_is_refused(where):
    with pytest.raises(Invalid) as refused:
        full_key(*with_schema(where))
    assert refused.value.message == (
        "Where clause does not contain a mandatory equality on all key attributes"
    )


def test_a_write_cannot_have_two_keys():
    with pytest.raises(Invalid) as refused:
        full_key(*with_schema("pk = 'a' AND sk = 1 AND pk = 'b'"))
    assert refused.value.message == (
        "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported"
    )


def with_schema(where, parameters=()):
    bound, tree = bound_where(where, parameters)
    return bound, SCHEMA, tree


tests_of_keys = st.one_of(
    st.sampled_from("abc").map("pk = '{}'".format),
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(
        lambda names: f"pk IN [{', '.join(repr(name) for name in names)}]"
    ),
    st.tuples(st.sampled_from(["=", "<", "<=", ">", ">=", "<>"]), st.integers(0, 4)).map(
        lambda test: f"sk {test[0]} {test[1]}"
    ),
    st.tuples(st.integers(0, 4), st.integers(0, 2)).map(
        lambda bounds: f"sk BETWEEN {bounds[0]} AND {bounds[0] + bounds[1]}"
    ),
    st.integers(0, 2).map("n = {}".format),
)
clauses = st.recursive(
    tests_of_keys,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda c: f"({' AND '.join(c)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda c: f"({' OR '.join(c)})"),
        inner.map("NOT ({})".format),
    ),
    max_leaves=8,
)
ITEMS = [
    {"pk": {"S": pk}, "sk": {"N": str(sk)}, "n": {"N": str((sk + ord(pk)) % 3)}}
    for pk in "abc"
    for sk in range(5)
]


@settings(max_examples=400, deadline=None)
@given(clauses)
def test_ranges_hold_every_item_that_satisfies_the_clause_and_none_twice(where):
    """Against the evaluator of conditions: ranges and filter together select just what holds."""
    bound, tree = bound_where(where)
    translation = Translation(bound)
    condition = condition_of(translation.where([tree]), translation.values)
    found = access_of(bound, SCHEMA, tree)
    for item in ITEMS:
        wanted = condition.holds(item)
        if found.ranges is None:
            continue
        reached = sum(inside(item, reach) for reach in found.ranges)
        assert reached <= 1
        if wanted:
            assert reached == 1
        elif found.exact:
            assert reached == 0


def inside(item, reach):
    sort = encode_key(item["sk"])
    if item["pk"]["S"].encode() != reach.partition:
        return False
    if reach.low is not None and (sort < reach.low or (sort == reach.low and reach.low_open)):
        return False
    return not (
        reach.high is not None and (sort > reach.high or (sort == reach.high and reach.high_open))
    )
