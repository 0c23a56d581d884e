"""What the three PartiQL operations share: from a statement of a request to something to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.services.dynamodb.table_names import table_arn
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.tables.model import Table
from jedlik.tables.partiql.literals import Bound, bind
from jedlik.tables.partiql.parser import parse
from jedlik.tables.partiql.tree import Exists, Select
from jedlik.values import Invalid, check_value

Asked = Mapping[str, Any]
"""`Statement`, perhaps `Parameters`: an ExecuteStatement request or a member of a list."""


def bound_of(asked: Asked) -> Bound:
    """The statement parsed and its parameters checked; raises Invalid."""
    statement = parse(asked["Statement"])
    parameters = asked.get("Parameters", ())
    for value in parameters:
        check_value(value)
    return bind(statement, parameters)


def is_read(bound: Bound) -> bool:
    """Whether a statement counts as a read where reads and writes do not mix."""
    return isinstance(bound.statement.does, Select)


async def table_of(ctx: Context, bound: Bound) -> Table:
    """The table a statement is about; raises TableNotFound."""
    name = bound.statement.does.table
    return known_table(ctx, name) or await usable_table(ctx, name)


def statement_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    """The ARNs of the tables and indexes that a request's statements name, for authorisation.

    A statement that cannot be read names none; it will be refused by whoever executes it.
    """
    found: dict[str, None] = {}
    for asked in _statements(req):
        try:
            does = parse(asked["Statement"]).does
        except Invalid:
            continue
        arn = table_arn(ctx, does.table)
        select = does.select if isinstance(does, Exists) else does
        if isinstance(select, Select) and select.index is not None:
            arn += f"/index/{select.index}"
        found[arn] = None
    return list(found) or ["*"]


def _statements(req: Mapping[str, Any]) -> Iterable[Asked]:
    listed = req.get("Statements") or req.get("TransactStatements")
    return [req] if listed is None else listed
