"""How a table's continuous backups are described. Settings only: restoring comes later."""

from __future__ import annotations

from typing import Any

from jedlik.services.dynamodb.limits import RECOVERY_LAG_S
from jedlik.tables.model import Table


def described_backups(table: Table, now_ms: int) -> dict[str, Any]:
    """The ContinuousBackupsDescription of a table."""
    recovery = table.recovery
    shown: dict[str, Any]
    if recovery is None or not recovery.enabled:
        shown = {"PointInTimeRecoveryStatus": "DISABLED"}
    else:
        earliest_ms = max(recovery.since_ms, now_ms - recovery.period_days * 86_400_000)
        latest_ms = max(earliest_ms, now_ms - RECOVERY_LAG_S * 1000)
        shown = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": recovery.period_days,
            "EarliestRestorableDateTime": earliest_ms / 1000,
            "LatestRestorableDateTime": latest_ms / 1000,
        }
    return {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": shown,
    }
