"""RemoveTagsFromStream: takes tags away; those that are not there do not matter."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.names import OnStream
from jedlik.services.kinesis.tags import change_tags


@operation(
    "kinesis",
    "RemoveTagsFromStream",
    access="tagging",
    permissions=OnStream("RemoveTagsFromStream"),
)
async def remove_tags_from_stream(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    gone = req["TagKeys"]
    await change_tags(ctx, req, lambda tags: {key: tags[key] for key in tags if key not in gone})
    return {}
