"""GlobalSecondaryIndexUpdates of UpdateTable: checked, and applied to a table's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from jedlik.services.dynamodb.errors import (
    ResourceInUse,
    ResourceNotFound,
    invalid,
    limit_exceeded,
    validation,
)
from jedlik.services.dynamodb.table_definitions import (
    attribute_types,
    check_definitions_used,
    check_included_attributes,
    check_index_count,
    global_index,
    used_names,
)
from jedlik.services.dynamodb.throughputs import (
    changed_throughput,
    least_warm,
    on_demand_limits,
    out_of_bounds,
    switched_throughput,
    warm_throughput,
)
from jedlik.tables.model import Index, KeyType, Table

ACTIONS = ("Update", "Create", "Delete")


class IndexChange(Struct, frozen=True):
    """What an UpdateTable does to indexes: at most one made or dropped, any number updated."""

    created: Index | None = None
    deleted: str | None = None
    updated: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    types: Mapping[str, KeyType] = field(default_factory=dict)
    """All attribute types after the change."""


def index_updates_are_single(req: dict[str, Any]) -> str | None:
    """A rule: each update is one of three things, each index is named once."""
    seen: set[str] = set()
    for update in req.get("GlobalSecondaryIndexUpdates") or ():
        actions = [update[action] for action in ACTIONS if action in update]
        if not actions:
            return (
                "One or more parameter values were invalid: One of "
                "GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(actions) > 1:
            # Unverified: the text.
            return (
                "One or more parameter values were invalid: Only one of "
                "GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete may be specified"
            )
        name = actions[0]["IndexName"]
        if name in seen:
            return (
                "One or more parameter values were invalid: Only one global secondary index "
                f"update per index is allowed simultaneously. Index: {name}"
            )
        seen.add(name)
        text = out_of_bounds(actions[0].get("ProvisionedThroughput"), name)
        if text is not None:
            return text
    return None


def parsed_change(table: Table, req: dict[str, Any]) -> IndexChange:
    """The change of indexes that a request asks of this table. Raises ApiError."""
    updates = req.get("GlobalSecondaryIndexUpdates") or ()
    made = [update["Create"] for update in updates if "Create" in update]
    dropped = [update["Delete"]["IndexName"] for update in updates if "Delete" in update]
    updated = {u["Update"]["IndexName"]: u["Update"] for u in updates if "Update" in u}
    if len(made) + len(dropped) > 1 or (
        (made or dropped) and any(_is_busy(index) for index in table.indexes)
    ):
        raise limit_exceeded(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted "
            "simultaneously per table"
        )
    for name in [*dropped, *updated]:
        _check_changeable(table, name)
    types = _merged_types(table, req.get("AttributeDefinitions"))
    created = _created(table, made[0], types, req) if made else None
    indexes = tuple(each for each in table.indexes if each.name not in dropped)
    if created is not None:
        indexes = (*indexes, created)
        check_index_count(indexes)
        check_included_attributes(indexes)
    defined = [each["AttributeName"] for each in req.get("AttributeDefinitions") or ()]
    check_definitions_used(defined, table.keys, indexes)
    kept = used_names(table.keys, indexes)
    return IndexChange(
        created=created,
        deleted=dropped[0] if dropped else None,
        updated=updated,
        types={name: kind for name, kind in types.items() if name in kept},
    )


def with_updated_indexes(table: Table, before: Table, change: IndexChange, now_ms: int) -> Table:
    """The table with its indexes' capacity as updates and a switch of billing say.

    table: with the new billing mode already; before: as it was. The index to be created or
    deleted is not touched here.
    """
    indexes = tuple(
        _updated(index, table, before, change.updated.get(index.name), now_ms)
        if index.kind == "global" and index.name != change.deleted
        else index
        for index in table.indexes
    )
    return replace(table, indexes=indexes, attribute_types=dict(change.types))


def _updated(
    index: Index, table: Table, before: Table, spec: Mapping[str, Any] | None, now_ms: int
) -> Index:
    given = spec.get("ProvisionedThroughput") if spec else None
    if table.billing == "PAY_PER_REQUEST":
        if given is not None:
            raise invalid(
                f"ProvisionedThroughput should not be specified for index: {index.name} when "
                "BillingMode is PAY_PER_REQUEST"
            )
        throughput = switched_throughput(index.throughput, None)
    elif before.billing == "PAY_PER_REQUEST":
        if given is None:
            raise invalid(f"ProvisionedThroughput must be specified for index: {index.name}")
        throughput = switched_throughput(index.throughput, given)
    elif given is not None:
        throughput = changed_throughput(index.throughput, given, now_ms, index.name)
    else:
        throughput = index.throughput
    limits = spec.get("OnDemandThroughput") if spec else None
    warm = warm_throughput(
        spec.get("WarmThroughput") if spec else None,
        index.warm or least_warm(table.billing, throughput),
        subject=f"index {index.name}",
    )
    return replace(
        index,
        throughput=throughput,
        on_demand=on_demand_limits(limits, index.on_demand, billing=table.billing),
        warm=warm or index.warm,
    )


def _created(
    table: Table, spec: Mapping[str, Any], types: dict[str, KeyType], req: dict[str, Any]
) -> Index:
    billing = req.get("BillingMode", table.billing)
    index = global_index(spec, types, billing=billing)
    if table.index(index.name) is not None:
        raise validation("Attempting to create an index which already exists")
    return index


def _merged_types(table: Table, definitions: Any) -> dict[str, KeyType]:
    """The table's attribute types with those that the request adds.

    Unverified: the text for another type of a key attribute that is in use.
    """
    given = attribute_types(definitions or ())
    for name, kind in given.items():
        if table.attribute_types.get(name, kind) != kind:
            raise invalid(
                f"Attempting to change the type of an attribute that is in use. Attribute: {name}, "
                f"current type: {table.attribute_types[name]}, requested type: {kind}"
            )
    return {**table.attribute_types, **given}


def _check_changeable(table: Table, name: str) -> None:
    index = table.index(name)
    if index is None or index.kind != "global":
        raise ResourceNotFound.item_table()
    if _is_busy(index):
        doing = {"CREATING": "created", "DELETING": "deleted", "UPDATING": "updated"}
        raise ResourceInUse.index_busy(name, doing[index.status])


def _is_busy(index: Index) -> bool:
    return index.kind == "global" and index.status != "ACTIVE"
