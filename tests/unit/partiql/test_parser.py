"""The PartiQL parser: what it reads, what it refuses and in which words, and that it ends."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jedlik.tables.partiql.lexer import tokens_of
from jedlik.tables.partiql.parser import parse
from jedlik.tables.partiql.tree import (
    Assign,
    Call,
    Constant,
    Delete,
    Exists,
    Insert,
    Operation,
    Parameter,
    Path,
    Remove,
    Select,
    Update,
)
from jedlik.values import Invalid

MALFORMED = "Statement wasn't well formed, can't be processed: "


def does(text):
    return parse(text).does


def refusal(text):
    with pytest.raises(Invalid) as refused:
        parse(text)
    return refused.value.message


def test_a_select_with_everything():
    select = does(
        'select a, m.items[0], m[\'odd name\'] from "My.Table"."by-date" '
        "where a = ? and b between 1 and -2.5 order by a desc, b"
    )
    assert isinstance(select, Select)
    assert (select.table, select.index) == ("My.Table", "by-date")
    assert [path.steps for path in select.projection] == [
        ("a",),
        ("m", "items", 0),
        ("m", "odd name"),
    ]
    assert select.order == (("a", True), ("b", False))
    equal, between = select.where.operands
    assert (equal.operator, equal.operands[1].number) == ("=", 0)
    assert [operand.value for operand in between.operands[1:]] == [{"N": "1"}, {"N": "-2.5"}]


def test_keywords_ignore_case_and_names_do_not():
    select = does("SeLeCt Id FrOm Forum")
    assert select.table == "Forum"
    assert select.projection[0].steps == ("Id",)


def test_doubled_quotes_stand_for_one():
    select = does('SELECT "say ""hi""" FROM Forum WHERE a = ' + "'it''s'")
    assert select.projection[0].steps == ('say "hi"',)
    assert select.where.operands[1].value == {"S": "it's"}


def test_comments_and_a_last_semicolon_are_no_text():
    assert does("SELECT * /* all -- of it */ FROM Forum -- the table\n;").table == "Forum"


def test_parameters_are_counted_in_reading_order():
    statement = parse("UPDATE Forum SET a = ?, b = b + ? WHERE Name = ?")
    assert statement.parameters == 3
    assert isinstance(statement.does.where.operands[1], Parameter)
    assert statement.does.where.operands[1].number == 2


def test_a_question_mark_in_quotes_is_text():
    assert parse("SELECT * FROM Forum WHERE a = '?'").parameters == 0


def test_insert_update_delete_exists():
    assert isinstance(does("INSERT INTO Forum VALUE {'Name': 'x'}"), Insert)
    update = does("UPDATE Forum SET a = 1, b.c = d SET e = 2 REMOVE f[0] WHERE Name = 'x'")
    assert isinstance(update, Update)
    assert [type(action) for action in update.actions] == [Assign, Assign, Assign, Remove]
    delete = does("DELETE FROM Forum WHERE Name = 'x' RETURNING ALL OLD *")
    assert isinstance(delete, Delete) and delete.returning == "ALL_OLD"
    exists = does("EXISTS(SELECT * FROM Forum WHERE Name = 'x' AND a IS MISSING)")
    assert isinstance(exists, Exists) and exists.table == "Forum"


def test_partiqls_own_order_of_an_update():
    update = does("FROM Forum WHERE Name = 'x' SET a = 1 RETURNING MODIFIED NEW *")
    assert (update.table, update.returning) == ("Forum", "MODIFIED_NEW")


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("a = 1 OR b = 2 AND c = 3", "(or (= a 1) (and (= b 2) (= c 3)))"),
        ("(a = 1 OR b = 2) AND c = 3", "(and (or (= a 1) (= b 2)) (= c 3))"),
        ("NOT a = 1 AND b = 2", "(and (not (= a 1)) (= b 2))"),
        ("NOT (a = 1 AND b = 2)", "(not (and (= a 1) (= b 2)))"),
        ("a = 1 AND b = 2 AND c = 3", "(and (= a 1) (= b 2) (= c 3))"),
        ("a BETWEEN 1 AND 2 AND b = 3", "(and (between a 1 2) (= b 3))"),
        ("a NOT BETWEEN 1 AND 2", "(not (between a 1 2))"),
        ("a <> 1 AND b != 2", "(and (<> a 1) (<> b 2))"),
        ("a < 1 + 2 - 3", "(< a (- (+ 1 2) 3))"),
        ("begins_with(a, 'x') OR size(b) > 3", "(or (begins_with a x) (> (size b) 3))"),
    ],
)
def test_operators_bind_as_in_sql(text, shape):
    assert shown(does(f"SELECT * FROM Forum WHERE {text}").where) == shape


def shown(expression):
    if isinstance(expression, Operation):
        inner = " ".join(shown(operand) for operand in expression.operands)
        return f"({expression.operator} {inner})"
    if isinstance(expression, Call):
        return f"({expression.name} {' '.join(shown(each) for each in expression.arguments)})"
    if isinstance(expression, Path):
        return ".".join(map(str, expression.steps))
    assert isinstance(expression, Constant)
    return next(iter(expression.value.values()))


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "Unexpected term"),
        ("hello", "Expected data manipulation"),
        ("UPDATE Forum-x SET a = 1", "Expected data manipulation"),
        ("UPDATE Forum WHERE Name = 'x'", "Expected data manipulation"),
        ("SELECT", "Unexpected term"),
        ("SELECT * FROM Forum WHERE", "Unexpected term"),
        ("SELECT * FROM Forum WHERE a = 1 b", "Unexpected token after expression"),
        ("SELECT * FROM Forum; SELECT * FROM Forum", "Unexpected token after expression"),
        ("SELECT * FROM Forum WHERE date = 1", "Unexpected keyword"),
        ("INSERT INTO Forum (key) VALUES (1)", "Unexpected keyword"),
        ("SELECT * FROM Forum WHERE (a = 1", "Expected RIGHT_PAREN"),
        ("SELECT * FROM Forum WHERE a IS 5", "Expected type name"),
        ("SELECT * FROM Forum WHERE a == 1", "Unexpected operator"),
        ("SELECT * FROM Forum WHERE a = 'open", ""),
        ("SELECT * FROM Forum WHERE a = 1x", ""),
        ("SELECT * FROM Forum /* open", ""),
        (
            "DELETE FROM Forum WHERE Name = 'x' RETURNING OLD *",
            "Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element.",
        ),
        ("DELETE Forum", "Expected FROM after DELETE"),
    ],
)
def test_text_that_is_no_partiql(text, detail):
    assert refusal(text) == MALFORMED + detail


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT a AS b FROM Forum", "Aliasing is not supported"),
        ("SELECT f.a FROM Forum f", "Aliasing is not supported"),
        ("SELECT DISTINCT a FROM Forum", "Unsupported token in expression: DISTINCT"),
        ("SELECT COUNT(*) FROM Forum", "Unexpected path component at 1:8:5"),
        ("SELECT a + 1 FROM Forum", "Unexpected path component at 1:10:1"),
        ("SELECT a\n, 'b' FROM Forum", "Unexpected path component at 2:3:3"),
        ("SELECT * FROM Forum LIMIT 5", "Unsupported clause: LIMIT at 1:27:1"),
        ("SELECT * FROM Forum GROUP BY a", "Unsupported clause: GROUP BY"),
        (
            "SELECT * FROM Forum, Thread",
            "Only select from a single table or index is supported.",
        ),
        (
            'SELECT * FROM "Forum"."by_a"."c"',
            "A path may contain at most 2 components in the FROM clause",
        ),
        (
            "SELECT * FROM ab",
            "Table name should be within the length [3, 255] and only contain "
            "'a-z', 'A-Z', '0-9', '-', '_', '.'.",
        ),
        ("SELECT * FROM 'Forum'", "Unexpected from source"),
        (
            "SELECT * FROM Forum WHERE a[*] = 1",
            "Wildcard path component like a[*].b are not supported at 1:29:1",
        ),
        (
            "SELECT * FROM Forum WHERE a[-1] = 1",
            "List index is not within the allowable range; index: [-1] at 1:30:1",
        ),
        (
            "INSERT INTO Forum VALUE ?",
            "Unsupported format in item expression. Please use struct format {...} to express item "
            "values for insert statement. at 1:25:1",
        ),
        ("INSERT INTO Forum VALUE {} RETURNING ALL OLD *", "RETURNING is not supported in INSERT"),
        (
            "DELETE FROM Forum WHERE a = 1 RETURNING ALL NEW *",
            "Invalid returning clause: RETURNING ALL NEW *. "
            "Only RETURNING ALL OLD * is allowed in DELETE statements.",
        ),
        ("CREATE TABLE Forum", "Unsupported operation: CreateTable"),
    ],
)
def test_partiql_that_dynamodb_does_not_support(text, message):
    assert refusal(text) == message


def test_bad_syntax_is_told_before_what_is_not_supported():
    assert refusal("SELECT a AS b FROM Forum WHERE") == f"{MALFORMED}Unexpected term"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM Forum WHERE " + "(" * 4000 + "a = 1" + ")" * 4000,
        "SELECT * FROM Forum WHERE " + "NOT " * 2000 + "a = 1",
        "SELECT * FROM Forum WHERE a = " + "[" * 8000,
        "SELECT * FROM Forum WHERE a = " + "- " * 4000 + "1",
        "SELECT * FROM Forum WHERE a" + "[a" * 4000,
        "INSERT INTO Forum VALUE " + "{'a': " * 1300,
    ],
)
def test_nesting_is_bounded(text):
    assert refusal(text) == "The expression contains too many levels of nesting"


def test_operators_are_bounded():
    text = "SELECT * FROM Forum WHERE " + " AND ".join(["a = 1"] * 200)
    assert refusal(text).startswith("The expression contains too many operators")


def test_the_longest_statements_are_read_quickly():
    began = time.process_time()
    parse("SELECT * FROM Forum WHERE a IN [" + ",".join(["1"] * 4000) + "]")
    for text in ("/*" * 4000, "'" * 8191, '"' * 8191, "-" * 8191, "1." * 4000):
        refusal(text)
    assert time.process_time() - began < 20


WORDS = """
    SELECT * FROM Forum WHERE AND OR NOT = <> < <= > >= BETWEEN IN IS MISSING NULL ( ) [ ] { } <<
    >> , . : ; ? @ 'text' "name" name 1 -1 1.5e3 + - / INSERT INTO VALUE UPDATE SET REMOVE DELETE
    RETURNING ALL OLD NEW MODIFIED ORDER BY ASC DESC EXISTS size begins_with CASE WHEN THEN ELSE END
    CAST AS INT COUNT DISTINCT LIMIT GROUP HAVING JOIN CROSS ON LIKE ESCAPE `ion` || % CREATE TABLE
    DATE AT CONFLICT
"""
words = st.sampled_from(WORDS.split())


@settings(max_examples=600, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(words, max_size=40).map(" ".join)))
def test_any_text_is_read_or_refused(text):
    """Nothing but Invalid comes out of the parser, whatever goes in."""
    try:
        statement = parse(text)
    except Invalid as refused:
        assert refused.message
    else:
        assert statement.text == text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_tokens_cover_the_text(text):
    """What is not a token is white space or a comment."""
    try:
        tokens = tokens_of(text)
    except Invalid:
        return
    assert tokens[-1].kind == "end"
    for before, after in pairwise(tokens):
        assert before.offset + before.length <= after.offset
