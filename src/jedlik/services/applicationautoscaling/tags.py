"""Tags of scalable targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from jedlik.api.context import Context
from jedlik.services.applicationautoscaling.errors import (
    no_resource,
    too_many_tags,
    validation,
)
from jedlik.services.applicationautoscaling.limits import TAGS_MAX
from jedlik.services.applicationautoscaling.records import TARGET, Records, TargetRecord

Tags = dict[str, str]


def with_tags(arn: str, tags: Mapping[str, str], given: Mapping[str, str]) -> Tags:
    """The tags with those of a request among them. Raises ApiError."""
    for key in given:
        if key.lower().startswith("aws:"):
            raise validation("Tag keys that begin with aws: are reserved.")  # unverified
    merged = {**tags, **given}
    if len(merged) > TAGS_MAX:
        raise too_many_tags(arn, TAGS_MAX)
    return merged


async def tagged_target(ctx: Context, arn: str) -> TargetRecord:
    """The target with this ARN. Raises ResourceNotFoundException."""
    for target in await Records.of(ctx).range(TARGET):
        if target.arn == arn:
            return target
    raise no_resource(arn)


async def change_tags(ctx: Context, arn: str, next_of: Callable[[Mapping[str, str]], Tags]) -> None:
    """Give a target the tags that `next_of` makes of its own. Raises ApiError."""
    target = await tagged_target(ctx, arn)

    def changed(old: TargetRecord | None) -> TargetRecord:
        if old is None:
            raise no_resource(arn)
        return replace(old, tags=next_of(old.tags))

    await Records.of(ctx).put(TARGET, f"{target.resource}|{target.dimension}", changed)
