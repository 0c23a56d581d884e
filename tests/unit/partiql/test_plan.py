"""Plans of statements for a table: whatever the statement, a plan or Invalid."""

from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from jedlik.tables.item_writes import CheckWrite, DeleteWrite, PutWrite, UpdateWrite
from jedlik.tables.model import Index, KeyAttribute, KeySchema, Table
from jedlik.tables.partiql.literals import bind
from jedlik.tables.partiql.parser import parse
from jedlik.tables.partiql.plan import plan_get, plan_select, plan_write
from jedlik.tables.partiql.tree import Exists, Select
from jedlik.tables.stored import Stored, pack
from jedlik.values import Invalid, check_value, item_size

PK, SK, G = KeyAttribute("pk", "S"), KeyAttribute("sk", "N"), KeyAttribute("g", "B")
TABLE = Table(
    account="000000000000",
    region="us-east-1",
    name="Forum",
    keys=KeySchema((PK,), (SK,)),
    attribute_types={"pk": "S", "sk": "N", "g": "B"},
    indexes=(
        Index("by_g", "global", KeySchema((G,), (SK,)), "KEYS_ONLY"),
        Index("wide", "global", KeySchema((G, PK), (SK, PK)), "ALL"),
    ),
)
ITEM = {
    "pk": {"S": "a"},
    "sk": {"N": "1"},
    "n": {"N": "5"},
    "l": {"L": [{"N": "1"}, {"S": "x"}]},
    "m": {"M": {"x": {"N": "1"}}},
    "ss": {"SS": ["a"]},
}

leaves = st.sampled_from(
    ["?", "'a'", "''", "1", "-1", "1e126", "2.50", "true", "null", "MISSING", "[]", "[1, 'a']"]
    + [
        "{'x': 1}",
        "{}",
        "<<1, 2>>",
        "<<'a'>>",
        "<<>>",
        "`ion`",
        "[?]",
        "pk",
        "sk",
        "g",
        "n",
        "l[0]",
    ]
    + ["m.x", "m['x']", "ss", "gone", "m.*", "l[*]", "Forum.pk", '"date"']
)
FUNCTIONS = (
    "size begins_with contains attribute_type attribute_exists attribute_not_exists list_append "
    "if_not_exists set_add set_delete upper count exists"
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*|"), inner).map(
            lambda parts: f"{parts[0]} {parts[1].replace('|', '||')} {parts[2]}"
        ),
        st.tuples(st.sampled_from(FUNCTIONS.split()), st.lists(inner, max_size=3)).map(
            lambda call: f"{call[0]}({', '.join(call[1])})"
        ),
        inner.map("({})".format),
        inner.map("-{}".format),
    ),
    max_leaves=4,
)
comparisons = st.one_of(
    st.tuples(values, st.sampled_from(["=", "<>", "<", "<=", ">", ">=", "LIKE"]), values).map(
        " ".join
    ),
    st.tuples(values, values, values).map(lambda v: f"{v[0]} BETWEEN {v[1]} AND {v[2]}"),
    st.tuples(values, st.lists(values, max_size=3)).map(lambda v: f"{v[0]} IN [{', '.join(v[1])}]"),
    st.tuples(values, st.sampled_from(("MISSING", "NULL", "STRING", "INT", "LIST"))).map(
        lambda v: f"{v[0]} IS NOT {v[1]}"
    ),
    values,
)
keyed = st.sampled_from(["pk = 'a' AND sk = 1", "pk = ? AND sk = ?", "g = ?", "pk = 'a'"])
wheres = st.recursive(
    st.one_of(comparisons, keyed),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" AND ".join),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]} OR {parts[1]})"),
        inner.map("NOT {}".format),
    ),
    max_leaves=4,
)
paths = st.sampled_from(["n", "m.x", "m.new", "l[0]", "l[9]", "ss", "gone.x", "sk", "fresh"])
actions = st.lists(
    st.one_of(
        st.tuples(paths, values).map(lambda parts: f"SET {parts[0]} = {parts[1]}"),
        paths.map("REMOVE {}".format),
    ),
    min_size=1,
    max_size=3,
).map(" ".join)
selects = st.tuples(
    st.sampled_from(["*", "pk, m.x", "l[0], l", "n", "size(n)"]),
    st.sampled_from(["Forum", '"Forum"."by_g"', '"Forum"."wide"']),
    st.one_of(st.just(""), wheres.map("WHERE {}".format)),
    st.sampled_from(["", "ORDER BY sk DESC", "ORDER BY pk, sk", "ORDER BY n"]),
).map(lambda parts: f"SELECT {parts[0]} FROM {parts[1]} {parts[2]} {parts[3]}")
statements = st.one_of(
    selects,
    selects.map("EXISTS({})".format),
    st.lists(st.tuples(st.sampled_from(["pk", "sk", "n", "g"]), values), max_size=4).map(
        lambda fields: (
            f"INSERT INTO Forum VALUE {{{', '.join(f'{name!r}: {v}' for name, v in fields)}}}"
        )
    ),
    st.tuples(actions, wheres, st.sampled_from(["", "RETURNING ALL OLD *"])).map(
        lambda parts: f"UPDATE Forum {parts[0]} WHERE {parts[1]} {parts[2]}"
    ),
    wheres.map("DELETE FROM Forum WHERE {}".format),
)
PARAMETERS = [
    {"S": "a"},
    {"N": "1"},
    {"B": "AA=="},
    {"L": [{"N": "1"}]},
    {"BOOL": True},
    {"NS": ["1", "2"]},
    {"S": ""},
]


@settings(max_examples=1500, deadline=None)
@given(statements, st.lists(st.sampled_from(PARAMETERS), min_size=8, max_size=8))
def test_every_statement_has_a_plan_or_is_refused(text, parameters):
    """And a plan works on an item, on the item's absence, or refuses it with Invalid."""
    parameters = copy.deepcopy(parameters)
    for value in parameters:
        check_value(value)
    try:
        bound = bind(parse(text), parameters)
        does = bound.statement.does
        if isinstance(does, Select):
            index = TABLE.index(does.index) if does.index else None
            plan = plan_select(bound, does, TABLE, index)
            if plan.condition is not None:
                plan.condition.holds(ITEM)
            if plan.projection is not None:
                plan.projection.apply(ITEM)
            got = plan_get(bound, does, TABLE)
            assert got is None or plan.ranges is not None
            return
        write = plan_write(bound, TABLE)
        if isinstance(does, Exists):
            assert isinstance(write, CheckWrite)
        stored = Stored(1, pack(ITEM, item_size(ITEM)), ITEM)
        for old in (stored, None):
            if write.condition is None or write.condition.holds(old.item if old else None):
                write.apply(old, 2)
    except Invalid as refused:
        assert refused.message


def planned(text, *parameters):
    return plan_write(bind(parse(text), parameters), TABLE)


def test_writes_and_their_conditions():
    put = planned("INSERT INTO Forum VALUE {'pk': 'a', 'sk': 1.0}")
    assert isinstance(put, PutWrite) and put.item["sk"] == {"N": "1"}
    assert put.condition.holds(None) and not put.condition.holds(ITEM)
    update = planned("UPDATE Forum SET n = 6 WHERE pk = 'a' AND sk = 1 AND n = ?", {"N": "5"})
    assert isinstance(update, UpdateWrite) and update.key == put.key
    assert update.condition.holds(ITEM) and not update.condition.holds(None)
    assert not update.condition.holds({**ITEM, "n": {"N": "6"}})
    delete = planned("DELETE FROM Forum WHERE pk = 'a' AND sk = 1 AND n = 6")
    assert isinstance(delete, DeleteWrite)
    assert delete.condition.holds(None) and not delete.condition.holds(ITEM)
    assert planned("DELETE FROM Forum WHERE pk = 'a' AND sk = 1").condition is None
