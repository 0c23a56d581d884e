"""UNNEST as Trino has it: rows from arrays, maps and arrays of rows, in step with each other.

    CROSS JOIN UNNEST(a, b) WITH ORDINALITY AS t (x, y, n)
    → CROSS JOIN LATERAL (SELECT unnest(a), unnest(b), unnest(generate_series(1, …))) AS t (x, y, n)

An argument that becomes more columns than one is a map (key and value) or an array of rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp


def without_unnest(tree: exp.Expr, is_map: Sequence[bool]) -> exp.Expr:
    """The tree with every UNNEST put so; is_map: of each, in the order in which they are found."""
    for node, of_map in zip([*tree.find_all(exp.Unnest)], is_map, strict=True):
        alias = node.args.get("alias")
        columns = alias.columns if alias is not None else []
        ordinal = bool(node.args.get("offset"))
        given = node.expressions
        wide = len(columns) - ordinal > len(given) or (of_map and not columns)
        shown: list[exp.Expr] = []
        for each in given:
            if of_map:
                each = exp.Anonymous(this="map_entries", expressions=[each.copy()])
            arguments = [each.copy()]
            if of_map or wide:
                depth = exp.PropertyEQ(
                    this=exp.to_identifier("max_depth"), expression=exp.Literal.number(2)
                )
                arguments.append(depth)
            shown.append(exp.Anonymous(this="unnest", expressions=arguments))
        if ordinal:
            shown.append(_numbers(given, of_map))
        inner = exp.Select(expressions=shown)
        source: exp.Expr = exp.Subquery(this=inner)
        if isinstance(node.parent, exp.Join):
            source = exp.Lateral(this=source)
        name = offset = node.args.get("offset")
        if alias is not None:
            alias = alias.copy()
            if isinstance(offset, exp.Identifier) and isinstance(name, exp.Identifier):
                if len(alias.columns) == len(given):
                    alias.append("columns", name.copy())
            source.set("alias", alias)
        node.replace(source)
    return tree


def _numbers(given: Sequence[exp.Expr], of_map: bool) -> exp.Expr:
    """1 to as many as the longest has."""
    lengths: list[exp.Expr] = []
    for each in given:
        argument = exp.Anonymous(this="map_keys", expressions=[each.copy()]) if of_map else each
        lengths.append(exp.Anonymous(this="len", expressions=[argument.copy()]))
    longest = lengths[0]
    if len(lengths) > 1:
        longest = exp.Anonymous(this="greatest", expressions=lengths)
    series = exp.Anonymous(this="generate_series", expressions=[exp.Literal.number(1), longest])
    return exp.Anonymous(this="unnest", expressions=[series])
