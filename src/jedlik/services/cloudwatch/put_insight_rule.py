"""PutInsightRule: make or replace a rule over log groups."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.errors import InsightRule, invalid_value
from jedlik.services.cloudwatch.insight_rules import (
    STATES,
    check_definition,
    is_managed,
    rule_arns,
)
from jedlik.services.cloudwatch.limits import INSIGHT_RULES_MAX
from jedlik.services.cloudwatch.records import INSIGHT_RULE, InsightRuleRecord, Records
from jedlik.services.cloudwatch.tags import with_tags


@operation("cloudwatch", "PutInsightRule", access="write", resource=rule_arns)
async def put_insight_rule(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    name, state = req["RuleName"], req.get("RuleState", "ENABLED")
    if is_managed(name):
        raise InsightRule.managed(name)
    if state not in STATES:
        raise invalid_value(f"RuleState must be one of {', '.join(STATES)}.")  # unverified
    check_definition(req["RuleDefinition"])
    records = Records.of(ctx)
    if await records.get(INSIGHT_RULE, name) is None:
        if len(await records.range(INSIGHT_RULE)) >= INSIGHT_RULES_MAX:
            raise InsightRule.too_many(INSIGHT_RULES_MAX)
    tags = with_tags({}, req.get("Tags", []))

    def changed(old: InsightRuleRecord | None) -> InsightRuleRecord:
        # Tags are given to new rules only (API reference).
        return InsightRuleRecord(
            name,
            state,
            req["RuleDefinition"],
            req.get("ApplyOnTransformedLogs", False),
            tags if old is None else old.tags,
        )

    await records.put(INSIGHT_RULE, name, changed)
    return {}
