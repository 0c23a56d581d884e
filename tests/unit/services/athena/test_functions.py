"""Functions and forms of Athena's SQL: what DuckDB makes of them, as Athena writes values."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("duckdb")

from jedlik.services.athena.engine.__main__ import run
from jedlik.services.athena.sql import translate
from jedlik.services.athena.sql.faults import Failed, Malformed

VALUES = {
    # dates and times
    "date_parse('2024-01-02 03:04:05', '%Y-%m-%d %H:%i:%s')": "2024-01-02 03:04:05.000",
    "date_format(timestamp '2024-01-02 03:04:05', '%Y-%m %H:%i')": "2024-01 03:04",
    "from_iso8601_timestamp('2024-01-02T03:04:05Z')": "2024-01-02 03:04:05.000 UTC",
    "from_iso8601_date('2024-01-02')": "2024-01-02",
    "to_iso8601(date '2024-01-01')": "2024-01-01",
    "from_unixtime(0)": "1970-01-01 00:00:00.000 UTC",
    "to_unixtime(timestamp '1970-01-01 00:00:10')": "10.0",
    "date_trunc('month', timestamp '2024-03-04 05:06:07')": "2024-03-01 00:00:00.000",
    "date_add('day', 1, date '2024-01-01')": "2024-01-02",
    "date '2024-01-31' + interval '1' month": "2024-02-29",
    "date_diff('day', timestamp '2024-01-01 12:00:00', timestamp '2024-01-02 11:00:00')": "0",
    "date_diff('day', date '2024-01-01', date '2024-03-01')": "60",
    "format_datetime(timestamp '2024-01-02 03:04:05', 'yyyy-MM-dd''T''HH:mm')": "2024-01-02T03:04",
    "parse_datetime('02/01/2024', 'dd/MM/yyyy')": "2024-01-02 00:00:00.000",
    "day_of_week(date '2024-01-01')": "1",
    "last_day_of_month(date '2024-02-01')": "2024-02-29",
    "year(date '2024-01-01') + month(date '2024-02-01')": "2026",
    "date(timestamp '2024-01-01 10:00:00')": "2024-01-01",
    "interval '1' day": "1 00:00:00.000",
    "extract(dow from date '2024-01-07')": "7",
    "extract(day_of_year from date '2024-02-01')": "32",
    "date_trunc('week', date '2024-01-03')": "2024-01-01",
    "sequence(date '2024-01-30', date '2024-02-01', interval '1' day)": (
        "[2024-01-30, 2024-01-31, 2024-02-01]"
    ),
    # texts of Java's, and names of types
    "format('%s-%d %%', 'a', 3)": "a-3 %",
    "format('%2$s %1$s %1$S', 'a', 'b')": "b a A",
    "format('%,.2f|%5s|%-3s|%05d', 1234.5, 'x', 'y', 7)": "1,234.50|    x|y  |00007",
    "format('%s %s', date '2024-01-02', true)": "2024-01-02 true",
    "typeof(1)": "integer",
    "typeof(cast(1.5 as decimal(3, 1)))": "decimal(3,1)",
    "typeof(array[1.5e0])": "array(double)",
    "typeof(cast(1 as real))": "real",
    "typeof(timestamp '2024-01-01 00:00:00')": "timestamp(3)",
    "typeof(cast(row(1) as row(a int)))": "row(a integer)",
    # JSON
    """json_extract_scalar('{"a":{"b":[1,{"c":"x"}]}}', '$.a.b[1].c')""": "x",
    """json_extract_scalar('{"a":[1]}', '$.a')""": None,
    """json_extract_scalar('{"a":"x"}', '$.a') = 'x'""": "true",
    """json_extract('{"a":[1]}', '$.a')""": "[1]",
    "json_extract('no json', '$.a')": None,
    "json_extract_scalar('no json', '$.a')": None,
    """json_format(json_parse('{"a": 1}'))""": '{"a":1}',
    """cast(json_parse('["a"]') as array(varchar))""": "[a]",
    "json_array_length('[1,2]')": "2",
    """json_value('{"a": {"b": 1}}', 'lax $.a.b')""": "1",
    """json_value('{"a": 1}', 'strict $.a' returning integer) + 1""": "2",
    """json_value('{"a": [1]}', 'lax $.a')""": None,
    """json_query('{"a": [1, {"b": 2}]}', 'lax $.a')""": '[1,{"b":2}]',
    """json_exists('{"a": [1]}', 'lax $.a[0]')""": "true",
    """json_exists('{"a": [1]}', 'lax $.b')""": "false",
    """json_size('{"a":1}', '$')""": "1",
    # arrays, maps and rows
    "cardinality(array[1, 2])": "2",
    "row(1, 'a', null)": "{1, a, null}",
    "zip(array[1, 2], array['a', null])": "[{1, a}, {2, null}]",
    "reverse(array[1, 2])": "[2, 1]",
    "trim_array(array[1, 2, 3], 2)": "[1]",
    "strpos('abcb', 'b', 2)": "4",
    "strpos('abcb', 'b', 3)": "0",
    "regexp_position('ab12', '[0-9]')": "3",
    "url_encode('a b~')": "a+b%7E",
    "to_base(255, 16)": "ff",
    "cardinality(map(array['a'], array[1]))": "1",
    "element_at(map(array['a'], array[1]), 'b')": None,
    "element_at(array[1, 2], -1)": "2",
    "slice(array[1, 2, 3], 2, 2)": "[2, 3]",
    "slice(array[1, 2, 3], -2, 1)": "[2]",
    "array_join(array[1, null, 2], ',', '-')": "1,-,2",
    "array_except(array[1, 2], array[1])": "[2]",
    "array_remove(array[1, 2, 1], 1)": "[2]",
    "arrays_overlap(array[1], array[1, 2])": "true",
    "contains(array[1], 1)": "true",
    "flatten(array[array[1], array[2]])": "[1, 2]",
    "sequence(1, 3)": "[1, 2, 3]",
    "repeat('a', 2)": "[a, a]",
    "transform(array[1, 2], x -> x + 1)": "[2, 3]",
    "filter(array[1, 2], x -> x > 1)": "[2]",
    "reduce(array[1, 2], 0, (s, x) -> s + x, s -> s * 10)": "30",
    "zip_with(array[1, 2], array[3, 4], (a, b) -> a * b)": "[3, 8]",
    "any_match(array[1], x -> x = 1)": "true",
    "all_match(array[1, 2], x -> x = 1)": "false",
    "none_match(array[1], x -> x = 2)": "true",
    "transform_values(map(array['a'], array[1]), (k, v) -> v + 1)": "{a=2}",
    "map_filter(map(array['a', 'b'], array[1, 2]), (k, v) -> v > 1)": "{b=2}",
    "map_keys(map(array['a'], array[1]))": "[a]",
    "split_to_map('a=1,b=2', ',', '=')": "{a=1, b=2}",
    "cast(row(1, 'a') as row(x integer, y varchar))": "{x=1, y=a}",
    # text
    "split('a,b,c', ',')": "[a, b, c]",
    "split('a,b,c', ',', 2)": "[a, b,c]",
    "split_part('a,b', ',', 2)": "b",
    "regexp_extract('a12', '(\\d+)', 1)": "12",
    "regexp_extract('a', '(\\d+)', 1)": None,
    "regexp_replace('abc', '(b)', '[$1]')": "a[b]c",
    "regexp_like('abc', 'b')": "true",
    "strpos('abc', 'c')": "3",
    "concat('a', 'b', 'c')": "abc",
    "lpad('a', 3, '0')": "00a",
    "codepoint('A')": "65",
    "url_extract_host('https://u@h.x:80/p?q=1#f')": "h.x",
    "url_extract_parameter('http://h/?q=1', 'q')": "1",
    "to_hex(md5(to_utf8('a')))": "0CC175B9C0F1B6A831C399E269772661",
    "from_base64('YQ==')": "61",
    "to_utf8('hi')": "68 69",
    # numbers
    "7 / 2": "3",
    "7 / 2e0": "3.5",
    "try_cast('x' as integer)": None,
    "try(cast('x' as integer))": None,
    "1e10": "1.0E10",
    "1.0e-5": "1.0E-5",
    "123456789.125e0": "1.23456789125E8",
    "cast(0.1 as real)": "0.1",
    "infinity()": "Infinity",
    "decimal '1.50'": "1.50",
    "if(true, 1, 2)": "1",
    "greatest(1, 2)": "2",
}
ROWS = {
    "select a, n, o from (values (1, array[5, 6])) t(a, l) "
    "cross join unnest(l) with ordinality as u(n, o) order by o": ["1,5,1", "1,6,2"],
    "select k, v from (values (map(array['x', 'y'], array[7, 8]))) t(m) "
    "cross join unnest(m) as u(k, v) order by k": ["x,7", "y,8"],
    "select x, y from (values (array[cast(row(1, 'p') as row(q integer, r varchar))])) t(l), "
    "unnest(l) as u(x, y)": ["1,p"],
    "select x.q from (values (array[cast(row(1, 'p') as row(q integer, r varchar))])) t(l), "
    "unnest(l) as u(x)": ["1"],
    "select x, y from unnest(array[1, 2], array['a']) as t(x, y)": ["1,a", "2,"],
    "with a as (select 1 x), b as (select * from a) select * from b union all select 2": ["1", "2"],
    "values (1, 'a'), (2, null)": ["1,a", "2,"],
    "select max_by(a, b), arbitrary(b > 0), count_if(b > 1), approx_distinct(a), sum(b), "
    "every(b > 0), listagg(a, '-') within group (order by a), array_agg(b order by b desc), "
    "map_agg(a, b) "
    "from (values ('x', 1), ('y', 2)) t(a, b)": ["y,true,1,2,3,true,x-y,[2, 1],{x=1, y=2}"],
    "select rank() over (order by x), lag(x) over (order by x) from (values 1, 2) t(x) "
    "order by 1 offset 1 limit 1": ["2,1"],
}


def answered(sql: str, folder: Path, parameters: tuple[str, ...] = ()) -> tuple[list[str], list]:
    """Names of the columns, and rows."""
    import csv

    tree = translate.read(sql, parameters)
    translate.names(tree, "d")
    plan = {
        "folder": str(folder),
        "memory_mb": 500,
        "threads": 1,
        "spill_mb": 10,
        "schemas": [],
        "steps": [],
        "sqls": translate.render(tree, {}),
        "output": {"kind": "csv"},
    }
    told = run(plan)
    lines = (folder / "result.csv").read_text().splitlines()
    return [column["name"] for column in told["columns"]], list(csv.reader(lines[1:]))


def test_functions(tmp_path: Path) -> None:
    # All at once, for a database takes longer to make than to ask.
    sql = "select " + ", ".join(VALUES)
    names, (row,) = answered(sql, tmp_path)
    assert names == [f"_col{place}" for place in range(len(VALUES))]
    wrong = {
        text: (got, wanted)
        for (text, wanted), got in zip(VALUES.items(), row, strict=True)
        if got != (wanted or "")
    }
    assert not wrong


@pytest.mark.parametrize("sql", ROWS, ids=range(len(ROWS)))
def test_rows(sql: str, tmp_path: Path) -> None:
    _, rows = answered(sql, tmp_path)
    assert [",".join(row) for row in rows] == ROWS[sql]


@pytest.mark.parametrize(
    "text",
    [
        "array_sort(array[1], (a, b) -> 1)",
        "json_value('{}', 'lax $.a ? (@ > 1)')",
        "format('%tY', now())",
        "format(x, 1)",
    ],
)
def test_what_would_mean_something_else_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(Failed, match="NOT_SUPPORTED"):
        answered(f"select {text} from (values 'a') t(x)", tmp_path)


def test_parameters_take_the_place_of_question_marks(tmp_path: Path) -> None:
    _, rows = answered("select ? as a, ? + 1 as b", tmp_path, ("'it''s'", "5"))
    assert rows == [["it's", "6"]]


def test_names_of_columns(tmp_path: Path) -> None:
    names, _ = answered('select 1, 2 as "Two", count(*), x.q from (select cast(row(1) as '
                        "row(q integer)) x) group by x.q", tmp_path)  # fmt: skip
    assert names == ["_col0", "Two", "_col2", "q"]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select * from read_csv('/etc/passwd')", "Table function 'read_csv' not registered"),
        ("select * from duckdb_settings()", "Table function 'duckdb_settings' not registered"),
        ("select read_text('/etc/passwd')", "Function 'read_text' not registered"),
        ("select current_setting('home_directory')", "'current_setting' not registered"),
        ("select ?", "Incorrect number of parameters: expected 1 but found 0"),
        ("select * from other.d.t", "Catalog 'other' not found"),
    ],
)
def test_what_fails(sql: str, reason: str) -> None:
    with pytest.raises(Failed, match=reason.replace("(", r"\(")):
        tree = translate.read(sql)
        translate.names(tree, "d")
        translate.render(tree, {})


@pytest.mark.parametrize(
    "sql",
    [
        "select from",
        "select 1; select 2",
        "select * into x from y",
        "copy t to 'x'",
        "attach 'x'",
        "pragma database_list",
        "insert into t values (1)",
        "(" * 2000 + "select 1" + ")" * 2000,
    ],
)
def test_what_is_no_query(sql: str) -> None:
    with pytest.raises(Malformed):
        translate.read(sql)


def test_a_path_is_a_table_that_is_not_there() -> None:
    # DuckDB would read the file; here it is a name to be looked up in the catalog.
    assert translate.names(translate.read("select * from '/etc/passwd'"), "d") == [
        ("d", "/etc/passwd")
    ]


def test_tables_are_told_from_common_table_expressions() -> None:
    tree = translate.read(
        "with t as (select * from t), u as (select * from t) select * from u, v, e.w"
    )
    assert sorted(translate.names(tree, "d")) == [("d", "t"), ("d", "v"), ("e", "w")]
