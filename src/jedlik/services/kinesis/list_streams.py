"""ListStreams: by name, a page at a time."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.limits import LIST_STREAMS
from jedlik.services.kinesis.store import Store


@operation("kinesis", "ListStreams", access="list")
async def list_streams(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """NextToken is the last name, as ExclusiveStartStreamName is."""
    streams = await Store.of(ctx.db).list(ctx.account, ctx.region)
    after = req.get("NextToken") or req.get("ExclusiveStartStreamName") or ""
    rest = [each for each in streams if each.name > after]
    limit = req.get("Limit", LIST_STREAMS)
    shown = rest[:limit]
    answer: dict[str, Any] = {
        "StreamNames": [each.name for each in shown],
        "HasMoreStreams": len(rest) > limit,
        "StreamSummaries": [
            {
                "StreamName": each.name,
                "StreamARN": each.arn,
                "StreamStatus": each.status,
                "StreamModeDetails": {"StreamMode": each.mode},
                "StreamCreationTimestamp": each.created_ms // 1000,
            }
            for each in shown
        ],
    }
    if len(rest) > limit:
        answer["NextToken"] = shown[-1].name
    return answer
