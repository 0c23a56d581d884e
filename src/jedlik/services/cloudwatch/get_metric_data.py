"""GetMetricData: metrics, and expressions over them, in pages of up to 100,800 data points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.cloudwatch import limits
from jedlik.services.cloudwatch.errors import validation
from jedlik.services.cloudwatch.expressions import BadExpression
from jedlik.services.cloudwatch.labels import labelled
from jedlik.services.cloudwatch.operands import Series, Value
from jedlik.services.cloudwatch.queries import Queries, Query
from jedlik.services.cloudwatch.series import time_range
from jedlik.services.cloudwatch.tokens import number_of, token_of
from jedlik.tables.measurements import Measurements

Result = dict[str, Any]


@operation("cloudwatch", "GetMetricData", access="read")
async def get_metric_data(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    start_s, end_s = time_range(req)
    if start_s >= end_s:
        raise validation("The parameter StartTime must be less than the parameter EndTime.")
    if len(req["MetricDataQueries"]) > limits.QUERIES_MAX:
        raise validation(
            "The collection MetricDataQueries must not have a size greater than "
            f"{limits.QUERIES_MAX}."
        )
    size = req.get("MaxDatapoints", limits.POINTS_MAX)
    if not 1 <= size <= limits.POINTS_MAX:
        raise validation(f"MaxDatapoints must be between 1 and {limits.POINTS_MAX}.")
    queries = Queries(req["MetricDataQueries"])
    _check_size(queries, start_s, end_s)
    values = await queries.answer(Measurements(ctx.db, ctx.account, ctx.region), start_s, end_s)
    descending = req.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    results = [
        result
        for query in queries.queries
        if query.get("ReturnData", True)
        for result in _results(query, values[query["Id"]], start_s, descending)
    ]
    return _page(results, number_of(req.get("NextToken")), size)


def _check_size(queries: Queries, start_s: float, end_s: float) -> None:
    """Fine periods over years would keep everybody else waiting."""
    asked = sum(
        (end_s - start_s) / each["MetricStat"]["Period"]
        for each in queries.queries
        if "MetricStat" in each
    )
    expressions = sum("Expression" in each for each in queries.queries)
    step = min((queries.period_s(each["Id"]) or 60 for each in queries.queries), default=60)
    asked += expressions * (end_s - start_s) / step
    if asked > limits.POINTS_COMPUTED_MAX:
        raise validation("The request asks for too many data points: shorten its time range.")


def _results(
    query: Query, value: Value | BadExpression, start_s: float, descending: bool
) -> list[Result]:
    """What a query found: one result, or one for each series of a list."""
    if isinstance(value, BadExpression):
        raise validation(f"Error in expression '{query['Id']}': {value}")
    if isinstance(value, (int, float, str)):
        raise validation(
            f"Error in expression '{query['Id']}': The expression must return a time series"
        )
    members = [value] if isinstance(value, Series) else value
    return [_result(query, each, start_s, descending) for each in members]


def _result(query: Mapping[str, Any], series: Series, start_s: float, descending: bool) -> Result:
    default = series.label if "MetricStat" in query or series.label else query["Id"]
    if "Expression" in query and "SEARCH" not in query["Expression"].upper():
        default = query["Id"]
    template = query.get("Label")
    points = [(at, value) for at, value in series.points.items() if at + series.period_s > start_s]
    if descending:
        points.reverse()
    return {
        "Id": query["Id"],
        "Label": labelled(template, series, default) if template else default,
        "Timestamps": [at for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
    }


def _page(results: list[Result], skip: int, size: int) -> dict[str, Any]:
    """The data points after the first `skip`, as if the results stood one behind the other."""
    shown: list[Result] = []
    at, end = 0, skip + size
    for result in results:
        first, count = at, len(result["Values"])
        at += count
        low, high = max(0, skip - first), min(count, end - first)
        if first > skip and first >= end:
            break
        if count and low >= count:
            continue
        if not count and first < skip:
            continue
        part = dict(result)
        part["Timestamps"] = result["Timestamps"][low:high]
        part["Values"] = result["Values"][low:high]
        if high < count:
            part["StatusCode"] = "PartialData"
        shown.append(part)
    total = sum(len(result["Values"]) for result in results)
    answer: dict[str, Any] = {"MetricDataResults": shown, "Messages": []}
    if end < total:
        answer["NextToken"] = token_of(str(end).encode())
    return answer
