"""What PartiQL's statements ask permission for: PartiQLSelect, Insert, Update or Delete each.

A statement that cannot be read asks nothing, and is refused by whoever executes it. EXISTS counts
as a PartiQLSelect (Unverified).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import fields, is_dataclass
from typing import Any

from jedlik.api.access import Ask, Unknowable
from jedlik.api.context import Context
from jedlik.services.dynamodb.partiql_requests import bound_of
from jedlik.services.dynamodb.permissions import Find, TablePermissions, ask_of, schema_of
from jedlik.services.dynamodb.row_keys import RowKeys, WhenRefused
from jedlik.tables.model import KeySchema, Table
from jedlik.tables.partiql.access import access_of, full_key
from jedlik.tables.partiql.literals import Bound, item_of
from jedlik.tables.partiql.parser import parse
from jedlik.tables.partiql.tree import (
    Constant,
    Delete,
    Exists,
    Expression,
    Insert,
    Operator,
    Path,
    Select,
    Struct,
    Update,
)
from jedlik.values import Invalid, Malformed

Request = dict[str, Any]

_ACTIONS: Mapping[type[object], str] = {
    Select: "dynamodb:PartiQLSelect",
    Exists: "dynamodb:PartiQLSelect",
    Insert: "dynamodb:PartiQLInsert",
    Update: "dynamodb:PartiQLUpdate",
    Delete: "dynamodb:PartiQLDelete",
}


class StatementKeys(RowKeys):
    """The rows and attributes of a statement; request: what has `Statement` and `Parameters`."""

    __slots__ = ("does",)

    def __init__(
        self,
        does: Operator,
        request: Mapping[str, Any],
        table: Table | None,
        schema: KeySchema | None,
        *,
        enclosing: str,
        consumed: str | None,
    ) -> None:
        super().__init__(request, table, schema, enclosing=enclosing, consumed=consumed)
        self.does = does.select if isinstance(does, Exists) else does

    @property
    def shows(self) -> bool:  # type: ignore[override]
        return isinstance(self.does, Select)

    @property
    def returns(self) -> bool:  # type: ignore[override]
        return not isinstance(self.does, Select)

    def select(self) -> str:
        assert isinstance(self.does, Select)
        if self.does.projection is not None:
            return "SPECIFIC_ATTRIBUTES"
        return "ALL_ATTRIBUTES" if self.does.index is None else "ALL_PROJECTED_ATTRIBUTES"

    def return_values(self) -> str:
        returning = self.does.returning if isinstance(self.does, (Update, Delete)) else None
        return (returning or "NONE").replace("MODIFIED", "UPDATED")

    def names(self) -> Iterable[str]:
        return _mentioned(self.does)

    def full_scan(self) -> bool | None:
        if not isinstance(self.does, Select):
            return None
        return self._values() is None

    def values_at(self, position: int) -> Iterable[Any]:
        found = self._values() or ()
        return [values[position] for values in found if position < len(values)]

    def _values(self) -> Sequence[Sequence[Any]] | None:
        """The partition keys that the statement is about; None if about all of them. A statement
        with a mistake in its keys is about nobody knows what."""
        if self.schema is None:
            raise Unknowable
        try:
            # A copy: checking brings numbers to normal form, and a token's fingerprint is taken
            # of the request as it came.
            bound = bound_of(deepcopy(dict(self.request)))
            return _partition_keys(bound, self.does, self.schema)
        except (Invalid, Malformed):
            raise Unknowable from None


def _partition_keys(
    bound: Bound, does: Operator, schema: KeySchema
) -> Sequence[Sequence[Any]] | None:
    if isinstance(does, Select):
        ranges = access_of(bound, schema, does.where).ranges
        return None if ranges is None else [each.values for each in ranges]
    if isinstance(does, Insert):
        key = item_of(bound, does.item)
    else:
        assert isinstance(does, (Update, Delete))
        key, _ = full_key(bound, schema, does.where)
    if any(attribute.name not in key for attribute in schema.partition):
        raise Unknowable
    return [[key[attribute.name] for attribute in schema.partition]]


def _mentioned(does: Operator) -> Iterator[str]:
    """Top-level attributes in a statement."""
    if isinstance(does, Insert):
        if isinstance(does.item, Struct):
            for name, _ in does.item.fields:
                if isinstance(name, Constant) and "S" in name.value:
                    yield name.value["S"]
        return
    if isinstance(does, Select):
        yield from (name for name, _ in does.order)
    for field in fields(does):
        yield from _paths(getattr(does, field.name))


def _paths(node: Expression | Any) -> Iterator[str]:
    if isinstance(node, Path):
        yield str(node.steps[0])
    elif isinstance(node, tuple):
        for each in node:
            yield from _paths(each)
    elif is_dataclass(node):
        for field in fields(node):
            yield from _paths(getattr(node, field.name))


def statements(enclosing: str) -> TablePermissions:
    """What the statements of an operation ask, each for itself."""
    by_member = enclosing == "BatchExecuteStatement"

    def build(ctx: Context, req: Request, find: Find) -> Sequence[Ask]:
        found: list[Ask] = []
        for number, asked in enumerate(_statements(req)):
            try:
                does = parse(asked["Statement"]).does
            except Invalid:
                continue
            select = does.select if isinstance(does, Exists) else does
            index = select.index if isinstance(select, Select) else None
            table = find(does.table)
            keys = StatementKeys(
                does,
                asked,
                table,
                schema_of(table, index),
                enclosing=enclosing,
                consumed=req.get("ReturnConsumedCapacity"),
            )
            member = number if by_member else None
            action = _ACTIONS[type(does)]
            ask = ask_of(ctx, action, does.table, table, index=index, keys=keys, member=member)
            found.append(ask)
            if asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                found.append(ask._replace(keys=WhenRefused(keys)))
        return found

    return TablePermissions(build, _tables)


def _statements(req: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    listed = req.get("Statements") or req.get("TransactStatements")
    return [req] if listed is None else listed


def _tables(req: Mapping[str, Any]) -> Iterator[str]:
    for asked in _statements(req):
        try:
            yield parse(asked["Statement"]).does.table
        except Invalid:
            continue
