"""UpdateContributorInsights."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.contributor_insights import (
    DEFAULT_MODE,
    check_index,
    insights_of,
    subject_members,
)
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import change_table, now_ms
from jedlik.tables.model import Table


@operation(
    "dynamodb",
    "UpdateContributorInsights",
    access="write",
    permissions=on_table("UpdateContributorInsights"),
)
async def update_contributor_insights(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    index_name = req.get("IndexName")
    enable = req["ContributorInsightsAction"] == "ENABLE"

    def switch(table: Table) -> Table:
        check_index(table, index_name)
        old = insights_of(table, index_name)
        mode = req.get("ContributorInsightsMode") or (old["mode"] if old else DEFAULT_MODE)
        at_ms = now_ms(ctx)
        new = {"mode": mode, "enabled": enable, "at_ms": at_ms}
        if enable:
            # Switching the mode keeps the rules that both modes have, with what they counted.
            before = old if old and old["enabled"] else {}
            new["throttled_ms"] = before.get("throttled_ms") or at_ms
            if mode != "THROTTLED_KEYS":
                new["accessed_ms"] = before.get("accessed_ms") or at_ms
        insights = {**table.settings.get("insights", {}), index_name or "": new}
        return replace(table, settings={**table.settings, "insights": insights})

    _, table = await change_table(ctx, req["TableName"], switch)
    setting = insights_of(table, index_name)
    assert setting is not None
    return {
        **subject_members(table, index_name),
        "ContributorInsightsStatus": "ENABLING" if enable else "DISABLING",
        "ContributorInsightsMode": setting["mode"],
    }
