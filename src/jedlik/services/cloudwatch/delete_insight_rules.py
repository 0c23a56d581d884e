"""DeleteInsightRules: those that can be; the others are told."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.insight_rules import failures, rule_arns
from jedlik.services.cloudwatch.records import INSIGHT_RULE, Records


@operation("cloudwatch", "DeleteInsightRules", access="write", resource=rule_arns)
async def delete_insight_rules(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    wrong = await failures(ctx, req["RuleNames"])
    bad = {each["FailureResource"] for each in wrong}
    records = Records.of(ctx)
    for name in req["RuleNames"]:
        if name not in bad:
            await records.put(INSIGHT_RULE, name, lambda old: None)
    return {"Failures": wrong}
