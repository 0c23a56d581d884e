"""TagPolicy: new tags, or new values of old ones."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.identity import Draft
from jedlik.services.iam import lookups, permissions, tags
from jedlik.services.iam.changing import change
from jedlik.services.iam.permissions import on


@operation("iam", "TagPolicy", access="tagging", permissions=on("TagPolicy", permissions.policy))
async def tag_policy(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def tag(draft: Draft) -> None:
        found = lookups.own_policy(draft, req["PolicyArn"])
        draft.put(replace(found, tags=tags.with_tags(found.tags, req["Tags"])))

    await change(ctx, tag)
    return {}
