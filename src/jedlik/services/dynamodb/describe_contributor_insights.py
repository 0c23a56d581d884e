"""DescribeContributorInsights."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.contributor_insights import (
    check_index,
    insights_of,
    rule_names,
    status,
    subject_members,
)
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import found_table


@operation(
    "dynamodb",
    "DescribeContributorInsights",
    access="read",
    permissions=on_table("DescribeContributorInsights"),
)
async def describe_contributor_insights(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    table = await found_table(ctx, req["TableName"])
    index_name = req.get("IndexName")
    check_index(table, index_name)
    setting = insights_of(table, index_name)
    shown = {
        **subject_members(table, index_name),
        "ContributorInsightsStatus": status(setting),
    }
    if setting is not None:
        if setting["enabled"]:
            shown["ContributorInsightsRuleList"] = rule_names(table, index_name)
            shown["ContributorInsightsMode"] = setting["mode"]
        shown["LastUpdateDateTime"] = setting["at_ms"] / 1000
    return shown
