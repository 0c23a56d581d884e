"""How backups look in answers, and how a request names a backup."""

from __future__ import annotations

import re
from typing import Any

from jedlik.api.context import Context
from jedlik.services.dynamodb.describe import described_index, key_schema, on_demand
from jedlik.services.dynamodb.errors import BackupMissing, access_denied
from jedlik.services.dynamodb.table_names import user_arn
from jedlik.storage.waist import Stats
from jedlik.tables.backups import Backup
from jedlik.tables.database import Database
from jedlik.tables.model import Table

ARN = re.compile(
    r"arn:aws[^:]*:dynamodb:([^:]*):(\d{12}):table/([a-zA-Z0-9_.-]{3,255})/backup/(\d{14}-[0-9a-f]{8})"
)


def backup_arns(ctx: Context, req: dict[str, Any]) -> list[str]:
    """The backup that a request names, for authorisation."""
    return [req["BackupArn"]]


async def found_backup(ctx: Context, arn: str, *, any_region: bool = False) -> Backup:
    """The backup of that ARN; raises BackupNotFoundException. any_region: it may be in another."""
    parts = ARN.fullmatch(arn)
    if parts is None:
        raise BackupMissing.arn(arn)
    region, account, table, backup_id = parts.groups()
    if account != ctx.account:
        raise access_denied(
            f"User: {user_arn(ctx)} is not authorized to access the resource: {arn}"
        )
    found = None
    if any_region or region == ctx.region:
        found = await ctx.db.backups.get(account, region, backup_id)
    if found is None or found.table.name != table:
        raise BackupMissing.arn(arn)
    backup: Backup = found
    return backup


async def stats_of(db: Database, backup: Backup) -> Stats:
    """Items and bytes of a backup: of one that is being made, and of what a deleted table left,
    they are those of the space."""
    if backup.kind == "SYSTEM" or backup.status == "CREATING":
        return await db.engine.stats(backup.space)
    return Stats(backup.rows, backup.size_bytes)


def details(backup: Backup, stats: Stats) -> dict[str, Any]:
    """The BackupDetails."""
    shown: dict[str, Any] = {
        "BackupArn": backup.arn,
        "BackupName": backup.name,
        "BackupSizeBytes": stats.bytes,
        "BackupStatus": backup.status,
        "BackupType": backup.kind,
        "BackupCreationDateTime": backup.at_ms / 1000,
    }
    if backup.expires_at_ms is not None:
        shown["BackupExpiryDateTime"] = backup.expires_at_ms / 1000
    return shown


def summary(backup: Backup, stats: Stats) -> dict[str, Any]:
    """The BackupSummary, as ListBackups has it."""
    table = backup.table
    return {
        "TableName": table.name,
        "TableId": table.id,
        "TableArn": table.arn,
        **details(backup, stats),
    }


def description(backup: Backup, stats: Stats, now_ms: int) -> dict[str, Any]:
    """The BackupDescription: the backup, and the table as it was."""
    table = backup.table
    source: dict[str, Any] = {
        "TableName": table.name,
        "TableId": table.id,
        "TableArn": table.arn,
        "TableSizeBytes": stats.bytes,
        "KeySchema": key_schema(table.keys),
        "TableCreationDateTime": table.created_at_ms / 1000,
        "ProvisionedThroughput": {
            "ReadCapacityUnits": table.throughput.read_units,
            "WriteCapacityUnits": table.throughput.write_units,
        },
        "ItemCount": stats.rows,
        "BillingMode": table.billing,
    }
    if table.on_demand is not None:
        source["OnDemandThroughput"] = on_demand(table.on_demand)
    return {
        "BackupDetails": details(backup, stats),
        "SourceTableDetails": source,
        "SourceTableFeatureDetails": _features(table, now_ms),
    }


def _features(table: Table, now_ms: int) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    kinds = {
        "local": ("LocalSecondaryIndexes", ("IndexName", "KeySchema", "Projection")),
        "global": (
            "GlobalSecondaryIndexes",
            ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput", "OnDemandThroughput"),
        ),
    }
    for kind, (member, wanted) in kinds.items():
        indexes = []
        for index in table.indexes:
            if index.kind == kind:
                whole = described_index(table, index, Stats(0, 0), now_ms)
                part = {name: whole[name] for name in wanted if name in whole}
                if kind == "global":
                    units = index.throughput
                    part["ProvisionedThroughput"] = {
                        "ReadCapacityUnits": units.read_units,
                        "WriteCapacityUnits": units.write_units,
                    }
                indexes.append(part)
        if indexes:
            shown[member] = indexes
    if table.stream is not None and table.stream.enabled:
        shown["StreamDescription"] = {
            "StreamEnabled": True,
            "StreamViewType": table.stream.view_type,
        }
    if table.ttl is not None and table.ttl.enabled:
        shown["TimeToLiveDescription"] = {
            "TimeToLiveStatus": "ENABLED",
            "AttributeName": table.ttl.attribute,
        }
    if table.sse is not None:
        shown["SSEDescription"] = table.sse
    return shown
