"""What the modules on functions share: calls, and what is known of columns."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

Columns = Mapping[str, str]
"""Hive's types, by the names of columns in lower case."""


def call(name: str, *arguments: exp.Expr | None) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[each.copy() for each in arguments if each])
