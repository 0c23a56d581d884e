"""DescribeInsightRules: all of them in order of their names, DynamoDB's among them."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.insight_rules import (
    LOG_SCHEMA,
    MANAGED_SCHEMA,
    definition_of,
    key_rules,
)
from jedlik.services.cloudwatch.limits import INSIGHT_RULES_PER_PAGE
from jedlik.services.cloudwatch.records import INSIGHT_RULE, Records
from jedlik.services.cloudwatch.tokens import place_of, token_of


@operation("cloudwatch", "DescribeInsightRules", access="list")
async def describe_insight_rules(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found: list[dict[str, Any]] = [
        {
            "Name": rule.name,
            "State": "ENABLED",
            "Schema": MANAGED_SCHEMA,
            "Definition": definition_of(rule),
            "ManagedRule": True,
        }
        for rule in await key_rules(ctx.db, ctx.account, ctx.region)
    ]
    for record in await Records.of(ctx).range(INSIGHT_RULE):
        found.append(
            {
                "Name": record.name,
                "State": record.state,
                "Schema": LOG_SCHEMA,
                "Definition": record.definition,
                "ManagedRule": False,
                "ApplyOnTransformedLogs": record.on_transformed_logs,
            }
        )
    found.sort(key=lambda rule: str(rule["Name"]))
    after = place_of(req["NextToken"]).decode("utf-8", "replace") if "NextToken" in req else ""
    rest = [rule for rule in found if rule["Name"] > after]
    shown = rest[: req.get("MaxResults", INSIGHT_RULES_PER_PAGE)]
    answer: dict[str, Any] = {"InsightRules": shown}
    if len(shown) < len(rest):
        answer["NextToken"] = token_of(shown[-1]["Name"].encode())
    return answer
