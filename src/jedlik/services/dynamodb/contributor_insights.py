"""Contributor insights of tables and global indexes: the settings, and the rules that they make.

Kept in Table.settings["insights"]: "" or an index's name -> {"mode", "enabled", "at_ms",
"throttled_ms", "accessed_ms"}; the last two: since when there are rules for throttled and for
accessed keys. Counted is by `tables/throughput/watches.py`; CloudWatch shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jedlik.services.dynamodb.errors import ResourceNotFound
from jedlik.tables.model import KeySchema, Table
from jedlik.tables.throughput import Kind

RULE_PREFIX = "DynamoDBContributorInsights-"
RULE_NAME_MAX = 128
"""Of CloudWatch. Unverified: that AWS shortens the table's name where the whole is longer."""
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


@dataclass(frozen=True)
class KeyRule:
    """A rule that DynamoDB made: what it counts, of what, and since when."""

    name: str
    kind: Kind
    table: Table
    index_name: str | None
    since_ms: int

    @property
    def keys(self) -> KeySchema:
        index = self.table.index(self.index_name) if self.index_name else None
        return index.keys if index else self.table.keys

    @property
    def labels(self) -> list[str]:
        """The attributes whose values name a contributor."""
        attributes = self.keys.partition if self.kind.startswith("P") else self.keys.attributes
        return [attribute.name for attribute in attributes]


def rules_of(table: Table) -> Iterator[KeyRule]:
    """The rules of a table and its indexes: PKC and PKT, SKC and SKT where there is a sort key."""
    settings: dict[str, Any] = table.settings.get("insights", {})
    for name, setting in sorted(settings.items()):
        if setting["enabled"] and (not name or table.index(name) is not None):
            yield from _rules(table, name or None, setting)


def rule_names(table: Table, index_name: str | None) -> list[str]:
    """The rules of a table or index, as DescribeContributorInsights lists them."""
    return [rule.name for rule in rules_of(table) if rule.index_name == index_name]


def _rules(table: Table, index_name: str | None, setting: dict[str, Any]) -> Iterator[KeyRule]:
    index = table.index(index_name) if index_name else None
    keys = index.keys if index else table.keys
    subject = f"{table.name}-{index_name}" if index_name else table.name
    kinds: list[Kind] = ["PKC", "SKC", "PKT", "SKT"]
    for kind in kinds:
        if kind.startswith("S") and not keys.sort:
            continue
        is_throttled = kind.endswith("T")
        if not is_throttled and setting["mode"] == "THROTTLED_KEYS":
            continue
        since_ms = setting.get("throttled_ms" if is_throttled else "accessed_ms") or 0
        since_ms = since_ms or setting["at_ms"]
        room = RULE_NAME_MAX - len(f"{RULE_PREFIX}{kind}--{since_ms}")
        name = f"{RULE_PREFIX}{kind}-{subject[:room]}-{since_ms}"
        yield KeyRule(name, kind, table, index_name, since_ms)


def subject_members(table: Table, index_name: str | None) -> dict[str, Any]:
    """TableName, and IndexName where an index is meant."""
    named = {"TableName": table.name}
    return {**named, "IndexName": index_name} if index_name else named


def status(setting: dict[str, Any] | None) -> str:
    return "ENABLED" if setting and setting["enabled"] else "DISABLED"
