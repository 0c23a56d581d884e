"""EnableInsightRules: those that can be; the others are told."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.insight_rules import rule_arns, switch


@operation("cloudwatch", "EnableInsightRules", access="write", resource=rule_arns)
async def enable_insight_rules(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    return {"Failures": await switch(ctx, req["RuleNames"], "ENABLED")}
