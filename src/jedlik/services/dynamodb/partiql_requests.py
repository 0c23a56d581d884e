"""What the three PartiQL operations share: from a statement of a request to something to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.services.dynamodb.usable_tables import known_table, usable_table
from jedlik.tables.model import Table
from jedlik.tables.partiql.literals import Bound, bind
from jedlik.tables.partiql.parser import parse
from jedlik.tables.partiql.tree import Select
from jedlik.values import check_value

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
