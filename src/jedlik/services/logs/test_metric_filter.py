"""TestMetricFilter: which messages match a pattern."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.patterns import compiled
from jedlik.services.logs.requests import group_arns


@operation("logs", "TestMetricFilter", access="read", resource=group_arns)
async def test_metric_filter(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    matches = compiled(req["filterPattern"])
    found = [(message, matches(message)) for message in req["logEventMessages"]]
    return {
        "matches": [
            {"eventNumber": number, "eventMessage": message, "extractedValues": match.extracted}
            for number, (message, match) in enumerate(found, 1)
            if match is not None
        ]
    }
