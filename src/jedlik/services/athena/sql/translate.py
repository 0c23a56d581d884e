"""Queries of Athena, which are Trino's, in DuckDB's words, by sqlglot; in a process of its own
(`reader.py`).

    read(text, parameters)       the tree of one query, and no other statement
    names(tree, database)        the tables that it reads; each is given its full name
    render(tree, columns)        DuckDB's text, in several readings where types decide

Only what is parsed here reaches DuckDB: every table is one of the catalog's, and functions that
read files are no functions.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from jedlik.services.athena.sql.ddl import CATALOG
from jedlik.services.athena.sql.faults import Failed, Malformed
from jedlik.services.athena.sql.functions import replaced
from jedlik.services.athena.sql.names import INFORMATION, OWN_INFORMATION
from jedlik.services.athena.sql.unnest import without_unnest

NODES_MAX = 200_000
READINGS_MAX = 8
_NOT_IN_QUERIES = (
    exp.DDL,
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Drop,
    exp.Alter,
    exp.Command,
    exp.Copy,
    exp.Set,
    exp.Into,
    exp.Pragma,
    exp.Attach,
    exp.Use,
    exp.Parameter,
)


def read(text: str, parameters: Sequence[str] = ()) -> exp.Expr:
    """The tree of a query. Raises Malformed, Failed for a wrong number of parameters."""
    tree = _parsed(text)
    marks = [
        node for node in tree.find_all(exp.Placeholder, bfs=False) if node.args.get("this") is None
    ]
    if len(marks) != len(parameters):
        raise Failed(
            f"Incorrect number of parameters: expected {len(marks)} but found {len(parameters)}",
            type=1001,
        )
    for mark, value in zip(marks, parameters, strict=True):
        given = _parameter(value)
        if mark is tree:
            return given
        mark.replace(given)
    return tree


def check(text: str) -> None:
    """Raises Malformed for what is no query."""
    _parsed(text)


def _parsed(text: str) -> exp.Expr:
    try:
        found = [
            tree
            for tree in sqlglot.parse(text, read="trino")
            if tree is not None and not isinstance(tree, exp.Semicolon)
        ]
    except SqlglotError as fault:
        raise Malformed(_told(fault)) from None
    except RecursionError:
        raise Malformed("the statement is nested too deep") from None
    if len(found) != 1:
        raise Malformed("Only one sql statement is allowed. Got: " + text[:1000])
    tree: exp.Expr = found[0]
    if isinstance(tree, exp.Table):
        tree = exp.select("*").from_(tree)
    if isinstance(tree, exp.Values):
        width = len(tree.expressions[0].expressions) if tree.expressions else 1
        columns = [exp.to_identifier(f"_col${place}", quoted=True) for place in range(width)]
        tree.set("alias", exp.TableAlias(this=exp.to_identifier("r"), columns=columns))
        tree = exp.select("*").from_(tree)
    if not isinstance(tree, exp.Query):
        raise Malformed("line 1:1: mismatched input. Expecting: a query")
    for count, node in enumerate(tree.walk()):
        if count > NODES_MAX:
            raise Malformed("the statement is too long")
        if count and isinstance(node, _NOT_IN_QUERIES):
            raise Malformed(f"line 1:1: mismatched input '{node.key.upper()}'")
    return tree


def _told(fault: SqlglotError) -> str:
    errors = getattr(fault, "errors", None)
    if not errors:
        return f"line 1:1: {fault}"
    first = errors[0]
    word = (first.get("highlight") or "<EOF>").strip()
    place = f"line {first.get('line') or 1}:{first.get('col') or 1}"
    told = str(first.get("description", "")).partition(" but got <")[0]
    return f"{place}: mismatched input '{word}'. {told}".rstrip(". ")


def _parameter(text: str) -> exp.Expr:
    """A value of ExecutionParameters, which is a piece of SQL: 'text', 5, DATE '2024-01-01'."""
    try:
        found = sqlglot.parse_one(text, read="trino")
    except SqlglotError:
        raise Failed(f"SYNTAX_ERROR: line 1:1: mismatched input '{text}'", type=1001) from None
    if found.find(exp.Query, exp.Table, exp.Placeholder):
        raise Failed(f"SYNTAX_ERROR: line 1:1: mismatched input '{text}'", type=1001)
    return exp.Paren(this=found) if isinstance(found, exp.Binary) else found


def names(tree: exp.Expr, database: str) -> list[tuple[str, str]]:
    """The tables that a query reads, as (database, table), in lower case; in the tree each is named
    in full, and keeps its own name as an alias. Raises Failed."""
    found = []
    for node in [*tree.find_all(exp.Table)]:
        if not isinstance(node.this, exp.Identifier):
            given = node.this
            word = given.sql_name().lower() if isinstance(given, exp.Func) else given.key
            word = given.name.lower() if isinstance(given, exp.Anonymous) else word
            raise Failed(f"FUNCTION_NOT_FOUND: line 1:1: Table function '{word}' not registered")
        if not node.db and _is_local(node):
            continue
        if node.catalog and node.catalog.lower() != CATALOG:
            raise Failed(
                f"CATALOG_NOT_FOUND: line 1:1: Catalog '{node.catalog}' not found", type=1006
            )
        place, table = (node.db or database).lower(), node.name.lower()
        found.append((place, table))
        if not node.alias:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(node.name, quoted=True)))
        own = OWN_INFORMATION if place == INFORMATION else place
        node.set("catalog", None)
        node.set("db", exp.to_identifier(own, quoted=True))
        node.set("this", exp.to_identifier(table, quoted=True))
    for column in tree.find_all(exp.Column):
        # database.table.column: the alias knows only of the table.
        if column.args.get("catalog") and column.catalog.lower() == CATALOG:
            column.set("catalog", None)
        if column.args.get("db") and (column.db.lower(), column.table.lower()) in found:
            column.set("db", None)
    return list(dict.fromkeys(found))


def _is_local(table: exp.Table) -> bool:
    """Whether it names a common table expression that can be seen from where it stands."""
    name = table.name.lower()
    inside: exp.Expr = table
    above = table.parent
    while above is not None:
        with_ = above.args.get("with_")
        if isinstance(above, exp.With):
            seen = _seen_from(inside, above)  # by one expression of several
        elif isinstance(with_, exp.With) and inside is not with_:
            seen = [each.alias for each in with_.expressions]
        else:
            seen = []
        if name in (each.lower() for each in seen):
            return True
        inside, above = above, above.parent
    return False


def _seen_from(inside: exp.Expr, with_: exp.With) -> list[str]:
    """The names that one of several table expressions sees: those before it."""
    seen: list[str] = []
    for each in with_.expressions:
        if each is inside:
            return [*seen, each.alias] if with_.recursive else seen
        seen.append(each.alias)
    return seen


def wants_path(tree: exp.Expr) -> bool:
    """Whether it asks for the objects that rows come from."""
    return any(column.name.lower() == "$path" for column in tree.find_all(exp.Column))


def render(tree: exp.Expr, columns: Mapping[str, str]) -> list[str]:
    """DuckDB's text. columns: Hive's types of columns by name, where the name tells.

    Several readings where an UNNEST may be of a map or of rows: the engine takes the one whose
    types fit.
    """
    _name_columns(tree)
    tree = replaced(tree, columns)
    readings = []
    for chosen in itertools.islice(_choices(tree), READINGS_MAX):
        copied = without_unnest(tree.copy(), chosen)
        text = copied.sql("duckdb", identify=True, unsupported_level=ErrorLevel.IGNORE)
        if text not in readings:
            readings.append(text)
    return readings


def _choices(tree: exp.Expr) -> Iterator[tuple[bool, ...]]:
    """For each UNNEST whether it is of a map."""
    count = sum(1 for _ in tree.find_all(exp.Unnest))
    yield (False,) * count
    if 0 < count <= 3:
        yield from (each for each in itertools.product((False, True), repeat=count) if any(each))
    elif count:
        yield (True,) * count


def _name_columns(tree: exp.Expr) -> None:
    """Mark the columns of the answer that have no name: the engine calls them _col0, _col1, …"""
    first = tree
    while not isinstance(first, exp.Select):
        below = first.this
        if not isinstance(below, exp.Expression):
            return
        first = below
    for place, each in enumerate(first.expressions):
        if isinstance(each, (exp.Alias, exp.Star, exp.Column)):
            continue
        name = each.name if isinstance(each, exp.Dot) else f"_col${place}"
        alias = exp.to_identifier(name, quoted=True)
        first.expressions[place].replace(exp.Alias(this=each.copy(), alias=alias))
