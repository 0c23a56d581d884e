"""Metric filters and subscription filters: what a group does with events as they come.

put ─▶ metric filters ─▶ tables/counts.py ─▶ CloudWatch, with the minute
    └▶ subscription filters ─▶ rows of "log_deliveries" ─▶ workers/log_deliveries.py
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec
import orjson

from jedlik.services.logs.errors import no_filter
from jedlik.services.logs.matching import Found, number_of
from jedlik.services.logs.patterns import compiled
from jedlik.tables.counts import Counted, Counts
from jedlik.tables.database import Database
from jedlik.tables.errors import Contended
from jedlik.tables.internal import Beside, Change, InternalTable

NAMESPACE = "AWS/Logs"
DELIVERIES_TABLE = "log_deliveries"
DESTINATIONS = "destinations"
MESSAGE_BYTES_MAX = 700_000
"""Of the events in one message, before compression: a record of Kinesis takes a megabyte."""


class MetricFilter(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    pattern: str
    created_ms: int
    metric: str
    namespace: str
    value: str
    default: float | None = None
    dimensions: dict[str, str] = {}
    unit: str | None = None


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """role: handed over when it was made; distribution: Random or ByLogStream."""

    name: str
    pattern: str
    created_ms: int
    destination: str
    role: str | None = None
    distribution: str = "ByLogStream"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message on its way: data is gzipped JSON. key: which shard it goes to."""

    account: str
    region: str
    destination: str
    key: str
    data: bytes
    made_ms: int


class Came(NamedTuple):
    """An event that was put."""

    id: str
    at_ms: int
    message: str


class Place(NamedTuple):
    """Where it was put."""

    account: str
    region: str
    group: str
    stream: str


F = TypeVar("F", MetricFilter, Subscription)


def without(filters: Sequence[F], name: str, kind: str) -> tuple[F, ...]:
    """All but the one of that name; kind: as `no_filter` has it. Raises ApiError if it is not
    there."""
    kept = tuple(each for each in filters if each.name != name)
    if len(kept) == len(filters):
        raise no_filter(kind)
    return kept


def count(db: Database, place: Place, *, events: int, size: int) -> None:
    """What came in, for the namespace AWS/Logs: of the group, and of all groups together."""
    counts = Counts.of(db)
    for dimensions in ((("LogGroupName", place.group),), ()):
        for metric, value, unit in (
            ("IncomingLogEvents", events, "Count"),
            ("IncomingBytes", size, "Bytes"),
        ):
            where = Counted(place.account, place.region, NAMESPACE, metric, dimensions, unit)
            counts.add(where, value)


def measure(
    db: Database, place: Place, filters: Sequence[MetricFilter], events: Sequence[Came]
) -> None:
    """Count what metric filters find. The default value stands for events without a match."""
    counts = Counts.of(db)
    for each in filters:
        matches = compiled(each.pattern)
        found = [match for match in (matches(event.message) for event in events) if match]
        for match in found:
            value = number_of(_selected(match, each.value))
            if value is not None and math.isfinite(value):
                counts.add(_counted(place, each, match), value)
        if not found and each.default is not None:
            counts.add(_counted(place, each, None), each.default)


def _counted(place: Place, each: MetricFilter, match: Found | None) -> Counted:
    pairs = []
    for name, selector in sorted(each.dimensions.items()):
        value = None if match is None else _selected(match, selector)
        if value is not None and value != "":
            pairs.append((name, value if isinstance(value, str) else orjson.dumps(value).decode()))
    return Counted(
        place.account, place.region, each.namespace, each.metric, tuple(pairs), each.unit or "None"
    )


def _selected(match: Found, text: str) -> object:
    return match.value_of(text) if text.startswith("$") else text


async def deliveries(
    db: Database,
    place: Place,
    subscriptions: Sequence[Subscription],
    events: Sequence[Came],
    now_ms: int,
) -> Beside:
    """What is to be delivered, to be written down in the commit of the events."""
    table = InternalTable(db, DELIVERIES_TABLE)
    changes = []
    for each in subscriptions:
        matches = compiled(each.pattern)
        wanted = [event for event in events if matches(event.message) is not None]
        for some in _portions(wanted):
            number = f"{db.versions.next():020d}"
            told = {
                "messageType": "DATA_MESSAGE",
                "owner": place.account,
                "logGroup": place.group,
                "logStream": place.stream,
                "subscriptionFilters": [each.name],
                "logEvents": [
                    {"id": event.id, "timestamp": event.at_ms, "message": event.message}
                    for event in some
                ],
            }
            delivery = Delivery(
                account=place.account,
                region=place.region,
                destination=each.destination,
                key=number if each.distribution == "Random" else f"{place.group}:{place.stream}",
                data=message(told),
                made_ms=now_ms,
            )
            await _know(table, each.destination)
            queue = queue_of(each.destination)
            changes.append(Change(queue, number, msgspec.json.encode(delivery)))
    return Beside(table, changes)


async def _know(table: InternalTable, destination: str) -> None:
    """Have it in the list of those that whoever delivers looks at; it stays there."""
    if await table.get(DESTINATIONS, destination) is None:
        try:
            await table.write(Change(DESTINATIONS, destination, b"{}"))
        except Contended:
            pass  # somebody else has told of it


def queue_of(destination: str) -> str:
    """The group of rows of what goes there, in order."""
    return f"deliveries|{destination}"


def message(told: Mapping[str, object]) -> bytes:
    """As a receiver gets it."""
    return gzip.compress(orjson.dumps(told), mtime=0)


def _portions(events: Sequence[Came]) -> Iterator[list[Came]]:
    some: list[Came] = []
    size = 0
    for event in events:
        more = len(event.message.encode()) + 100
        if some and size + more > MESSAGE_BYTES_MAX:
            yield some
            some, size = [], 0
        some.append(event)
        size += more
    if some:
        yield some
