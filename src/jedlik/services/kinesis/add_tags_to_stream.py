"""AddTagsToStream: adds tags, or gives them other values."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.errors import invalid
from jedlik.services.kinesis.limits import TAGS_MAX
from jedlik.services.kinesis.names import OnStream, place_of
from jedlik.services.kinesis.tags import Tags, change_tags, with_tags


@operation("kinesis", "AddTagsToStream", access="tagging", permissions=OnStream("AddTagsToStream"))
async def add_tags_to_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    def changed(tags: Tags) -> Tags:
        merged = {**tags, **req["Tags"]}
        if len(merged) > TAGS_MAX:
            account, _, name = place_of(ctx, req)
            raise invalid(  # unverified since the limit grew
                f"Failed to add tags to stream {name} under account {account} because a given "
                f"stream cannot have more than {TAGS_MAX} tags associated with it."
            )
        return with_tags(tags, req["Tags"])

    await change_tags(ctx, req, changed)
    return {}
