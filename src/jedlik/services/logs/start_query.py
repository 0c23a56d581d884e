"""StartQuery: a query of Logs Insights, to be run in the background."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid, limit_exceeded, malformed_query
from jedlik.services.logs.insight_queries import OVER, Queries, Query, new_id
from jedlik.services.logs.insights.faults import Malformed
from jedlik.services.logs.insights.parsing import LIMIT_MAX, parse
from jedlik.services.logs.insights.stages import Pipeline
from jedlik.services.logs.insights.syntax import Limit
from jedlik.services.logs.requests import check_language, groups_arns, logs_of, named
from jedlik.services.logs.store import Group

GROUPS_MAX = 50
RUNNING_MAX = 100
"""Of an account (user guide, quotas)."""
LIMIT = 10_000
MS_FROM = 100_000_000_000
"""Times are seconds; what would be in the year 5138 are milliseconds, as clients send them, too."""


@operation("logs", "StartQuery", access="write", resource=groups_arns)
async def start_query(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    check_language(req)
    names = _names(ctx, req)
    logs = logs_of(ctx)
    groups = [await logs.group(name) for name in names]
    from_ms, to_ms = _ms(req["startTime"], 0), _ms(req["endTime"], 999)
    if from_ms > to_ms:  # unverified text
        raise invalid("The start time of a query must not be after its end time.")
    limits = _checked(req["queryString"])
    _check_time(groups, to_ms, int(ctx.now * 1000))
    queries = Queries(ctx.db, ctx.account, ctx.region)
    if sum(each.status not in OVER for each in await queries.all()) >= RUNNING_MAX:
        raise limit_exceeded()
    query = Query(
        id=new_id(),
        account=ctx.account,
        region=ctx.region,
        text=req["queryString"],
        groups=tuple(names),
        from_ms=from_ms,
        to_ms=to_ms,
        limit=req.get("limit", LIMIT_MAX if limits else LIMIT),
        created_ms=int(ctx.now * 1000),
        who=getattr(ctx.principal, "arn", "") or "",
    )
    await queries.add(query)
    return {"queryId": query.id}


def _names(ctx: Context, req: dict[str, Any]) -> list[str]:
    """Raises ApiError. Unverified texts."""
    given = [key for key in ("logGroupName", "logGroupNames", "logGroupIdentifiers") if key in req]
    if len(given) != 1:
        raise invalid(
            "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified."
        )
    if given[0] == "logGroupName":
        return [req["logGroupName"]]
    names = list(dict.fromkeys(named(ctx, each) for each in req[given[0]]))
    if not 0 < len(names) <= GROUPS_MAX:
        raise invalid(f"A query is of 1 to {GROUPS_MAX} log groups.")
    return names


def _checked(text: str) -> bool:
    """Whether a query limits its rows itself. Raises MalformedQueryException."""
    try:
        commands = parse(text)
        Pipeline(commands, 1)
    except Malformed as fault:
        raise malformed_query(fault.message, fault.start, fault.end) from None
    return any(isinstance(each, Limit) for each in commands)


def _check_time(groups: list[Group], to_ms: int, now_ms: int) -> None:
    """The text is AWS's, as its users quote it."""
    for group in groups:
        kept_ms = 0 if group.days is None else now_ms - group.days * 86_400_000
        if to_ms >= max(group.created_ms, kept_ms):
            return
    message = (
        "Query's end date and time is either before the log groups creation time or exceeds the "
        "log groups log retention settings"
    )
    raise malformed_query(message, 0, 0)


def _ms(given: int, rest: int) -> int:
    return given if given >= MS_FROM else given * 1000 + rest
