"""What a statement with its parameters means for a table: a read of ranges, or one write.

Called by the PartiQL operations: `bind`, then `plan_select`, `plan_get` or `plan_write`. Pure:
looks at a table's description, never at its items. Raises Invalid in AWS's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jedlik.tables.expressions.conditions import Condition, condition_of
from jedlik.tables.expressions.updates import update_of
from jedlik.tables.item_writes import (
    CheckWrite,
    DeleteWrite,
    ItemWrite,
    PutWrite,
    UpdateWrite,
)
from jedlik.tables.keys import Key
from jedlik.tables.model import Index, Table
from jedlik.tables.partiql.access import (
    NO_FULL_KEY,
    Range,
    access_of,
    check_item_key,
    full_key,
)
from jedlik.tables.partiql.literals import Bound, item_of
from jedlik.tables.partiql.projection import Projection, projection_of
from jedlik.tables.partiql.translate import Translation
from jedlik.tables.partiql.tree import (
    Delete,
    Exists,
    Expression,
    Insert,
    Select,
    Update,
)
from jedlik.values import Invalid, check_item

Item = dict[str, Any]

EXISTS_NEEDS_MORE = "EXISTS() must contain a single item read with additional condition"


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A SELECT: which rows to look at, and what to give back of them.

    `ranges` None means all rows; `condition` None that all rows in the ranges are wanted; `listed`
    that an IN listed keys.
    """

    table: Table
    index: Index | None
    ranges: tuple[Range, ...] | None
    reverse: bool
    condition: Condition | None
    projection: Projection | None
    listed: bool = False

    @property
    def space(self) -> int:
        return self.table.space if self.index is None else self.index.space


@dataclass(frozen=True, slots=True)
class GetPlan:
    """A SELECT of the one item with a whole key."""

    table: Table
    key: Key
    projection: Projection | None


@dataclass(frozen=True, slots=True)
class WhenPresent:
    """The condition of an UPDATE or EXISTS: an item is there, and the rest of WHERE holds."""

    rest: Condition | None

    def holds(self, item: Item | None) -> bool:
        return item is not None and (self.rest is None or self.rest.holds(item))


@dataclass(frozen=True, slots=True)
class UnlessPresent:
    """The condition of a DELETE: where no item is, nothing is to delete and all is well.

    So says the developer guide; DynamoDB Local refuses when WHERE has more than the key.
    """

    rest: Condition

    def holds(self, item: Item | None) -> bool:
        return item is None or self.rest.holds(item)


@dataclass(frozen=True, slots=True)
class WhenAbsent:
    """The condition of an INSERT."""

    def holds(self, item: Item | None) -> bool:
        return item is None


def plan_select(bound: Bound, select: Select, table: Table, index: Index | None) -> ReadPlan:
    """How to answer a SELECT from the table, or from one of its indexes."""
    keys = table.keys if index is None else index.keys
    projection = projection_of(select.projection)
    names = [name for name, _ in select.order]
    for name in names:
        if name not in keys.names:
            raise Invalid(
                f"Variable reference {name} in ORDER BY clause must be part of the primary key"
            )
    if names and select.where is None:
        raise Invalid("Must have WHERE clause in the statement when using ORDER BY clause.")
    access = access_of(bound, keys, select.where)
    if names and access.ranges is None:
        raise Invalid(
            "Must have at least one non-optional hash key condition in WHERE clause when using "
            "ORDER BY clause."
        )
    translation = Translation(bound)
    # Translated even where the ranges say it all: it is what refuses operands that do not fit.
    where = translation.where([select.where] if select.where is not None else [])
    condition = None
    if where is not None:
        condition = condition_of(where, translation.values)
    ranges, reverse = access.ranges, False
    for name, descending in select.order:
        if name == keys.partition[0].name and ranges is not None:
            ranges = tuple(sorted(ranges, key=_partition, reverse=descending))
        elif keys.sort and name == keys.sort[0].name:
            reverse = descending
    if reverse and ranges is not None:
        ranges = _turned(ranges)
    if access.exact:
        condition = None
    return ReadPlan(table, index, ranges, reverse, condition, projection, access.listed)


def plan_get(bound: Bound, select: Select, table: Table) -> GetPlan | None:
    """The one item a SELECT asks for; None when WHERE is not its whole key and nothing else."""
    try:
        key, others = full_key(bound, table.keys, select.where)
    except Invalid as error:
        if error.message != NO_FULL_KEY:
            raise
        return None
    if others or select.index is not None or select.order:
        return None
    return GetPlan(table, table.key_of(key), projection_of(select.projection))


def plan_write(bound: Bound, table: Table) -> ItemWrite:
    """The write that an INSERT, UPDATE, DELETE or EXISTS asks for."""
    does = bound.statement.does
    if isinstance(does, Insert):
        return _insert(bound, does, table)
    if isinstance(does, Update):
        return _update(bound, does, table)
    if isinstance(does, Delete):
        return _delete(bound, does, table)
    assert isinstance(does, Exists)
    return _exists(bound, does.select, table)


def _insert(bound: Bound, insert: Insert, table: Table) -> PutWrite:
    item = item_of(bound, insert.item)
    size = check_item(item)
    check_item_key(table.keys, item)
    return PutWrite(table, table.key_of(item), item, size, WhenAbsent())


def _update(bound: Bound, update: Update, table: Table) -> UpdateWrite:
    key, others = full_key(bound, table.keys, update.where)
    translation = Translation(bound)
    sections = translation.update(update.actions)
    made = update_of(sections, translation.values)
    made.check_keys(table.keys.names)
    condition = WhenPresent(_rest(bound, others))
    return UpdateWrite(table, table.key_of(key), key, made, condition)


def _delete(bound: Bound, delete: Delete, table: Table) -> DeleteWrite:
    key, others = full_key(bound, table.keys, delete.where)
    rest = _rest(bound, others)
    return DeleteWrite(table, table.key_of(key), None if rest is None else UnlessPresent(rest))


def _exists(bound: Bound, select: Select, table: Table) -> CheckWrite:
    try:
        key, others = full_key(bound, table.keys, select.where)
    except Invalid as error:
        if error.message != NO_FULL_KEY:
            raise
        raise Invalid(EXISTS_NEEDS_MORE) from None
    if not others:
        raise Invalid(EXISTS_NEEDS_MORE)
    return CheckWrite(table, table.key_of(key), WhenPresent(_rest(bound, others)))


def _rest(bound: Bound, conditions: tuple[Expression, ...]) -> Condition | None:
    """What WHERE asks beside the key."""
    translation = Translation(bound)
    node = translation.where(conditions)
    return None if node is None else condition_of(node, translation.values)


def _partition(reach: Range) -> bytes:
    return reach.partition


def _turned(ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    """Ranges of one partition key in descending order; partition keys stay in their order."""
    order = {partition: i for i, partition in enumerate(dict.fromkeys(r.partition for r in ranges))}
    by_sort = sorted(ranges, key=lambda reach: reach.low or b"", reverse=True)
    return tuple(sorted(by_sort, key=lambda reach: order[reach.partition]))
