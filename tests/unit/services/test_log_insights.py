"""Logs Insights' language: what is no query is Malformed, and what is one never fails."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from jedlik.services.logs.insights.faults import Malformed
from jedlik.services.logs.insights.functions import FUNCTIONS
from jedlik.services.logs.insights.parsing import parse
from jedlik.services.logs.insights.rows import Event
from jedlik.services.logs.insights.stages import Pipeline
from jedlik.services.logs.insights.values import sort_key

AT_MS = 1_800_000_000_000
MESSAGES = (
    '{"a": 1, "b": {"c": "x"}, "d": [1, "2", null, true], "n": -2.5, "big": 1e300}',
    '{"a": "7", "t": "2026-01-01", "ip": "10.1.2.3", "e": ""}',
    'plain text with [brackets] and {"a": "inside"} some',
    "{ broken",
    "ERROR é " + "9" * 400,
)
EVENTS = [
    Event(f"{AT_MS + n:015d}|{n:020d}", AT_MS + n, AT_MS, "s", "1:g", text)
    for n, text in enumerate(MESSAGES)
]


def run(query: str, limit: int = 1000) -> list[dict[str, str]]:
    """The rows, without pointers; the newest event first, as the server gives them."""
    pipeline = Pipeline(parse(query), limit)
    for event in reversed(EVENTS):
        pipeline.push(event)
    pipeline.end()
    return [{k: v for k, v in row if k != "@ptr"} for row in pipeline.result]


def test_random_queries_end_or_are_malformed() -> None:
    """Seeded: pieces of queries in any order, and functions of any arguments."""
    random = Random(20)
    values = ["a", "b.c", "d.1", "n", "big", "missing", "@message", "@timestamp", "'x'", "''",
              "0", "3", "-1", "1.5", "1e9", "5m", "1mo", "true", "/x+/", "*", "`a`",
              "99999999999999"]  # fmt: skip
    names = [name for name in FUNCTIONS if name.isalpha()]
    names += ["bin", "datefloor", "dateceil", "count", "avg", "pct", "stddev", "latest", "median"]
    signs = ["+", "-", "*", "/", "%", "^", "=", "!=", "<", ">=", "and", "or", "like", "=~", "in"]

    def expression(depth: int) -> str:
        kind = random.randrange(6 if depth else 2)
        if kind < 2:
            return random.choice(values)
        if kind == 2:
            return f"not {expression(depth - 1)}"
        if kind == 3:
            return f"({expression(depth - 1)}) {random.choice(signs)} {expression(depth - 1)}"
        arguments = ", ".join(expression(depth - 1) for _ in range(random.randrange(4)))
        return f"{random.choice(names)}({arguments})"

    commands = ["fields {} as z, {}", "filter {}", "sort {} desc, {}", "stats {} by {}", "limit 3",
                "display {}", "dedup a, {}", 'parse {} "* *" as p, q', "parse @message /(?<r>{})/",
                "stats count(*), max({}) by {}"]  # fmt: skip
    ended = 0
    for _ in range(4000):
        query = " | ".join(
            random.choice(commands).replace("{}", "\0") for _ in range(random.randrange(1, 4))
        )
        while "\0" in query:
            query = query.replace("\0", expression(2), 1)
        if not random.randrange(10):
            at = random.randrange(len(query))
            query = query[:at] + random.choice("|()'\"`/*,é[0") + query[at + 1 :]
        try:
            rows = run(query)
        except Malformed as fault:
            assert fault.message and 0 <= fault.start <= fault.end <= len(query) + 1, query
            continue
        ended += 1
        assert all(isinstance(value, str) for row in rows for value in row.values()), query
    assert ended > 400


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 300 + "a" + ")" * 300,
        "abs(" * 300 + "a" + ")" * 300,
        "1" + " + 1" * 2000,
        "1" + " ^ 1" * 2000,
        "not (" * 300 + "a" + ")" * 300,
    ],
)
def test_what_nests_too_deep(expression: str) -> None:
    for query in (f"fields {expression}", f"stats max({expression})", f"sort {expression}"):
        with pytest.raises(Malformed):
            run(query)


def test_many_alternatives_are_not_deep() -> None:
    many = " or ".join(f"a = {number}" for number in range(2000))
    assert len(run(f"filter {many}")) == 2
    assert run("filter " + " and ".join(["a = 1"] * 2000) + " | stats count(*) as n") == [
        {"n": "1"}
    ]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3 ^ 2", "19"),
        ("(1 + 2) * 3", "9"),
        ("7 / 2", "3.5"),
        ("8 / 2", "4"),
        ("1 / 3", "0.3333"),
        ("1 / 0", None),
        ("-7 % 3", "-1"),
        ("10 - 2 - 3", "5"),
        ("greatest(1, a, 5)", "5"),
        ("floor(2.7) + ceil(2.1)", "5"),
        ("concat(b.c, '-', a)", "x-1"),
        ("substr('abcdef', 2, 3)", "cde"),
        ("substr('abcdef', 2)", "cdef"),
        ("replace('a.b.c', '.', '/')", "a/b/c"),
        ("toupper(ltrim('  ab '))", "AB "),
        ("coalesce(missing, b.c)", "x"),
        ("if(a = 1, 'one', 'other')", "one"),
        ("isempty('') + isblank('  ')", "2"),
        ("d.0 + d.1", "3"),
        ("ispresent(d.2)", "0"),
        ("d.3", "1"),
        ("not a = 2", "1"),
        ("tomillis(datefloor(@timestamp, 1d))", "1799971200000"),
        ("datefloor(@timestamp, 1mo)", "2027-01-01 00:00:00.000"),
        ("dateceil(@timestamp, 1h)", "2027-01-15 08:00:00.000"),
        ("frommillis(1000)", "1970-01-01 00:00:01.000"),
        ("isValidIp('::1') + isValidIpv4('::1')", "1"),
        ("isIpInSubnet('10.1.2.3', '10.0.0.0/8')", "1"),
        ("strlen('é')", "1"),
        ("fromMillis(100000)", "1970-01-01 00:01:40.000"),
        ("fromMillis(99999999999999999)", "99999999999999999"),
        ("fromMillis(-1000)", "1969-12-31 23:59:59.000"),
        ("fromMillis('1e300')", None),
        ("datefloor('99999999999999999', 1mo)", None),
        ("dateceil(253402300799999, 1y)", "9999-01-01 00:00:00.000"),
        ("99999999999999 * 99999999999999 > 1", "1"),
        ("9223372036854775807 + 1", "9223372036854775808"),
    ],
)
def test_expressions(expression: str, value: str | None) -> None:
    rows = run(f"filter b.c = 'x' | fields {expression} as v | display v")
    assert rows == [{} if value is None else {"v": value}]


def test_order_of_values() -> None:
    """What is missing, then texts, the numbers in them by their length, then numbers."""
    values: list[Any] = ["b", 10, "item10", None, "9", "item9", "a"]
    wanted = [None, "a", "b", "item9", "item10", "9", 10]
    assert sorted(values, key=sort_key) == wanted


def test_what_grafana_asks() -> None:
    """It puts two fields of its own before what its user has written."""
    own = (
        "fields @timestamp,ltrim(@log) as __log__grafana_internal__,"
        "ltrim(@logStream) as __logstream__grafana_internal__|"
    )
    (row,) = run(own + "fields @timestamp, @message | sort @timestamp desc | limit 1")
    assert list(row) == ["@timestamp", "__log__grafana_internal__",
                         "__logstream__grafana_internal__", "@message"]  # fmt: skip
    assert row["__log__grafana_internal__"] == "1:g"
    assert run(own + "stats count(*) by bin(60s)") == [
        {"bin(60s)": "2027-01-15 08:00:00.000", "count(*)": "5"}
    ]


def test_comments_and_lines() -> None:
    assert run("# all\nfields a # one\n| filter a = '1'\n| sort a") == [{"a": "1"}]


def test_a_column_can_be_named_by_what_it_counts() -> None:
    rows = run("stats count(*), max(n) by ispresent(a) | filter count(*) > 1 | sort count(*) desc")
    assert [row["count(*)"] for row in rows] == ["3", "2"]
    assert json.dumps(rows[0]) == json.dumps(
        {"ispresent(a)": "1", "count(*)": "3", "max(n)": "-2.5"}
    )
