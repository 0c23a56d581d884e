"""GetQueryRuntimeStatistics: times, rows and bytes. There are no stages of DuckDB to be told."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import descriptions, errors
from jedlik.services.athena.requests import AsksByRecord, store_of


@operation(
    "athena",
    "GetQueryRuntimeStatistics",
    access="read",
    permissions=AsksByRecord("GetQueryRuntimeStatistics"),
)
async def get_query_runtime_statistics(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await store_of(ctx).execution(req["QueryExecutionId"])
    if not found.done:
        raise errors.unfinished(found.state)
    shown: dict[str, Any] = {"Timeline": descriptions.timeline(found)}
    if found.state == "SUCCEEDED":
        shown["Rows"] = {
            "InputBytes": found.scanned,
            "OutputBytes": found.result_bytes,
            "OutputRows": found.rows,
        }
    return {"QueryRuntimeStatistics": shown}
