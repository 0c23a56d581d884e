"""How a table looks in an answer: TableDescription and its parts.

Sizes and counts are those of this moment; AWS's are up to six hours old.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.services.dynamodb.throughputs import decreases_today, least_warm
from jedlik.storage.waist import Stats
from jedlik.tables.database import Database
from jedlik.tables.model import (
    Index,
    KeySchema,
    OnDemandLimits,
    RestoreSource,
    Table,
    TableStatus,
    Throughput,
    WarmThroughput,
)
from jedlik.tables.throughput import Flows

Description = dict[str, Any]


async def described(
    db: Database,
    table: Table,
    now_ms: int,
    *,
    status: TableStatus | None = None,
    deleting_index: Index | None = None,
) -> Description:
    """The TableDescription of a table.

    status: shown instead of the table's own, where an answer still says CREATING although the
    table is ready already. deleting_index: one that is gone but is still shown, as DELETING.
    """
    if status is not None:
        table = replace(table, status=status)
    if deleting_index is not None:
        gone = replace(deleting_index, status="DELETING", backfilling=False)
        table = replace(table, indexes=(*table.indexes, gone))
    if table.status == "DELETING":
        return _deleted(table)
    table = with_warm(db.flows, table)
    if table.status == "CREATING":
        table = replace(
            table, indexes=tuple(replace(each, status="CREATING") for each in table.indexes)
        )
    stats = {each.space: await db.engine.stats(each.space) for each in table.indexes if each.space}
    return _description(table, await db.engine.stats(table.space), stats, now_ms)


def with_warm(flows: Flows, table: Table) -> Table:
    """The table with the warm throughput that it and its indexes have by now."""
    return replace(
        table,
        warm=flows.warm(table),
        indexes=tuple(
            replace(each, warm=flows.warm(table, each)) if each.kind == "global" else each
            for each in table.indexes
        ),
    )


def _deleted(table: Table) -> Description:
    """A table on its way out is described without its keys and indexes."""
    shown: Description = {
        "TableName": table.name,
        "TableStatus": "DELETING",
        "ProvisionedThroughput": _provisioned(table.throughput, 0),
        "TableSizeBytes": 0,
        "ItemCount": 0,
        "TableArn": table.arn,
        "TableId": table.id,
        "DeletionProtectionEnabled": table.deletion_protection,
    }
    if table.billing == "PAY_PER_REQUEST":
        shown["BillingModeSummary"] = {"BillingMode": "PAY_PER_REQUEST"}
    return shown


def _description(
    table: Table, stats: Stats, index_stats: dict[int, Stats], now_ms: int
) -> Description:
    shown: Description = {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in table.attribute_types.items()
        ],
        "TableName": table.name,
        "KeySchema": key_schema(table.keys),
        "TableStatus": table.status,
        "CreationDateTime": table.created_at_ms / 1000,
        "ProvisionedThroughput": _provisioned(
            table.throughput, decreases_today(table.throughput, now_ms)
        ),
        "TableSizeBytes": stats.bytes,
        "ItemCount": stats.rows,
        "TableArn": table.arn,
        "TableId": table.id,
    }
    if table.billing == "PAY_PER_REQUEST" or table.billing_changed_ms is not None:
        shown["BillingModeSummary"] = _billing(table)
    for kind, member in (("local", "LocalSecondaryIndexes"), ("global", "GlobalSecondaryIndexes")):
        indexes = [
            described_index(table, each, index_stats.get(each.space, Stats(0, 0)), now_ms)
            for each in table.indexes
            if each.kind == kind
        ]
        if indexes:
            shown[member] = indexes
    _add_stream(shown, table)
    if table.sse is not None:
        shown["SSEDescription"] = table.sse
    if table.table_class != "STANDARD" or table.table_class_changed_ms is not None:
        shown["TableClassSummary"] = _table_class(table)
    shown["DeletionProtectionEnabled"] = table.deletion_protection
    if table.restored is not None:
        shown["RestoreSummary"] = restore_summary(table.restored)
    if table.on_demand is not None:
        shown["OnDemandThroughput"] = on_demand(table.on_demand)
    shown["WarmThroughput"] = _warm(table.warm, table.billing, table.throughput, table.status)
    return shown


def restore_summary(source: RestoreSource) -> dict[str, Any]:
    """The RestoreSummary of a restored table."""
    shown: dict[str, Any] = {
        "SourceTableArn": source.table_arn,
        "RestoreDateTime": source.at_ms / 1000,
        "RestoreInProgress": source.in_progress,
    }
    if source.backup_arn is not None:
        shown["SourceBackupArn"] = source.backup_arn
    return shown


def described_index(table: Table, index: Index, stats: Stats, now_ms: int) -> Description:
    """A LocalSecondaryIndexDescription or GlobalSecondaryIndexDescription."""
    projection: Description = {"ProjectionType": index.projection}
    if index.non_key:
        projection["NonKeyAttributes"] = list(index.non_key)
    shown: Description = {
        "IndexName": index.name,
        "KeySchema": key_schema(index.keys),
        "Projection": projection,
    }
    if index.kind == "global":
        shown["IndexStatus"] = index.status
        if index.status == "CREATING" and table.status != "CREATING":
            shown["Backfilling"] = index.backfilling
        shown["ProvisionedThroughput"] = _provisioned(
            index.throughput, decreases_today(index.throughput, now_ms)
        )
    shown["IndexSizeBytes"] = stats.bytes
    shown["ItemCount"] = stats.rows
    shown["IndexArn"] = table.index_arn(index.name)
    if index.kind == "global":
        if index.on_demand is not None:
            shown["OnDemandThroughput"] = on_demand(index.on_demand)
        shown["WarmThroughput"] = _warm(index.warm, table.billing, index.throughput, index.status)
    return shown


def key_schema(keys: KeySchema) -> list[Description]:
    """The KeySchema of a table or index."""
    return [
        *({"AttributeName": each.name, "KeyType": "HASH"} for each in keys.partition),
        *({"AttributeName": each.name, "KeyType": "RANGE"} for each in keys.sort),
    ]


def on_demand(limits: OnDemandLimits) -> Description:
    shown = {
        "MaxReadRequestUnits": limits.max_read_units,
        "MaxWriteRequestUnits": limits.max_write_units,
    }
    return {name: units for name, units in shown.items() if units is not None}


def _provisioned(throughput: Throughput, decreases: int) -> Description:
    shown: Description = {"NumberOfDecreasesToday": decreases}
    if throughput.last_increase_ms is not None:
        shown["LastIncreaseDateTime"] = throughput.last_increase_ms / 1000
    if throughput.last_decrease_ms is not None:
        shown["LastDecreaseDateTime"] = throughput.last_decrease_ms / 1000
    shown["ReadCapacityUnits"] = throughput.read_units
    shown["WriteCapacityUnits"] = throughput.write_units
    return shown


def _billing(table: Table) -> Description:
    shown: Description = {"BillingMode": table.billing}
    if table.billing_changed_ms is not None and table.status != "CREATING":
        shown["LastUpdateToPayPerRequestDateTime"] = table.billing_changed_ms / 1000
    return shown


def _table_class(table: Table) -> Description:
    shown: Description = {"TableClass": table.table_class}
    if table.table_class_changed_ms is not None:
        shown["LastUpdateDateTime"] = table.table_class_changed_ms / 1000
    return shown


def _warm(
    asked: WarmThroughput | None, billing: str, throughput: Throughput, status: str
) -> Description:
    least = least_warm(billing, throughput)
    warm = asked or least
    return {
        "ReadUnitsPerSecond": max(warm.read_units, least.read_units),
        "WriteUnitsPerSecond": max(warm.write_units, least.write_units),
        "Status": "UPDATING" if status == "CREATING" else "ACTIVE",
    }


def _add_stream(shown: Description, table: Table) -> None:
    if table.stream is not None and table.stream.enabled:
        shown["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": table.stream.view_type,
        }
    if table.latest_stream_label is not None:
        shown["LatestStreamLabel"] = table.latest_stream_label
        shown["LatestStreamArn"] = f"{table.arn}/stream/{table.latest_stream_label}"
