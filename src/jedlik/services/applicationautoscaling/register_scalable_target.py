"""RegisterScalableTarget: the bounds within which a capacity may be scaled, made or changed.

The worker brings a capacity that lies outside of them back in.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jedlik.api.access import Ask, pass_role
from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.applicationautoscaling import limits
from jedlik.services.applicationautoscaling.errors import too_many, validation
from jedlik.services.applicationautoscaling.records import TARGET, Records, TargetRecord
from jedlik.services.applicationautoscaling.resources import (
    PASSED_TO,
    ROLE_SERVICE,
    Resource,
    resource_of,
    role_arn,
    target_arns,
    throughput_of,
)
from jedlik.services.applicationautoscaling.tags import with_tags
from jedlik.services.iam.service_roles import asks_for_service_role, ensure_service_role
from jedlik.tables.errors import TableNotFound


class Asks:
    """The operation's own action; tags; the role that is handed over, and that which the service
    needs: it is made with the account's first target (user guide, "Permissions required to create
    a service-linked role")."""

    def asks(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        (target,) = target_arns(ctx, req)
        found = [Ask("application-autoscaling:RegisterScalableTarget", target)]
        if req.get("Tags"):
            found.append(Ask("application-autoscaling:TagResource", target))
        if "RoleARN" in req:
            found.append(pass_role(req["RoleARN"], PASSED_TO))
        return [*found, *asks_for_service_role(ctx, ROLE_SERVICE)]

    async def asks_after_reading(self, ctx: Context, req: dict[str, Any]) -> Sequence[Ask]:
        return self.asks(ctx, req)


@operation("applicationautoscaling", "RegisterScalableTarget", access="write", permissions=Asks())
async def register_scalable_target(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    resource = resource_of(req)
    await check_resource(ctx, resource)
    records = Records.of(ctx)
    known = await records.get(TARGET, resource.key)
    if known is None:
        if req.get("MinCapacity") is None or req.get("MaxCapacity") is None:
            # Unverified text; that both are needed is the API reference's.
            raise validation("MinCapacity and MaxCapacity are required for a new scalable target.")
        if len(await records.range(TARGET)) >= limits.TARGETS_MAX:
            raise too_many("scalable targets", limits.TARGETS_MAX)
    tags = with_tags("", {}, req.get("Tags", {}))
    await ensure_service_role(ctx, ROLE_SERVICE)

    def changed(old: TargetRecord | None) -> TargetRecord:
        base = old or TargetRecord(
            ctx.account,
            ctx.region,
            resource.id,
            resource.dimension,
            f"0ec5{uuid.uuid4().hex[:30]}",
            req["MinCapacity"],
            req["MaxCapacity"],
            role_arn(ctx.account),
            int(ctx.now * 1000),
            tags=tags,
        )
        least = req.get("MinCapacity", base.least)
        most = req.get("MaxCapacity", base.most)
        _check_bounds(least, most)
        moved = old is None or (least, most) != (old.least, old.most)
        return replace(
            base,
            least=least,
            most=most,
            suspended={**base.suspended, **req.get("SuspendedState", {})},
            unsettled=base.unsettled or moved,
        )

    target = await records.put(TARGET, resource.key, changed)
    assert target is not None
    return {"ScalableTargetARN": target.arn}


async def check_resource(ctx: Context, resource: Resource) -> None:
    """Raises ValidationException unless the table, and the index, are there."""
    try:
        table = await ctx.db.catalog.get(ctx.account, ctx.region, resource.table)
    except TableNotFound:
        raise validation(f"DynamoDB table does not exist: {resource.id}") from None
    if throughput_of(table, resource) is None:
        raise validation(f"DynamoDB index does not exist: {resource.id}")  # unverified


def _check_bounds(least: int, most: int) -> None:
    """Unverified texts."""
    if not 0 < least <= limits.CAPACITY_MAX or not 0 < most <= limits.CAPACITY_MAX:
        raise validation("MinCapacity and MaxCapacity must be at least 1 for DynamoDB.")
    if least > most:
        raise validation("Maximum capacity cannot be less than minimum capacity")
