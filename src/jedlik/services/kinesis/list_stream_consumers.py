"""ListStreamConsumers: by name, a page at a time."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.operation import operation
from jedlik.services.kinesis.descriptions import shown_consumer
from jedlik.services.kinesis.limits import LIST_CONSUMERS
from jedlik.services.kinesis.names import OnStream, check_created, found_stream
from jedlik.services.kinesis.store import Store


@operation(
    "kinesis", "ListStreamConsumers", access="list", permissions=OnStream("ListStreamConsumers")
)
async def list_stream_consumers(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """NextToken is the last name."""
    stream = await found_stream(ctx, req)
    check_created(stream, req)
    found = await Store.of(ctx.db).consumers(stream)
    rest = [each for each in found if each.name > req.get("NextToken", "")]
    limit = req.get("MaxResults", LIST_CONSUMERS)
    answer: dict[str, Any] = {"Consumers": [shown_consumer(each) for each in rest[:limit]]}
    if len(rest) > limit:
        answer["NextToken"] = rest[limit - 1].name
    return answer
