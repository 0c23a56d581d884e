"""The settings of a table that have a little grammar of their own: streams, encryption, classes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from msgspec.structs import replace

from jedlik.api.context import Context
from jedlik.services.dynamodb import limits
from jedlik.services.dynamodb.errors import invalid, limit_exceeded, validation
from jedlik.tables.model import StreamSettings, Table

Spec = Mapping[str, Any]


def with_stream(table: Table, spec: Spec | None, now_ms: int) -> Table:
    """The table with its stream switched as a StreamSpecification says. Raises ApiError.

    The label, the last part of the stream's ARN, is the time it was enabled; a table keeps showing
    the last one after the stream is disabled. DynamoDB Local has the same texts but for the
    table's name in the last two.
    """
    if spec is None:
        return table
    view = spec.get("StreamViewType")
    on = table.stream is not None and table.stream.enabled
    if not spec["StreamEnabled"]:
        if view is not None:
            raise validation(
                "Invalid StreamViewType: Stream StreamEnabled was false but a StreamViewType was "
                "present."
            )
        if table.stream is not None and on:
            return replace(table, stream=replace(table.stream, enabled=False))
        raise validation(f"Table has no stream to disable: TableName: {table.name}")
    if view is None:
        raise validation(
            "Invalid StreamViewType: Stream ViewType must not be null or empty when enabling "
            "streams."
        )
    if on:
        raise validation(f"Table already has an enabled stream: TableName: {table.name}")
    label = _label(table, now_ms)
    return replace(
        table, stream=StreamSettings(view_type=view, label=label), latest_stream_label=label
    )


def new_stream(table: Table, spec: Spec | None, now_ms: int) -> Table:
    """The stream of a new table: `StreamEnabled: false` is no mistake there."""
    if spec is not None and not spec["StreamEnabled"] and "StreamViewType" not in spec:
        return table
    return with_stream(table, spec, now_ms)


def _label(table: Table, now_ms: int) -> str:
    """A time to the millisecond that no earlier stream of the table has."""
    label = _iso(now_ms)
    if table.latest_stream_label is not None and label <= table.latest_stream_label:
        last = datetime.fromisoformat(table.latest_stream_label).replace(tzinfo=UTC)
        label = _iso(int(last.timestamp() * 1000) + 1)
    return label


def _iso(at_ms: int) -> str:
    when = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}"


def sse_description(ctx: Context, spec: Spec | None, old: dict[str, Any] | None) -> Any:
    """The SSEDescription after a request; None is the AWS-owned key, which is not described.

    A stored setting only: what encrypts the disk is the operator's choice. Unverified: the text.
    """
    if spec is None:
        return old
    if not spec.get("Enabled", False):
        return None
    if spec.get("SSEType", "KMS") != "KMS":
        raise invalid("SSEType AES256 is not supported")
    return {
        "Status": "ENABLED",
        "SSEType": "KMS",
        "KMSMasterKeyArn": _key_arn(ctx, spec.get("KMSMasterKeyId", "alias/aws/dynamodb")),
    }


def _key_arn(ctx: Context, key: str) -> str:
    if key.startswith("arn:"):
        return key
    prefix = f"arn:aws:kms:{ctx.region}:{ctx.account}"
    if key.startswith("alias/"):
        # AWS shows the key behind an alias; ours is the same key for the same alias, always.
        return f"{prefix}:key/{uuid5(NAMESPACE_URL, f'{prefix}:{key}')}"
    return f"{prefix}:key/{key}"


def with_table_class(table: Table, wanted: str | None, now_ms: int) -> Table:
    """The table in another table class. Unverified: the text of the limit."""
    if wanted is None or wanted == table.table_class:
        return table
    begin = now_ms - limits.TABLE_CLASS_WINDOW_S * 1000
    changes = [at for at in table.settings.get("table_class_changes", ()) if at > begin]
    if len(changes) >= limits.TABLE_CLASS_CHANGES_MAX:
        raise limit_exceeded(
            "Subscriber limit exceeded: Table class updates are limited to "
            f"{limits.TABLE_CLASS_CHANGES_MAX} times in 30 day(s)"
        )
    return replace(
        table,
        table_class=wanted,
        table_class_changed_ms=now_ms,
        settings={**table.settings, "table_class_changes": [*changes, now_ms]},
    )


def refuse_unsupported(req: Mapping[str, Any], members: tuple[str, ...]) -> None:
    """Say plainly what is not there yet, rather than ignore it. Listed in docs/differences.md."""
    for member in members:
        if member in req:
            raise validation(f"{member} is not supported yet")
