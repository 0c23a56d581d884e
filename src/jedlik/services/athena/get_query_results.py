"""GetQueryResults: rows of a query that has succeeded, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jedlik.api.access import Ask
from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.athena import errors, results
from jedlik.services.athena.limits import RESULTS_MAX
from jedlik.services.athena.requests import AsksByRecord, place_in, store_of, to_token
from jedlik.services.s3 import Objects, S3Error, asked


class ResultsAsks(AsksByRecord):
    """The query's work group, and the object with its results."""

    def __init__(self) -> None:
        super().__init__("GetQueryResults")

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        asks = [*await super().asks_after_reading(ctx, req)]
        if asks:
            found = await store_of(ctx).execution(req["QueryExecutionId"])
            if found.kind:
                bucket, _, key = found.location.removeprefix("s3://").partition("/")
                asks += await asked(ctx, {}, "s3:GetObject", bucket, key)
        return asks


@operation("athena", "GetQueryResults", access="read", permissions=ResultsAsks())
async def get_query_results(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    found = await store_of(ctx).execution(req["QueryExecutionId"])
    if not found.done:
        raise errors.unfinished(found.state)
    if found.state != "SUCCEEDED":
        raise errors.unsuccessful(found.state)
    limit = req.get("MaxResults", RESULTS_MAX)
    token = req.get("NextToken")
    answer: dict[str, Any] = {}
    rows: list[list[str | None]] = []
    if found.kind:
        start = place_in(token) if token else 0
        objects = Objects(ctx.db, account=ctx.account, region=ctx.region)
        try:
            rows, rest = await results.rows(objects, found, start=start, limit=limit)
        except S3Error:
            raise errors.no_results() from None
        if rest is not None:
            answer["NextToken"] = to_token(str(rest))
    if found.update_count is not None:
        answer["UpdateCount"] = found.update_count
    shown = [
        {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}
        for row in rows
    ]
    columns = [results.column_info(each) for each in found.columns] if found.kind else []
    return {
        **answer,
        "ResultSet": {"Rows": shown, "ResultSetMetadata": {"ColumnInfo": columns}},
    }
