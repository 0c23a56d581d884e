"""Contributor insights of tables and global indexes: settings only, no rules are evaluated yet.

Kept in Table.settings["insights"]: "" or an index's name -> {"mode", "enabled", "at_ms"}.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from jedlik.services.dynamodb.errors import ResourceNotFound
from jedlik.tables.model import Table

DEFAULT_MODE = "ACCESSED_AND_THROTTLED_KEYS"


def check_index(table: Table, index_name: str | None) -> None:
    """Raise ResourceNotFoundException unless it is a global index of the table. Unverified."""
    if index_name is None:
        return
    index = table.index(index_name)
    if index is None or index.kind != "global":
        raise ResourceNotFound.item_table()


def insights_of(table: Table, index_name: str | None) -> dict[str, Any] | None:
    """The stored setting, None if it was never touched."""
    found: dict[str, Any] | None = table.settings.get("insights", {}).get(index_name or "")
    return found


def rule_names(table: Table, index_name: str | None, setting: dict[str, Any]) -> list[str]:
    """The CloudWatch rules AWS would make: PKC, PKT, and SKC, SKT where there is a sort key."""
    index = table.index(index_name) if index_name else None
    keys = index.keys if index else table.keys
    kinds = ["PKC", "SKC"] if keys.sort else ["PKC"]
    kinds += ["PKT", "SKT"] if keys.sort else ["PKT"]
    if setting["mode"] == "THROTTLED_KEYS":
        kinds = [kind for kind in kinds if kind.endswith("T")]
    subject = f"{table.name}-{index_name}" if index_name else table.name
    when = datetime.fromtimestamp(table.created_at_ms / 1000, UTC)
    stamp = f"{when:%Y-%m-%dT%H:%M:%S}.{table.created_at_ms % 1000:03d}Z"
    return [f"DynamoDBContributorInsights-{kind}-{subject}-{stamp}" for kind in kinds]


def subject_members(table: Table, index_name: str | None) -> dict[str, Any]:
    """TableName, and IndexName where an index is meant."""
    named = {"TableName": table.name}
    return {**named, "IndexName": index_name} if index_name else named


def status(setting: dict[str, Any] | None) -> str:
    return "ENABLED" if setting and setting["enabled"] else "DISABLED"
