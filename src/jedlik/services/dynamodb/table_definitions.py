"""Keys, attribute definitions and indexes of CreateTable and UpdateTable, checked and parsed.

The order of the checks and the texts are those that dynalite recorded from AWS; where it is silent
the text is marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from jedlik.services.dynamodb import limits
from jedlik.services.dynamodb.errors import invalid, validation
from jedlik.services.dynamodb.throughputs import (
    least_warm,
    on_demand_limits,
    provisioned,
    warm_throughput,
)
from jedlik.tables.model import Index, KeyAttribute, KeySchema, KeyType

Spec = Mapping[str, Any]
Types = dict[str, KeyType]


class Definition(Struct, frozen=True):
    """What a table is made of."""

    keys: KeySchema
    types: Types
    indexes: tuple[Index, ...]


def table_definition(req: Spec, *, billing: str) -> Definition:
    """The keys and indexes that a CreateTable asks for. Raises ApiError."""
    types = attribute_types(req["AttributeDefinitions"])
    keys = table_keys(req["KeySchema"], req["AttributeDefinitions"], types)
    local = _local_indexes(req.get("LocalSecondaryIndexes"), keys, types)
    global_ = _global_indexes(req.get("GlobalSecondaryIndexes"), types, billing=billing)
    indexes = local + global_
    check_names_differ(indexes)
    if len(local) > limits.LOCAL_INDEXES_MAX:
        raise invalid(
            f"Number of LocalSecondaryIndexes exceeds per-table limit of {limits.LOCAL_INDEXES_MAX}"
        )
    check_index_count(global_)
    check_included_attributes(indexes)
    _check_all_used(req["AttributeDefinitions"], keys, indexes)
    return Definition(keys, types, indexes)


def attribute_types(definitions: Sequence[Spec]) -> Types:
    """Attribute name -> type. A name defined twice keeps its last type, as at AWS."""
    return {each["AttributeName"]: each["AttributeType"] for each in definitions}


def table_keys(schema: Sequence[Spec], definitions: Sequence[Spec], types: Types) -> KeySchema:
    """A table's key schema. Raises ApiError."""
    _check_classic_order(schema)
    if len(definitions) < len(schema):
        raise validation("Invalid KeySchema: Some index key attribute have no definition")
    _check_distinct(schema)
    return _parsed(schema, types)


def global_index(spec: Spec, types: Types, *, billing: str) -> Index:
    """One global index of CreateTable or of UpdateTable's Create. Raises ApiError."""
    name = spec["IndexName"]
    schema = spec["KeySchema"]
    _check_multi_attribute_order(schema, name)
    _check_distinct(schema)
    keys = _parsed(schema, types)
    projection, non_key = _projection(spec["Projection"])
    throughput = spec.get("ProvisionedThroughput")
    if billing == "PAY_PER_REQUEST" and throughput is not None:
        raise invalid(
            f"ProvisionedThroughput should not be specified for index: {name} when BillingMode "
            "is PAY_PER_REQUEST"
        )
    if billing == "PROVISIONED" and throughput is None:
        raise invalid(f"ProvisionedThroughput must be specified for index: {name}")
    units = provisioned(throughput)
    return Index(
        name=name,
        kind="global",
        keys=keys,
        projection=projection,
        non_key=non_key,
        throughput=units,
        on_demand=on_demand_limits(spec.get("OnDemandThroughput"), None, billing=billing),
        warm=warm_throughput(
            spec.get("WarmThroughput"), least_warm(billing, units), subject=f"index {name}"
        ),
    )


def check_index_count(indexes: Sequence[Index]) -> None:
    if sum(index.kind == "global" for index in indexes) > limits.GLOBAL_INDEXES_MAX:
        raise invalid(
            f"GlobalSecondaryIndex count exceeds the per-table limit of {limits.GLOBAL_INDEXES_MAX}"
        )


def check_included_attributes(indexes: Sequence[Index]) -> None:
    """Unverified: the text; the limit is the developer guide's."""
    if sum(len(index.non_key) for index in indexes) > limits.INCLUDED_ATTRIBUTES_MAX:
        raise invalid(
            "Number of NonKeyAttributes of all indexes exceeds the per-table limit of "
            f"{limits.INCLUDED_ATTRIBUTES_MAX}"
        )


def _local_indexes(
    specs: Sequence[Spec] | None, keys: KeySchema, types: Types
) -> tuple[Index, ...]:
    if specs is None:
        return ()
    if not specs:
        raise invalid("List of LocalSecondaryIndexes is empty")
    return tuple(local_index(spec, keys, types) for spec in specs)


def local_index(spec: Spec, table: KeySchema, types: Types) -> Index:
    """One local index of a table with these keys. Raises ApiError."""
    name, schema = spec["IndexName"], spec["KeySchema"]
    _check_classic_order(schema)
    _check_distinct(schema)
    keys = _parsed(schema, types)
    if not table.sort:
        raise invalid(
            "Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex"
        )
    if not keys.sort:
        raise invalid(f"Index KeySchema does not have a range key for index: {name}")
    if keys.partition != table.partition:
        raise invalid(
            "Index KeySchema does not have the same leading hash key as table KeySchema for "
            f"index: {name}. index hash key: {keys.partition[0].name}, table hash key: "
            f"{table.partition[0].name}"
        )
    projection, non_key = _projection(spec["Projection"])
    return Index(name=name, kind="local", keys=keys, projection=projection, non_key=non_key)


def _global_indexes(
    specs: Sequence[Spec] | None, types: Types, *, billing: str
) -> tuple[Index, ...]:
    if specs is None:
        return ()
    if not specs:
        raise invalid("List of GlobalSecondaryIndexes is empty")
    return tuple(global_index(spec, types, billing=billing) for spec in specs)


def _projection(spec: Spec) -> tuple[Any, tuple[str, ...]]:
    """The projection's type and the further attributes it includes."""
    kind, non_key = spec.get("ProjectionType"), spec.get("NonKeyAttributes")
    if kind is None:
        raise invalid("Unknown ProjectionType: null")
    if kind != "INCLUDE" and non_key is not None:
        raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    if kind == "INCLUDE" and not non_key:
        raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    return kind, tuple(dict.fromkeys(non_key or ()))


def _check_classic_order(schema: Sequence[Spec]) -> None:
    if schema[0]["KeyType"] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(schema) > 1 and schema[1]["KeyType"] != "RANGE":
        raise validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    if len(schema) > limits.TABLE_KEYS_MAX:
        # Unverified since KeySchema lost its maximum of 2 to multi-attribute index keys.
        raise validation(
            "1 validation error detected: Value '["
            + ", ".join(
                f"KeySchemaElement(attributeName={each['AttributeName']}, "
                f"keyType={each['KeyType']})"
                for each in schema
            )
            + "]' at 'keySchema' failed to satisfy constraint: Member must have length less than "
            "or equal to 2"
        )


def _check_multi_attribute_order(schema: Sequence[Spec], name: str) -> None:
    """Partition attributes first, then sort attributes, at most four each.

    Unverified: the texts of the maximums and of a HASH after a RANGE.
    """
    kinds = [each["KeyType"] for each in schema]
    if kinds[0] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if kinds != sorted(kinds):
        raise validation(
            "Invalid KeySchema: All HASH key type KeySchemaElements must precede the RANGE key "
            "type KeySchemaElements"
        )
    for kind, most in (
        ("HASH", limits.INDEX_PARTITION_KEYS_MAX),
        ("RANGE", limits.INDEX_SORT_KEYS_MAX),
    ):
        if kinds.count(kind) > most:
            raise invalid(
                f"Number of {kind} key type KeySchemaElements exceeds the limit of {most} for "
                f"index: {name}"
            )


def _check_distinct(schema: Sequence[Spec]) -> None:
    if len({each["AttributeName"] for each in schema}) < len(schema):
        raise validation(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name"
        )


def _parsed(schema: Sequence[Spec], types: Types) -> KeySchema:
    names = [each["AttributeName"] for each in schema]
    if not types.keys() >= set(names):
        raise invalid(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(names)}], AttributeDefinitions: [{', '.join(types)}]"
        )

    def of(kind: str) -> tuple[KeyAttribute, ...]:
        return tuple(
            KeyAttribute(each["AttributeName"], types[each["AttributeName"]])
            for each in schema
            if each["KeyType"] == kind
        )

    return KeySchema(of("HASH"), of("RANGE"))


def _check_all_used(definitions: Sequence[Spec], keys: KeySchema, indexes: Sequence[Index]) -> None:
    if not indexes:
        if len(definitions) != len(keys.attributes):
            raise invalid(
                "Number of attributes in KeySchema does not exactly match number of attributes "
                "defined in AttributeDefinitions"
            )
        return
    check_definitions_used([each["AttributeName"] for each in definitions], keys, indexes)


def check_definitions_used(
    defined: Sequence[str], keys: KeySchema, indexes: Sequence[Index]
) -> None:
    """Every defined attribute must be a key of the table or of an index. Raises ApiError."""
    used = used_names(keys, indexes)
    if any(name not in used for name in defined):
        raise invalid(
            f"Some AttributeDefinitions are not used. AttributeDefinitions: "
            f"[{', '.join(defined)}], keys used: [{', '.join(used)}]"
        )


def used_names(keys: KeySchema, indexes: Sequence[Index]) -> list[str]:
    """The key attributes of a table and its indexes, each once."""
    names = list(keys.names)
    for index in indexes:
        names += index.keys.names
    return list(dict.fromkeys(names))


def check_names_differ(indexes: Sequence[Index]) -> None:
    """Raise ApiError where two indexes have one name."""
    seen: set[str] = set()
    for index in indexes:
        if index.name in seen:
            raise invalid(f"Duplicate index name: {index.name}")
        seen.add(index.name)
