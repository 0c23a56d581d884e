"""StartLiveTail: events of groups as they come, as an event stream, for up to three hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.errors import invalid, limit_exceeded, not_shared
from jedlik.services.logs.patterns import compiled
from jedlik.services.logs.requests import group_arns, logs_of, named
from jedlik.services.logs.tails import SESSIONS_MAX, Session, Tails


def _arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    groups = req["logGroupIdentifiers"]
    return [arn for each in groups for arn in group_arns(ctx, {"logGroupName": each})]


@operation("logs", "StartLiveTail", access="read", resource=_arns, streams=True)
async def start_live_tail(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Unverified texts."""
    given = req["logGroupIdentifiers"]
    if not all(each.startswith("arn:") and not each.endswith("*") for each in given):
        raise invalid("logGroupIdentifiers must be ARNs of log groups, without an asterisk.")
    streams, prefixes = req.get("logStreamNames", []), req.get("logStreamNamePrefixes", [])
    if streams and prefixes:
        raise invalid("logStreamNames and logStreamNamePrefixes cannot both be specified.")
    if (streams or prefixes) and len(given) > 1:
        raise invalid("Streams can be specified for a single log group only.")
    matches = compiled(req.get("logEventFilterPattern", ""))
    groups = {(await logs_of(ctx).group(named(ctx, each))).name: each for each in given}
    tails = Tails.of(ctx.db)
    if ctx.db.catalog.shared:
        raise not_shared()
    if tails.count(ctx.account, ctx.region) >= SESSIONS_MAX:
        raise limit_exceeded()
    session = Session(
        ctx.account, ctx.region, groups, streams=streams, prefixes=prefixes, matches=matches
    )
    start = {
        "requestId": ctx.request_id,
        "logGroupIdentifiers": given,
        "logStreamNames": streams,
        "logStreamNamePrefixes": prefixes,
        "logEventFilterPattern": req.get("logEventFilterPattern", ""),
    }
    return {"responseStream": tails.events(session, start)}
