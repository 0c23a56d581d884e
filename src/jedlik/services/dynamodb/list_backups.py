"""ListBackups: in order of their creation, of one table or all, of a stretch of time, of a kind."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb import limits
from jedlik.services.dynamodb.backup_descriptions import ARN, stats_of, summary
from jedlik.services.dynamodb.errors import validation
from jedlik.services.dynamodb.table_names import table_arns, table_name
from jedlik.tables.backups import Backup

KINDS = {"USER": ("USER",), "SYSTEM": ("SYSTEM",), "ALL": ("USER", "SYSTEM"), "AWS_BACKUP": ()}


@operation("dynamodb", "ListBackups", access="read", resource=table_arns)
async def list_backups(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name = table_name(ctx, req["TableName"]) if "TableName" in req else None
    kinds = KINDS[req.get("BackupType", "USER")]
    limit = req.get("Limit", limits.LIST_BACKUPS_MAX)
    after = _after(req.get("ExclusiveStartBackupArn"))
    low_ms, high_ms = (_ms(req.get(f"TimeRange{side}Bound")) for side in ("Lower", "Upper"))
    found: list[Backup] = []
    async for backup in ctx.db.backups.of_region(ctx.account, ctx.region, after=after):
        in_time = (low_ms or 0) <= backup.at_ms and (high_ms is None or backup.at_ms < high_ms)
        if in_time and backup.kind in kinds and name in (None, backup.table.name):
            found.append(backup)
            if len(found) > limit:
                break
    shown = found[:limit]
    answer: dict[str, Any] = {
        "BackupSummaries": [summary(each, await stats_of(ctx.db, each)) for each in shown]
    }
    if len(found) > limit:
        answer["LastEvaluatedBackupArn"] = shown[-1].arn
    return answer


def _after(arn: str | None) -> str | None:
    if arn is None:
        return None
    parts = ARN.fullmatch(arn)
    if parts is None:
        # Unverified: the text.
        raise validation("Invalid ExclusiveStartBackupArn")
    return parts[4]


def _ms(at_s: float | None) -> int | None:
    """The lower bound is inclusive, the upper exclusive."""
    return None if at_s is None else round(at_s * 1000)
