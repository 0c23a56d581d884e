"""How a table's continuous backups are described, and how far back they reach.

The latest restorable time is now: the log is there with the write. AWS's is "typically five
minutes" ago.
"""

from __future__ import annotations

from typing import Any

from jedlik.tables.model import RecoverySettings, Table

DAY_MS = 86_400_000


def earliest_restorable_ms(recovery: RecoverySettings, now_ms: int) -> int:
    """From when on a table's past is known."""
    return max(recovery.since_ms, now_ms - recovery.period_days * DAY_MS)


def described_backups(table: Table, now_ms: int) -> dict[str, Any]:
    """The ContinuousBackupsDescription of a table."""
    recovery = table.recovery
    shown: dict[str, Any]
    if recovery is None or not recovery.enabled:
        shown = {"PointInTimeRecoveryStatus": "DISABLED"}
    else:
        earliest_ms = earliest_restorable_ms(recovery, now_ms)
        shown = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": recovery.period_days,
            "EarliestRestorableDateTime": earliest_ms / 1000,
            "LatestRestorableDateTime": max(earliest_ms, now_ms) / 1000,
        }
    return {
        # Of a table in the making they come a little later: clients wait for it.
        "ContinuousBackupsStatus": "DISABLED" if table.status == "CREATING" else "ENABLED",
        "PointInTimeRecoveryDescription": shown,
    }
