"""parse: from the text of a statement to what it asks for."""

from __future__ import annotations

from typing import Any

from jedlik.services.athena.sql import statements as said
from jedlik.services.athena.sql.ddl import (
    alter,
    create_database,
    create_table,
    partition,
    table_name,
)
from jedlik.services.athena.sql.faults import Malformed
from jedlik.services.athena.sql.lexer import Words, first_words, split_at_commas
from jedlik.services.athena.sql.statements import Name, Statement

QUERY_WORDS = ("SELECT", "WITH", "VALUES", "TABLE", "(")
_TRINO = (
    ["CREATE", "TABLE"],
    ["CREATE", "OR"],
    ["CREATE", "VIEW"],
    ["EXECUTE"],
    ["EXPLAIN"],
    ["INSERT"],
    ["PREPARE"],
    ["UNLOAD"],
)
"""Statements that are Trino's; the others are Hive's, where backslashes escape."""


def parse(text: str) -> Statement:
    """Raises Malformed. Queries are not looked into: `translate.py` does that."""
    begin = first_words(text)
    if begin and begin[0] in QUERY_WORDS:
        return said.Query(text)
    hive = begin[:1] not in _TRINO and begin[:2] not in _TRINO
    words = Words(text, hive=hive)
    if words.done():
        raise words.refused("a statement")
    first = words.take().text.upper()
    reader = _READERS.get(first)
    if reader is None:
        words.at -= 1
        raise words.refused(", ".join(f"'{word}'" for word in sorted(_READERS)))
    return reader(words)


def _query(words: Words) -> str:
    """What is left, which must be a query."""
    if not any(words.sees(word) for word in QUERY_WORDS):
        raise words.refused("a query")
    return words.rest()


def _create(words: Words) -> Statement:
    if words.accept("DATABASE") or words.accept("SCHEMA"):
        return create_database(words)
    replace = words.accept("OR", "REPLACE")
    if words.accept("VIEW"):
        name = table_name(words)
        if words.sees("("):
            raise words.refused("'AS'")
        words.need("AS")
        return said.CreateView(name, replace, _query(words))
    if replace:
        raise words.refused("'VIEW'")
    external = words.accept("EXTERNAL")
    words.need("TABLE")
    if_not_exists = words.accept("IF", "NOT", "EXISTS")
    name = table_name(words)
    properties: dict[str, Any] = {}
    if not external and words.sees("WITH", "("):
        words.need("WITH")
        properties = _properties(words)
    if not external and words.accept("AS"):
        return _create_as(words, name, if_not_exists, properties)
    return create_table(words, name, if_not_exists, external=external)


def _create_as(
    words: Words, name: Name, if_not_exists: bool, properties: dict[str, Any]
) -> Statement:
    with_data = True
    tokens = words.tokens
    if len(tokens) > 3 and tokens[-1].text.upper() == "DATA":
        if tokens[-2].text.upper() == "NO" and tokens[-3].text.upper() == "WITH":
            with_data = False
            del tokens[-3:]
        elif tokens[-2].text.upper() == "WITH":
            del tokens[-2:]
        words.end = words.end._replace(start=tokens[-1].end, end=tokens[-1].end)
    return said.CreateTableAs(name, if_not_exists, properties, _query(words), with_data)


def _properties(words: Words) -> dict[str, Any]:
    """(format = 'PARQUET', partitioned_by = ARRAY['a', 'b'], bucket_count = 2)"""
    found: dict[str, Any] = {}
    for part in split_at_commas(words.group()):
        inside = Words(part)
        name = inside.identifier()
        inside.need("=")
        if inside.accept("ARRAY"):
            inside.need("[")
            values = [inside.string()]
            while inside.accept(","):
                values.append(inside.string())
            inside.need("]")
            found[name] = values
        elif inside.next.kind == "string":
            found[name] = inside.string()
        else:
            found[name] = inside.take().text
        inside.finish()
    return found


def _drop(words: Words) -> Statement:
    kind = words.take().text.lower()
    kind = {"schema": "database"}.get(kind, kind)
    if kind not in ("table", "view", "database"):
        words.at -= 1
        raise words.refused("'TABLE', 'VIEW', 'DATABASE'")
    if_exists = words.accept("IF", "EXISTS")
    name = Name(words.identifier()) if kind == "database" else table_name(words)
    cascade = words.accept("CASCADE")
    if not cascade:
        words.accept("RESTRICT")
    words.accept("PURGE")
    words.finish()
    return said.Drop(kind, name, if_exists, cascade)


def _insert(words: Words) -> Statement:
    words.need("INTO")
    words.accept("TABLE")
    name = table_name(words)
    columns: list[str] = []
    if words.sees("(") and not any(words.ahead(1).text.upper() == word for word in QUERY_WORDS):
        columns = [Words(part).identifier() for part in split_at_commas(words.group())]
    return said.Insert(name, tuple(columns), _query(words))


def _unload(words: Words) -> Statement:
    sql = words.group()
    words.need("TO")
    location = words.string()
    properties = _properties(words) if words.accept("WITH") else {}
    words.finish()
    if "format" not in properties:
        raise Malformed("Table properties [format] are required for UNLOAD")  # unverified
    return said.Unload(sql, location, properties)


def _explain(words: Words) -> Statement:
    analyze = words.accept("ANALYZE")
    if words.sees("("):
        before = words.at
        inside = Words(words.group())
        if not (inside.sees("FORMAT") or inside.sees("TYPE")):
            words.at = before
    return said.Explain(_query(words), analyze)


def _repair(words: Words) -> Statement:
    words.need("REPAIR", "TABLE")
    name = table_name(words)
    words.finish()
    return said.Repair(name)


def _show(words: Words) -> Statement:
    what = words.take().text.lower()
    name, text = Name(""), ""
    if what in ("databases", "schemas"):
        what = "databases"
        words.accept("LIKE")
        text = words.string() if words.next.kind == "string" else ""
    elif what in ("tables", "views"):
        if words.accept("IN") or words.accept("FROM"):
            name = Name("", words.identifier())
        words.accept("LIKE")
        text = words.string() if words.next.kind == "string" else ""
    elif what == "columns":
        if not words.accept("FROM"):
            words.need("IN")
        name = table_name(words)
        if words.accept("FROM") or words.accept("IN"):
            name = Name(name.table, words.identifier())
    elif what == "partitions":
        name = table_name(words)
    elif what == "create" and (words.accept("TABLE") or words.accept("VIEW")):
        what = f"create_{words.tokens[words.at - 1].text.lower()}"
        name = table_name(words)
    elif what == "tblproperties":
        what, name = "properties", table_name(words)
        if words.accept("("):
            text = words.string()
            words.need(")")
    else:
        words.at -= 1
        raise words.refused(
            "'COLUMNS', 'CREATE', 'DATABASES', 'PARTITIONS', 'TABLES', 'TBLPROPERTIES', 'VIEWS'"
        )
    words.finish()
    return said.Show(what, name, text)


def _describe(words: Words) -> Statement:
    kind = "table"
    if words.sees("VIEW") and words.ahead(1).kind != "end":
        words.take()
        kind = "view"
    elif words.accept("FORMATTED"):
        kind = "formatted"
    else:
        words.accept("EXTENDED")
    name = table_name(words)
    if words.accept("PARTITION"):
        partition(words)
    elif not words.done():
        words.identifier()
    words.finish()
    return said.Describe(name, kind)


def _prepare(words: Words) -> Statement:
    name = words.identifier()
    words.need("FROM")
    return said.Prepare(name, words.rest())


def _execute(words: Words) -> Statement:
    name = words.identifier()
    given: list[str] = []
    if words.accept("USING"):
        given = split_at_commas(words.rest())
    else:
        words.finish()
    return said.Execute(name, tuple(given))


def _deallocate(words: Words) -> Statement:
    words.need("PREPARE")
    name = words.identifier()
    words.finish()
    return said.Deallocate(name)


_READERS = {
    "ALTER": alter,
    "CREATE": _create,
    "DEALLOCATE": _deallocate,
    "DESC": _describe,
    "DESCRIBE": _describe,
    "DROP": _drop,
    "EXECUTE": _execute,
    "EXPLAIN": _explain,
    "INSERT": _insert,
    "MSCK": _repair,
    "PREPARE": _prepare,
    "SHOW": _show,
    "UNLOAD": _unload,
}
