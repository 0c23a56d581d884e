"""Tags, which only work groups have here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.services.athena import errors
from jedlik.services.athena.limits import TAGS_MAX
from jedlik.services.athena.records import WorkGroup
from jedlik.services.athena.requests import store_of, work_group_arn

Tags = dict[str, str]


def tagged(ctx: Context, arn: str) -> str:
    """The name of the work group of an ARN. Raises ResourceNotFoundException."""
    name = arn.rpartition("/")[2]
    if arn != work_group_arn(ctx, name):
        raise errors.no_resource(arn)
    return name


async def work_group_of(ctx: Context, name: str) -> WorkGroup:
    try:
        return await store_of(ctx).work_group(name)
    except ApiError:
        raise errors.no_resource(work_group_arn(ctx, name)) from None


async def tagging(ctx: Context, name: str, next_of: Callable[[Tags], Tags]) -> None:
    await work_group_of(ctx, name)
    await store_of(ctx).change_work_group(
        name, lambda old: msgspec.structs.replace(old, tags=next_of(old.tags))
    )


def with_tags(old: Tags, given: Iterable[Mapping[str, str]]) -> Tags:
    """The tags with those of a request among them. Raises InvalidRequestException."""
    merged = dict(old)
    for each in given:
        if "Key" not in each:
            raise errors.invalid("Tag key is missing")  # unverified
        merged[each["Key"]] = each.get("Value", "")
    if len(merged) > TAGS_MAX:
        raise errors.invalid(f"A resource can have no more than {TAGS_MAX} tags")  # unverified
    return merged
