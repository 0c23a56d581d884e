"""Which delivery stream a request means, and what it asks permission for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jedlik.api.access import Ask, pass_role
from jedlik.api.context import Context
from jedlik.services.firehose.destinations import roles
from jedlik.services.firehose.errors import not_active, not_found
from jedlik.services.firehose.records import DeliveryStream, stream_arn
from jedlik.services.firehose.roles import SERVICE
from jedlik.services.firehose.store import Gone, Store

Request = dict[str, Any]


def stream_arns(ctx: Context, req: Mapping[str, Any]) -> list[str]:
    return [stream_arn(ctx.account, ctx.region, req["DeliveryStreamName"])]


async def found_stream(ctx: Context, req: Mapping[str, Any]) -> DeliveryStream:
    """The delivery stream of a request, in whatever state. Raises ApiError."""
    name = req["DeliveryStreamName"]
    stream: DeliveryStream | None = await Store.of(ctx.db).get(ctx.account, ctx.region, name)
    if stream is None:
        raise not_found(name, ctx.account)
    return stream


async def change_stream(
    ctx: Context,
    req: Mapping[str, Any],
    how: Callable[[DeliveryStream], DeliveryStream],
    *,
    active: bool = False,
) -> None:
    """Change a delivery stream, which must be ACTIVE if `active`. Raises ApiError."""
    name = req["DeliveryStreamName"]

    def changed(now: DeliveryStream) -> DeliveryStream:
        if active and now.status != "ACTIVE":
            raise not_active(name, ctx.account, now.status)
        return how(now)

    try:
        await Store.of(ctx.db).change(ctx.account, ctx.region, name, changed)
    except Gone:
        raise not_found(name, ctx.account) from None


class HandsRoles:
    """An operation's own action, and iam:PassRole for each role that the request hands over."""

    def __init__(self, action: str) -> None:
        self._action = f"firehose:{action}"

    def asks(self, ctx: Context, req: Request) -> Sequence[Ask]:
        (arn,) = stream_arns(ctx, req)
        found = [Ask(self._action, arn)]
        if req.get("Tags"):
            found.append(Ask("firehose:TagDeliveryStream", arn))
        return [*found, *(pass_role(role, SERVICE) for role in roles_of(req))]

    async def asks_after_reading(self, ctx: Context, req: Request) -> Sequence[Ask]:
        return self.asks(ctx, req)


def roles_of(req: Mapping[str, Any]) -> list[str]:
    """The roles that a request hands over."""
    found: list[str] = []
    for member in req.values():
        if isinstance(member, dict):
            found += roles(member)
    return list(dict.fromkeys(found))
