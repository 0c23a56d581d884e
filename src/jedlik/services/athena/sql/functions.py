"""Functions of which Trino and DuckDB have different notions, where sqlglot leaves them.

`engine/macros.py` has what is called here by names that begin with "jd_", and those functions that
only lack a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from sqlglot import exp

from jedlik.services.athena.sql import dates
from jedlik.services.athena.sql.calls import Columns, call
from jedlik.services.athena.sql.faults import Failed
from jedlik.services.athena.sql.formats import formatted

_FORBIDDEN = {
    "current_setting",
    "getenv",
    "getvariable",
    "glob",
    "query",
    "query_table",
    "read_blob",
    "read_csv",
    "read_csv_auto",
    "read_json",
    "read_json_auto",
    "read_parquet",
    "read_text",
    "sniff_csv",
}
_SQL_PATH = re.compile(r"""\s*(?:lax|strict)\s+(\$(?:\.(?:\w+|"[^"]*")|\[\d+\])*)\s*""")
_SEVERAL = {"every": "bool_and", "approx_set": "", "zip": "list_zip", "arbitrary": "any_value"}
_SEVERAL |= {"regexp_split": "regexp_split_to_array", "map_concat": "map_concat"}

Named: TypeAlias = "Callable[[Sequence[exp.Expr]], exp.Expr]"


def replaced(tree: exp.Expr, columns: Columns) -> exp.Expr:
    """The tree with those functions put so that DuckDB means the same. Raises Failed."""

    def of(node: exp.Expr) -> exp.Expr:
        change = _TYPED.get(type(node))
        if change is not None:
            return change(node, columns)
        if isinstance(node, exp.Anonymous):
            return _anonymous(node)
        if isinstance(node, exp.DataType) and node.this in _TIMES and node.expressions:
            return exp.DataType(this=node.this)
        return node

    # The innermost first: what replaces a node is made of what replaced those inside.
    for node in reversed([*tree.walk()]):
        new = of(node)
        if new is node:
            continue
        if node is tree:
            return new
        node.replace(new)
    return tree


def _anonymous(node: exp.Anonymous) -> exp.Expr:
    name = str(node.this).lower()
    given = node.expressions
    if name in _FORBIDDEN:
        raise Failed(f"FUNCTION_NOT_FOUND: line 1:1: Function '{name}' not registered", type=1006)
    change = _NAMED.get(name)
    if change is not None:
        return change(given)
    if _SEVERAL.get(name):
        return call(_SEVERAL[name], *given)
    return node


def _json_scalar(node: exp.Expr, columns: Columns) -> exp.Expr:
    return call("jd_json_scalar", node.this, _json_path(node))


def _json(node: exp.Expr, columns: Columns) -> exp.Expr:
    if node.args.get("json_query"):
        return _json_query(node)
    return call("jd_json_extract", node.this, _json_path(node))


def _json_query(node: exp.Expr) -> exp.Expr:
    _require_plain(node, "option", "quote", "on_condition")
    return call("jd_json_query", node.this, _sql_path(node.expression))


def _json_value(node: exp.Expr, columns: Columns) -> exp.Expr:
    _require_plain(node, "on_condition")
    found = call("jd_json_scalar", node.this, _sql_path(node.args["path"]))
    returning = node.args.get("returning")
    return exp.TryCast(this=found, to=returning.copy()) if returning else found


def _require_plain(node: exp.Expr, *clauses: str) -> None:
    """Raises Failed where the call has a clause that is not known."""
    for clause in clauses:
        if node.args.get(clause):
            raise Failed(f"NOT_SUPPORTED: {node.sql('trino')}", type=1004)


def _sql_path(path: exp.Expr) -> exp.Expr:
    """'lax $.a' of SQL's JSON functions as a path alone. Raises Failed for what is no path of
    names and places, for its filters and methods would be taken for names."""
    text = path.name if isinstance(path, exp.Literal) else ""
    found = _SQL_PATH.fullmatch(text)
    if found is None:
        raise Failed(f"NOT_SUPPORTED: JSON path {path.sql('trino')}", type=1004)
    return exp.Literal.string(found[1])


def _json_path(node: exp.Expr) -> exp.Expr:
    path = node.expression
    if isinstance(path, exp.JSONPath):
        text = path.sql("duckdb")
        return exp.Literal.string(text[1:-1].replace("''", "'") if text[:1] == "'" else text)
    found: exp.Expr = path
    return found


def _regexp_extract(node: exp.Expr, columns: Columns) -> exp.Expr:
    group = node.args.get("group") or exp.Literal.number(0)
    return call("jd_regexp_extract", node.this, node.expression, group)


def _regexp_replace(node: exp.Expr, columns: Columns) -> exp.Expr:
    given = node.args.get("replacement")
    if isinstance(given, exp.Literal) and given.is_string:
        # Java's $1 and ${1} are RE2's \1.
        text = re.sub(r"(?<!\\)\$\{?(\d)\}?", r"\\\1", given.this)
        node.set("replacement", exp.Literal.string(text))
    elif given is None:
        node.set("replacement", exp.Literal.string(""))
    return node


def _cardinality(node: exp.Expr, columns: Columns) -> exp.Expr:
    value = node.this
    is_map = isinstance(value, (exp.Map, exp.VarMap)) or (
        isinstance(value, exp.Column) and columns.get(value.name.lower(), "").startswith("map<")
    )
    return call("cardinality" if is_map else "len", value)


def _cast(node: exp.Expr, columns: Columns) -> exp.Expr:
    """DECIMAL '1.50' has the digits that it shows, and DECIMAL alone is of whole numbers."""
    kind = node.args["to"]
    if kind.this != exp.DataType.Type.DECIMAL or kind.expressions:
        return node
    precision, scale = 38, 0
    if isinstance(node.this, exp.Literal) and node.this.is_string:
        whole, _, fraction = node.this.name.strip().lstrip("+-").partition(".")
        precision, scale = max(1, len(whole) + len(fraction)), len(fraction)
    node.set("to", exp.DataType.build(f"DECIMAL({precision}, {scale})"))
    return node


def _slice(node: exp.Expr, columns: Columns) -> exp.Expr:
    return call("jd_slice", node.this, node.args.get("start"), node.args.get("end"))


def _lambda(node: exp.Expr) -> tuple[list[str], exp.Expr]:
    if not isinstance(node, exp.Lambda):
        raise Failed("SYNTAX_ERROR: line 1:1: a lambda is expected here", type=1001)
    return [each.name for each in node.expressions], node.this


def _with(body: exp.Expr, values: Mapping[str, exp.Expr]) -> exp.Expr:
    """The body of a lambda with its parameters replaced."""

    def of(node: exp.Expr) -> exp.Expr:
        if isinstance(node, (exp.Column, exp.Identifier)):
            name = node.name
            if isinstance(node, exp.Column) and (node.table or node.args.get("db")):
                first = node.parts[0].name
                if first in values:
                    rest = [part.copy() for part in node.parts[1:]]
                    return exp.Dot.build([exp.Paren(this=values[first].copy()), *rest])
                return node
            if name in values and not isinstance(node.parent, (exp.Column, exp.Dot)):
                return values[name].copy()
        return node

    return body.copy().transform(of)


def _each(value: exp.Expr, name: str, body: exp.Expr, call: str) -> exp.Expr:
    made = exp.Lambda(this=body, expressions=[exp.to_identifier(name)])
    return exp.Anonymous(this=call, expressions=[value.copy(), made])


def _zip_with(given: Sequence[exp.Expr]) -> exp.Expr:
    (one, other), body = _lambda(given[2])
    at = exp.column("jd_z")

    def part(place: int) -> exp.Expr:
        return exp.Anonymous(
            this="struct_extract_at", expressions=[at.copy(), exp.Literal.number(place)]
        )

    made = _with(body, {one: part(1), other: part(2)})
    return _each(call("list_zip", given[0], given[1]), "jd_z", made, "list_transform")


def _matches(how: str, *, negated: bool = False) -> Callable[[Sequence[exp.Expr]], exp.Expr]:
    """any_match and the like: what an empty array means is Trino's."""
    empty = exp.true() if how == "list_bool_and" or negated else exp.false()

    def change(given: Sequence[exp.Expr]) -> exp.Expr:
        tested = call("list_transform", *given)
        found: exp.Expr = call(how, tested)
        if negated:
            found = exp.Not(this=found)
        return exp.Coalesce(this=found, expressions=[empty.copy()])

    return change


def _map_lambda(what: str) -> Named:
    def change(given: Sequence[exp.Expr]) -> exp.Expr:
        (key, value), body = _lambda(given[1])
        entry = exp.column("jd_e")
        key_of = exp.Dot(this=entry.copy(), expression=exp.to_identifier("key"))
        value_of = exp.Dot(this=entry.copy(), expression=exp.to_identifier("value"))
        made = _with(body, {key: key_of, value: value_of})
        entries = call("map_entries", given[0])
        if what == "filter":
            return call("map_from_entries", _each(entries, "jd_e", made, "list_filter"))
        parts = {"key": made if what == "keys" else key_of}
        parts["value"] = made if what == "values" else value_of
        pair = exp.Struct(
            expressions=[
                exp.PropertyEQ(this=exp.to_identifier(name), expression=part.copy())
                for name, part in parts.items()
            ]
        )
        return call("map_from_entries", _each(entries, "jd_e", pair, "list_transform"))

    return change


def _reduce(node: exp.Expr, columns: Columns) -> exp.Expr:
    start, merge = node.args["initial"], node.args["merge"]
    finish = node.args.get("finish")
    made: exp.Expr = exp.Anonymous(
        this="list_reduce", expressions=[node.this.copy(), merge.copy(), start.copy()]
    )
    if isinstance(finish, exp.Lambda):
        (name,), body = _lambda(finish)
        made = _with(body, {name: made}) if not _same(body, name) else made
    return made


def _same(body: exp.Expr, name: str) -> bool:
    return isinstance(body, (exp.Column, exp.Identifier)) and body.name == name


def _array_join(given: Sequence[exp.Expr]) -> exp.Expr:
    return call("jd_array_join" if len(given) == 3 else "array_to_string", *given)


def _array_to_string(node: exp.Expr, columns: Columns) -> exp.Expr:
    null = node.args.get("null")
    if null is not None:
        return call("jd_array_join", node.this, node.expression, null)
    return node


def _str_position(node: exp.Expr, columns: Columns) -> exp.Expr:
    which = node.args.get("occurrence")
    if which is not None:
        return call("jd_strpos", node.this, node.args["substr"], which)
    return node


def _array_sort(node: exp.Expr, columns: Columns) -> exp.Expr:
    if node.args.get("expression") is not None:
        raise Failed("NOT_SUPPORTED: array_sort() with a comparator", type=1004)
    return node


def _reverse(node: exp.Expr, columns: Columns) -> exp.Expr:
    value = node.this
    is_array = isinstance(value, exp.Array) or (
        isinstance(value, exp.Column) and columns.get(value.name.lower(), "").startswith("array<")
    )
    return call("list_reverse", value) if is_array else node


def _split(node: exp.Expr, columns: Columns) -> exp.Expr:
    limit = node.args.get("limit")
    if limit is not None:
        return call("jd_split", node.this, node.expression, limit)
    return node


def _repeat(node: exp.Expr, columns: Columns) -> exp.Expr:
    return call("jd_repeat", node.this, node.args.get("times"))


def _typed(*names: str) -> list[type[exp.Expr]]:
    """Those of these node types that this sqlglot has."""
    return [getattr(exp, name) for name in names if hasattr(exp, name)]


_TYPED: dict[type[exp.Expr], Callable[[exp.Expr, Columns], exp.Expr]] = {
    exp.JSONExtractScalar: _json_scalar,
    exp.JSONExtract: _json,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
    exp.DateDiff: dates.date_diff,
    exp.ArraySize: _cardinality,
    exp.DateAdd: dates.date_add,
    exp.Add: dates.plus,
    exp.Cast: _cast,
    exp.Sub: dates.plus,
    exp.Reduce: _reduce,
    exp.ArrayToString: _array_to_string,
    exp.Split: _split,
    exp.Repeat: _repeat,
    exp.Format: formatted,
    exp.Extract: dates.extract,
    exp.DateTrunc: dates.date_trunc,
    exp.TimestampTrunc: dates.date_trunc,
    exp.GenerateSeries: dates.sequence,
    exp.StrPosition: _str_position,
    exp.ArraySort: _array_sort,
    exp.Reverse: _reverse,
    exp.JSONValue: _json_value,
    exp.Typeof: lambda node, columns: call("jd_typeof", node.this),
    **dict.fromkeys(_typed("ArraySlice"), _slice),
    **dict.fromkeys(_typed("ParseDatetime"), dates.parse_datetime),
}
_NAMED: dict[str, Named] = {
    "zip_with": _zip_with,
    "any_match": _matches("list_bool_or"),
    "all_match": _matches("list_bool_and"),
    "none_match": _matches("list_bool_or", negated=True),
    "map_filter": _map_lambda("filter"),
    "transform_values": _map_lambda("values"),
    "transform_keys": _map_lambda("keys"),
    "format_datetime": lambda given: call("strftime", given[0], dates.joda(given[1])),
    "parse_datetime": dates.from_joda,
    "array_join": _array_join,
    "json_exists": lambda given: call("jd_json_exists", given[0], _sql_path(given[1])),
    "url_encode": lambda given: call("jd_url_encode", *given),
    "to_base": lambda given: call("lower", call("to_base", *given)),
    "slice": lambda given: call("jd_slice", *given),
}
_TIMES = {
    exp.DataType.Type.TIMESTAMP,
    exp.DataType.Type.TIMESTAMPTZ,
    exp.DataType.Type.TIME,
    exp.DataType.Type.TIMETZ,
}
