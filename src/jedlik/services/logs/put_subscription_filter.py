"""PutSubscriptionFilter: events of a group go to a Kinesis stream or to Firehose as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from jedlik.api.access import Ask, pass_role
from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.logs.delivering import check_destination
from jedlik.services.logs.destinations import Destinations, is_destination
from jedlik.services.logs.errors import invalid, limit_exceeded
from jedlik.services.logs.filters import Subscription
from jedlik.services.logs.patterns import compiled
from jedlik.services.logs.requests import check_available, group_arns, logs_of
from jedlik.services.logs.store import Group

FILTERS_MAX = 2
SERVICE = "logs.amazonaws.com"


class _HandsRole:
    """Its own action on the group and on a logical destination, whose policy has to allow it to
    other accounts; and iam:PassRole for the role."""

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask] | None:
        return None if is_destination(req["destinationArn"]) else self._asks(ctx, req)

    def _asks(self, ctx: Context, req: dict[str, Any]) -> list[Ask]:
        found = [Ask("logs:PutSubscriptionFilter", arn) for arn in group_arns(ctx, req)]
        if "roleArn" in req:
            found.append(pass_role(req["roleArn"], SERVICE))
        return found

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        found, arn = self._asks(ctx, req), req["destinationArn"]
        if is_destination(arn):
            destinations, name = Destinations.around(ctx.db, arn)
            there = await destinations.find(name)
            policy = None if there is None else there.policy
            policies = {} if policy is None else {arn: policy}
            found.append(Ask("logs:PutSubscriptionFilter", arn, policies=policies, stamp=policy))
        return found


@operation("logs", "PutSubscriptionFilter", access="write", permissions=_HandsRole())
async def put_subscription_filter(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    check_available(req, "fieldSelectionCriteria", "emitSystemFields")
    compiled(req["filterPattern"])
    logs = logs_of(ctx)
    group = await logs.group(req["logGroupName"])
    _with(group, req["filterName"], None)
    has_role = ":lambda:" in req["destinationArn"] or is_destination(req["destinationArn"])
    if "roleArn" not in req and not has_role:  # unverified text
        raise invalid("roleArn is required for this destination.")
    await check_destination(ctx, req["destinationArn"])
    made = Subscription(
        name=req["filterName"],
        pattern=req["filterPattern"],
        created_ms=int(ctx.now * 1000),
        destination=req["destinationArn"],
        role=req.get("roleArn"),
        distribution=req.get("distribution", "ByLogStream"),
    )
    await logs.change_group(group.name, lambda now: _with(now, made.name, made))
    return {}


def _with(group: Group, name: str, made: Subscription | None) -> Group:
    kept = [each for each in group.subscriptions if each.name != name]
    if len(kept) >= FILTERS_MAX:
        raise limit_exceeded()
    if made is not None:
        kept.append(made)
    kept.sort(key=lambda each: each.name)
    return msgspec.structs.replace(group, subscriptions=tuple(kept))
