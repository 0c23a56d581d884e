"""DescribeAlarmHistory: what happened to alarms in the last thirty days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch.limits import DESCRIBED_MAX, HISTORY_S
from jedlik.services.cloudwatch.records import HISTORY, HistoryRecord, Records
from jedlik.services.cloudwatch.tokens import number_of, token_of


@operation("cloudwatch", "DescribeAlarmHistory", access="read")
async def describe_alarm_history(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    records = Records.of(ctx)
    within = f"{req['AlarmName']}\0" if "AlarmName" in req else ""
    found = [
        each
        for each in await records.range(HISTORY, low=within, high=within)
        if _matches(each, req, ctx.now)
    ]
    descending = req.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    if descending:
        found.reverse()
    found.sort(key=lambda each: each.at_ms, reverse=descending)
    first = number_of(req.get("NextToken"))
    shown = found[first : first + req.get("MaxRecords", DESCRIBED_MAX)]
    answer: dict[str, Any] = {"AlarmHistoryItems": [_told(each) for each in shown]}
    if first + len(shown) < len(found):
        answer["NextToken"] = token_of(str(first + len(shown)).encode())
    return answer


def _matches(each: HistoryRecord, req: Mapping[str, Any], now: float) -> bool:
    kinds = req.get("AlarmTypes") or ("MetricAlarm",)
    if "AlarmName" not in req and each.kind not in kinds:
        return False
    if "AlarmTypes" in req and each.kind not in kinds:
        return False
    if req.get("HistoryItemType", each.type) != each.type:
        return False
    at_s = each.at_ms / 1000
    earliest = max(req.get("StartDate", 0), now - HISTORY_S)
    return bool(earliest <= at_s <= req.get("EndDate", at_s))


def _told(each: HistoryRecord) -> dict[str, Any]:
    return {
        "AlarmName": each.alarm,
        "AlarmType": each.kind,
        "Timestamp": each.at_ms / 1000,
        "HistoryItemType": each.type,
        "HistorySummary": each.summary,
        "HistoryData": each.data,
    }
