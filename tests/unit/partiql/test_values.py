"""Values written in statements, projections, and the trees shared with expressions."""

from __future__ import annotations

import pytest

from jedlik.tables.expressions.conditions import condition_of
from jedlik.tables.expressions.updates import update_of
from jedlik.tables.partiql.literals import bind, item_of
from jedlik.tables.partiql.parser import parse
from jedlik.tables.partiql.projection import projection_of
from jedlik.tables.partiql.translate import Translation
from jedlik.values import Invalid

ITEM = {
    "n": {"N": "5"},
    "s": {"S": "five"},
    "l": {"L": [{"N": "1"}, {"S": "two"}]},
    "m": {"M": {"deep": {"N": "7"}, "l": {"L": [{"S": "x"}]}}},
    "ss": {"SS": ["a", "b"]},
    "nil": {"NULL": True},
    "yes": {"BOOL": True},
    "b": {"B": "AA=="},
}


def inserted(fields, parameters=()):
    bound = bind(parse(f"INSERT INTO Forum VALUE {{{fields}}}"), parameters)
    return item_of(bound, bound.statement.does.item)


def holds(where, parameters=()):
    bound = bind(parse(f"SELECT * FROM Forum WHERE {where}"), parameters)
    translation = Translation(bound)
    tree = translation.where([bound.statement.does.where])
    return condition_of(tree, translation.values).holds(ITEM)


def changed(actions, parameters=()):
    bound = bind(parse(f"UPDATE Forum {actions} WHERE id = 'x'"), parameters)
    translation = Translation(bound)
    sections = translation.update(bound.statement.does.actions)
    return update_of(sections, translation.values).apply(ITEM)


def message(function, *arguments):
    with pytest.raises(Invalid) as refused:
        function(*arguments)
    return refused.value.message


def test_every_type_can_be_written():
    assert inserted(
        "'s': 'it''s', 'n': -1.50e2, 'yes': true, 'none': null, 'l': [1, 'a', [false]],"
        "'pair': (1, 2), 'm': {'k': {'deep': 1}}, 'ss': <<'a', 'b'>>, 'ns': <<1, 2.50>>"
    ) == {
        "s": {"S": "it's"},
        "n": {"N": "-150"},
        "yes": {"BOOL": True},
        "none": {"NULL": True},
        "l": {"L": [{"N": "1"}, {"S": "a"}, {"L": [{"BOOL": False}]}]},
        "pair": {"L": [{"N": "1"}, {"N": "2"}]},
        "m": {"M": {"k": {"M": {"deep": {"N": "1"}}}}},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2.5"]},
    }


def test_parameters_stand_for_whole_attributes():
    value = {"M": {"any": {"BS": ["AA=="]}}}
    assert inserted("'a': ?, 'b': ?", [value, {"N": "1"}]) == {"a": value, "b": {"N": "1"}}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ("'a': <<>>", "Empty bags are not supported at 1:31:2"),
        (
            "'a': <<1, 'x'>>",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in "
            "bags",
        ),
        (
            "'a': <<true>>",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in "
            "bags at 1:33:4",
        ),
        ("'a': <<1, 1.0>>", "Input collection contains duplicates"),
        ("'a': MISSING", "Unsupported data type: MISSING under key root at 1:31:7"),
        ("'a': b", "Unsupported data type: b under key root at 1:31:1"),
        ("'a': 1 + 1", "Unsupported data type: + under key root at 1:33:1"),
        ("'a': `2020T`", "Ion Literals are not supported: TIMESTAMP under key root at 1:31:7"),
        (
            "'a': [{'k': b}]",
            "Unsupported data type: VariableReference under key root.0.k at 1:38:1",
        ),
        (
            "a: 1",
            "Tuple keys must be of type String. Actual type: VariableReference under root "
            "at 1:26:1",
        ),
        ("'a': 1, 'a': 2", "Duplicate keys in tuple. Key: a under root at 1:34:3"),
        (f"'a': {'1' * 39}", "DynamoDB only supports precision up to 38 digits"),
        (
            "'a': 1e126",
            "Number overflow. Attempting to store a number with magnitude larger than supported "
            "range",
        ),
        ("'a': " + "[" * 40 + "]" * 40, "Nesting Levels have exceeded supported limits"),
    ],
)
def test_values_that_cannot_be_written(fields, text):
    assert message(inserted, fields) == text


def test_nested_parameters_are_refused():
    # As DynamoDB Local does: only a whole attribute can be a parameter.
    assert message(inserted, "'a': [?]", [{"N": "1"}]) == (
        "Unsupported data type: Parameter under key root.0 at 1:32:1"
    )


def test_every_question_mark_needs_a_value():
    text = "Number of parameters in request and statement don't match."
    assert message(holds, "n = ?") == text
    assert holds("n = 5", [{"S": "left over"}])


@pytest.mark.parametrize(
    "where",
    [
        "n = 5 AND s <> 'six' AND n > 4 AND n <= 5.0",
        "s BETWEEN 'a' AND 'g' AND n IN (1, 5)",
        "s IN ['four', 'five'] AND NOT n NOT IN [5]",
        "gone IS MISSING AND n IS NOT MISSING AND m.gone IS MISSING AND m.deep = 7",
        "nil IS NULL AND n IS NOT NULL AND gone IS NOT NULL",
        "n IS NUMERIC AND s IS STRING AND l IS LIST AND m IS STRUCT AND yes IS BOOL AND b IS BLOB",
        "begins_with(s, 'fi') AND contains(s, 'iv') AND contains(ss, 'a') AND contains(l, 'two')",
        "attribute_type(ss, 'SS') AND attribute_exists(n) AND attribute_not_exists(gone)",
        "size(s) = 4 AND size(m) = 2 AND 4 = size(s)",
        "l[1] = 'two' AND m['l'][0] = 'x' AND l = [1, 'two'] AND ss = <<'b', 'a'>>",
        "yes = true AND nil = null AND m = {'l': ['x'], 'deep': 7}",
        "1 = 2 OR 1 < 2",
    ],
)
def test_conditions_that_hold(where):
    assert holds(where)
    assert not holds(f"NOT ({where})")


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("n", "WHERE clause must contain an expression that resolves to a boolean"),
        ("n = 1 AND yes", "The arguments to AND/OR must be Expressions"),
        ("NOT yes", "The argument to NOT must be a Type or Expression"),
        ("n = MISSING", "MISSING must be compared using IS operator"),
        ("n + 1 = 2", "Unsupported operator in Condition Expression. Operator: +"),
        ("s LIKE 'f%'", "Unsupported operator in Condition Expression. Operator: like"),
        ("foo(n)", "Unrecognized function: foo"),
        ("upper(s) = 'FIVE'", "Unrecognized function: upper"),
        ("count(n) = 1", "Unsupported token in expression: count at 1:27:5"),
        (
            "list_append(l, l) = [1]",
            "The function is not allowed in a condition expression; function: list_append",
        ),
        (
            "contains(s)",
            "Incorrect number of operands for operator or function; "
            "operator or function: contains, number of operands: 1",
        ),
        (
            "n < true",
            "Incorrect operand type for operator or function; "
            "operator or function: <, operand type: BOOL",
        ),
        (
            "n = n",
            "The first operand must be distinct from the remaining operands for this operator or "
            "function; operator: =, first operand: [n]",
        ),
        (
            "n IN []",
            "IN operator must have a left hand argument of type Variable Reference and right hand "
            "argument of type Seq with at least one member",
        ),
        (
            f"n IN [{', '.join(map(str, range(101)))}]",
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
        (
            "n IS INT",
            "Unsupported data type for IS operator: INTEGER. Supported data types are [MISSING, "
            "NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST] at 1:29:2",
        ),
        (
            "size(n) IS MISSING",
            "The left hand side argument to IS must be a Variable Reference, Literal, or Path",
        ),
        ("n = CASE WHEN 1 THEN 2 END", "Unsupported token in expression: CASE at 1:31:4"),
        ("n = (SELECT * FROM Forum)", "Unsupported token in expression: SELECT at 1:32:6"),
        (
            "m.* = 1",
            "Unpivot path component like a.*.b are not supported at 1:29:1",
        ),
        (
            "a" + ".b" * 32 + " = 1",
            "The document path has too many nesting levels; nesting levels: 33",
        ),
    ],
)
def test_conditions_that_are_refused(where, text):
    assert message(holds, where) == text


def test_reserved_words_of_expressions_are_plain_names():
    assert not holds("name = 'x' AND status = 'y' AND data = 1")


@pytest.mark.parametrize(
    ("actions", "attribute", "value"),
    [
        ("SET n = n + 1 - 3 + n", "n", {"N": "8"}),
        ("SET n = n - (n - 1)", "n", {"N": "1"}),
        ("SET fresh = ?", "fresh", {"S": "p"}),
        ("SET m.fresh = {'a': 1}", "m",
         {"M": {**ITEM["m"]["M"], "fresh": {"M": {"a": {"N": "1"}}}}}),
        ("SET l = list_append(l, [3])", "l", {"L": [*ITEM["l"]["L"], {"N": "3"}]}),
        ("SET l = LIST_APPEND(list_append([0], l), [3])", "l",
         {"L": [{"N": "0"}, *ITEM["l"]["L"], {"N": "3"}]}),
        ("SET fresh = if_not_exists(gone, 3) + 4", "fresh", {"N": "7"}),
        ("SET ss = set_add(ss, <<'c'>>)", "ss", {"SS": ["a", "b", "c"]}),
        ("SET ss = set_delete(ss, <<'a'>>)", "ss", {"SS": ["b"]}),
        ("SET ss = set_delete(ss, <<'a', 'b'>>)", "ss", None),
        ("SET fresh = set_add(fresh, <<1>>)", "fresh", {"NS": ["1"]}),
        ("REMOVE l[0]", "l", {"L": [{"S": "two"}]}),
        ("SET n = 1 REMOVE m.deep", "m", {"M": {"l": {"L": [{"S": "x"}]}}}),
    ],
)  # fmt: skip
def test_updates(actions, attribute, value):
    new = changed(actions, [{"S": "p"}])
    assert new.get(attribute) == value
    assert ITEM["n"] == {"N": "5"} and ITEM["ss"] == {"SS": ["a", "b"]}


@pytest.mark.parametrize(
    ("actions", "text"),
    [
        ("SET n = n * 2", "Unsupported operator in Update Expression. Operator: *"),
        (
            "SET n = -n",
            "Incorrect number of operands for operator or function; "
            "operator or function: -, number of operands: 1",
        ),
        ("SET n = MISSING", "MISSING must be compared using IS operator"),
        ("SET n = n IS MISSING", "IS operator is not supported in update expressions"),
        (
            "SET n = size(s)",
            "The function is not allowed in an update expression; function: size",
        ),
        ("SET n = foo(s)", "Unrecognized function: foo"),
        ("SET n = gone + 1", "The provided expression refers to an attribute that does not exist "
                             "in the item"),
        ("SET n = s + 1", "An operand in the update expression has an incorrect data type"),
        (
            "SET gone.x = 1",
            "The document path provided in the update expression is invalid for update",
        ),
        (
            "SET m.deep = 1, m = 2",
            "Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [m], path two: [m, deep]",
        ),
        (
            "SET fresh = set_add(ss, <<'c'>>)",
            "The first argument to SET_ADD must equal the assignment value",
        ),
        (
            "SET ss = set_add(ss, 'c')",
            "The second argument to SET_ADD must be a value with type SET at 1:31:2",
        ),
        ("SET ss = set_add(ss)", "SET_ADD must have exactly two arguments at 1:23:7"),
    ],
)  # fmt: skip
def test_updates_that_are_refused(actions, text):
    assert message(changed, actions) == text


def test_long_sums_are_computed():
    assert changed("SET n = n" + " + 1" * 298)["n"] == {"N": "303"}


def test_projected_values_come_back_under_their_last_names():
    select = parse("SELECT n, m.deep, m.l[0], l[1], gone.x, l[9] FROM Forum").does
    projection = projection_of(select.projection)
    assert projection.apply(ITEM) == {
        "n": {"N": "5"},
        "deep": {"N": "7"},
        "l[0]": {"S": "x"},
        "l[1]": {"S": "two"},
    }
    assert projection.top_level == {"n", "m", "l", "gone"}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ("m.x, n.x", "Duplicate identifiers in select clause: x"),
        (
            "l[0], l",
            "Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [l], path two: [l, [0]]",
        ),
    ],
)
def test_projections_that_are_refused(fields, text):
    select = parse(f"SELECT {fields} FROM Forum").does
    assert message(projection_of, select.projection) == text
