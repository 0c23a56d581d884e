"""Kinesis streaming destinations of tables, as the operations change and show them."""

from __future__ import annotations

from typing import Any

from jedlik.api.context import Context
from jedlik.api.errors import ApiError
from jedlik.services.dynamodb.errors import ResourceInUse, ResourceNotFound, validation
from jedlik.services.kinesis import Store, Stream
from jedlik.tables.destinations import WAKE
from jedlik.tables.model import Destination, Table

MAX = 2  # "up to two" is unverified; one stream per table is what the developer guide tells
DEFAULT_PRECISION = "MILLISECOND"


async def target_stream(ctx: Context, arn: str) -> Stream:
    """The stream meant, which must be ACTIVE. Raises ApiError. Unverified texts."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "kinesis" or not parts[5].startswith("stream/"):
        raise validation(f"1 validation error detected: Invalid StreamArn '{arn}'")
    if parts[3] != ctx.region or parts[4] != ctx.account:
        raise validation("The stream has to be in the account and region of the table")
    stream = await Store.of(ctx.db).by_arn(arn)
    if stream is None or stream.status in ("CREATING", "DELETING"):
        raise ResourceNotFound.resource(arn)
    return stream


def destination_of(table: Table, arn: str) -> Destination | None:
    return next((each for each in table.destinations if each.stream_arn == arn), None)


def with_destination(table: Table, new: Destination) -> tuple[Destination, ...]:
    """The destinations of a table, the new one in the place of its old self."""
    kept = tuple(each for each in table.destinations if each.stream_arn != new.stream_arn)
    return (*kept, new)


def active_destination(table: Table, arn: str) -> Destination:
    """Raises ApiError. Unverified texts."""
    found = destination_of(table, arn)
    if found is None or not found.is_on:
        raise validation(
            f"Table is not in a valid state to change Kinesis Streaming Destination: {table.name}"
        )
    if found.status != "ACTIVE":
        raise ResourceInUse.updating(table.name)
    return found


def same_precision(table: Table, old: Destination) -> ApiError:
    """Unverified text."""
    return validation(
        "Invalid Request: Precision is already set to the desired value of "
        f"{old.precision} for tableId: {table.id}, kdsArn: {old.stream_arn}"
    )


def deliver(ctx: Context) -> None:
    """Wake whoever delivers."""
    event = ctx.db.internal_changes.get(WAKE)
    if event is not None:
        event.set()


def shown(table: Table, destination: Destination, member: str | None) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "TableName": table.name,
        "StreamArn": destination.stream_arn,
        "DestinationStatus": destination.status,
    }
    if member is not None:
        answer[member] = {"ApproximateCreationDateTimePrecision": destination.precision}
    return answer
