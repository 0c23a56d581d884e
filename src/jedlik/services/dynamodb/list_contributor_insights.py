"""ListContributorInsights: of one table, or of all tables of the account and region.

NextToken is the last name shown, as "table" or "table/index".
"""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.dynamodb.contributor_insights import status, subject_members
from jedlik.services.dynamodb.limits import LIST_INSIGHTS_MAX, LIST_TABLES_MAX
from jedlik.services.dynamodb.permissions import on_table
from jedlik.services.dynamodb.table_changes import found_table
from jedlik.tables.errors import TableNotFound
from jedlik.tables.model import Table


def max_results_is_positive(req: dict[str, Any]) -> str | None:
    """The model has no minimum. Unverified: the text."""
    if req.get("MaxResults", 1) >= 1:
        return None
    return (
        f"1 validation error detected: Value '{req['MaxResults']}' at 'maxResults' failed to "
        "satisfy constraint: Member must have value greater than or equal to 1"
    )


@operation(
    "dynamodb",
    "ListContributorInsights",
    access="list",
    permissions=on_table("ListContributorInsights"),
    rules=[max_results_is_positive],
)
async def list_contributor_insights(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    limit = req.get("MaxResults", LIST_INSIGHTS_MAX)
    after = _place(req.get("NextToken", ""))
    if "TableName" in req:
        found = _summaries(await found_table(ctx, req["TableName"]))
        found = [each for each in found if _key(each) > after]
    else:
        found = await _of_all_tables(ctx, after, limit + 1)
    shown: dict[str, Any] = {"ContributorInsightsSummaries": found[:limit]}
    if len(found) > limit:
        table, index = _key(found[limit - 1])
        shown["NextToken"] = f"{table}/{index}" if index else table
    return shown


async def _of_all_tables(ctx: Context, after: tuple[str, str], wanted: int) -> list[dict[str, Any]]:
    """At least `wanted` summaries after a place, if there are so many."""
    found: list[dict[str, Any]] = []
    names = [after[0]] if after[0] else []
    last: str | None = after[0] or None
    while len(found) < wanted:
        for name in names:
            try:
                table = await ctx.db.catalog.get(ctx.account, ctx.region, name)
            except TableNotFound:
                continue
            found += [each for each in _summaries(table) if _key(each) > after]
        names = await ctx.db.catalog.names(
            ctx.account, ctx.region, after=last, limit=LIST_TABLES_MAX
        )
        if not names:
            break
        last = names[-1]
    return found


def _summaries(table: Table) -> list[dict[str, Any]]:
    """One for everything of the table that was ever switched."""
    settings: dict[str, Any] = table.settings.get("insights", {})
    return [
        {
            **subject_members(table, index_name or None),
            "ContributorInsightsStatus": status(setting),
            "ContributorInsightsMode": setting["mode"],
        }
        for index_name, setting in sorted(settings.items())
        if not index_name or table.index(index_name) is not None
    ]


def _key(summary: dict[str, Any]) -> tuple[str, str]:
    return summary["TableName"], summary.get("IndexName", "")


def _place(token: str) -> tuple[str, str]:
    table, _, index = token.partition("/")
    return table, index
