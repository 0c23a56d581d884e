"""The events that DescribeEvents tells of. Messages are unverified but for their kind."""

from __future__ import annotations

from jedlik.api.context import Context
from jedlik.services.dax.records import EventRecord


def now_ms(ctx: Context) -> int:
    return int(ctx.now * 1000)


def cluster_event(cluster: str, message: str, at_ms: int) -> EventRecord:
    return EventRecord(cluster, "CLUSTER", message, at_ms)


def parameter_group_event(group: str, message: str, at_ms: int) -> EventRecord:
    return EventRecord(group, "PARAMETER_GROUP", message, at_ms)


def subnet_group_event(group: str, message: str, at_ms: int) -> EventRecord:
    return EventRecord(group, "SUBNET_GROUP", message, at_ms)
