"""Tags of log groups and of destinations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from jedlik.api.context import Context
from jedlik.services.logs.destinations import Destination, Destinations, is_destination
from jedlik.services.logs.errors import invalid, no_destination, too_many_tags
from jedlik.services.logs.requests import logs_of, named
from jedlik.services.logs.store import Group

TAGS_MAX = 50
Tagged = TypeVar("Tagged", Group, Destination)


def check_tags(tags: Mapping[str, str]) -> None:
    """Raises ApiError."""
    if any(key.lower().startswith("aws:") for key in tags):
        raise invalid("Tag keys that begin with aws: are reserved.")  # unverified
    if len(tags) > TAGS_MAX:
        raise too_many_tags()


def with_tags(tagged: Tagged, given: Mapping[str, str]) -> Tagged:
    """It with the tags of a request among its own. Raises ApiError."""
    merged = {**tagged.tags, **given}
    check_tags(merged)
    return msgspec.structs.replace(tagged, tags=merged)


def without_tags(tagged: Tagged, keys: Iterable[str]) -> Tagged:
    gone = set(keys)
    kept = {key: value for key, value in tagged.tags.items() if key not in gone}
    return msgspec.structs.replace(tagged, tags=kept)


async def tags_of(ctx: Context, arn: str) -> dict[str, str]:
    """Those of the group or the destination of an ARN. Raises ApiError."""
    if is_destination(arn):
        destinations, name = _own(ctx, arn)
        return (await destinations.get(name)).tags
    return (await logs_of(ctx).group(named(ctx, arn))).tags


async def change_tagged(ctx: Context, arn: str, how: Callable[[Any], Any]) -> None:
    """Change a group or a destination. Raises ApiError, Contended."""
    if not is_destination(arn):
        await logs_of(ctx).change_group(named(ctx, arn), how)
        return

    def changed(old: Destination | None) -> Destination:
        if old is None:
            raise no_destination()
        made: Destination = how(old)
        return made

    destinations, name = _own(ctx, arn)
    await destinations.change(name, changed)


def _own(ctx: Context, arn: str) -> tuple[Destinations, str]:
    """Raises ApiError for one of another account or region."""
    if arn.split(":", 6)[3:5] != [ctx.region, ctx.account]:
        raise no_destination()
    return Destinations.around(ctx.db, arn)
