"""TagResource: adds tags, or gives them other values."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.names import OnStream
from jedlik.services.kinesis.tags import change_tags, with_tags


@operation("kinesis", "TagResource", access="tagging", permissions=OnStream("TagResource"))
async def tag_resource(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    await change_tags(ctx, req, lambda tags: with_tags(tags, req["Tags"]))
    return {}
