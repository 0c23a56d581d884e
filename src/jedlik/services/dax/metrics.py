"""What a node counts, and what CloudWatch calls it.

The names are CloudWatch's (developer guide, "Viewing DAX metrics and dimensions") and stand here
once: `/_jedlik/metrics` (metric_pages.py), `jedlik status` and CloudWatch read `REQUEST_COUNTS`,
`COUNTERS` and `GAUGES`. Counting costs the data plane an addition; nothing here locks or allocates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BUCKETS = 64  # powers of two of a microsecond: more than any request takes

REQUEST_COUNTS: Mapping[str, str] = {
    "GetItem": "GetItemRequestCount",
    "BatchGetItem": "BatchGetItemRequestCount",
    "PutItem": "PutItemRequestCount",
    "UpdateItem": "UpdateItemRequestCount",
    "DeleteItem": "DeleteItemRequestCount",
    "BatchWriteItem": "BatchWriteItemRequestCount",
    "Query": "QueryRequestCount",
    "Scan": "ScanRequestCount",
    "TransactGetItems": "TransactGetItemsCount",
    "TransactWriteItems": "TransactWriteItemsCount",
}
"""Operations of the data plane, and the metric that counts each."""

COUNTERS: Mapping[str, str] = {
    "item_hits": "ItemCacheHits",
    "item_misses": "ItemCacheMisses",
    "query_hits": "QueryCacheHits",
    "query_misses": "QueryCacheMisses",
    "scan_hits": "ScanCacheHits",
    "scan_misses": "ScanCacheMisses",
    "evicted_bytes": "EvictedSize",
    "errors": "ErrorRequestCount",
    "faults": "FaultRequestCount",
    "throttled": "ThrottledRequestCount",
}
"""Attributes of NodeMetrics that only grow."""

GAUGES: Mapping[str, str] = {
    "cached_bytes": "EstimatedDbSize",
    "connections": "ClientConnections",
}
"""Attributes of NodeMetrics that are what they are now."""


class RequestMetrics:
    """One operation at one node: how many, and how long they took. See wire/metrics.py."""

    __slots__ = ("buckets", "sum_s")

    def __init__(self) -> None:
        self.buckets = [0] * BUCKETS
        self.sum_s = 0.0

    def count(self, took_s: float) -> None:
        self.sum_s += took_s
        self.buckets[int(took_s * 1e6).bit_length()] += 1

    @property
    def total(self) -> int:
        return sum(self.buckets)


class NodeMetrics:
    """Counters of one node, written by its data plane and its caches.

    evicted_items: items and results that had to make room; evicted_bytes: their sizes.
    cached_items, cached_bytes: set by the caches (item and query cache together) as they change.
    errors: answers with a client's mistake (4xx); faults: with ours (5xx); throttled: told to slow
    down (also among the errors).
    """

    __slots__ = (
        "cached_bytes",
        "cached_items",
        "connections",
        "errors",
        "evicted_bytes",
        "evicted_items",
        "faults",
        "item_hits",
        "item_misses",
        "query_hits",
        "query_misses",
        "requests",
        "scan_hits",
        "scan_misses",
        "throttled",
    )

    def __init__(self) -> None:
        self.requests = {name: RequestMetrics() for name in REQUEST_COUNTS}
        self.item_hits = self.item_misses = 0
        self.query_hits = self.query_misses = 0
        self.scan_hits = self.scan_misses = 0
        self.evicted_items = self.evicted_bytes = 0
        self.errors = self.faults = self.throttled = 0
        self.cached_items = self.cached_bytes = 0
        self.connections = 0

    def count(self, operation: str, took_s: float, status: int = 200) -> None:
        """One request answered; status: the HTTP status that the same answer would have there."""
        self.requests[operation].count(took_s)
        if status >= 500:
            self.faults += 1
        elif status >= 400:
            self.errors += 1

    def dump(self) -> list[Any]:
        """Everything counted, for another process to `load`."""
        requests = [[each.sum_s, each.buckets] for each in self.requests.values()]
        return [requests, *(getattr(self, name) for name in _NUMBERS)]

    def load(self, dumped: list[Any]) -> None:
        """Take over what another process has counted."""
        requests, *numbers = dumped
        for mine, (sum_s, buckets) in zip(self.requests.values(), requests, strict=True):
            mine.sum_s, mine.buckets = sum_s, buckets
        for name, number in zip(_NUMBERS, numbers, strict=True):
            setattr(self, name, number)


_NUMBERS = tuple(name for name in NodeMetrics.__slots__ if name != "requests")
