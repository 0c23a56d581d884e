"""Counters and a latency histogram per operation, and their Prometheus text.

Costs a request two additions and a list index. Latencies are counted in powers of two of a
microsecond; the text shows them cumulated, in seconds, as Prometheus wants them.
"""

from __future__ import annotations

from collections.abc import Iterable

_SHOWN = 27  # bounds shown: up to 2**26 µs, 67 s
_BUCKETS = 64  # more than any request takes, so that counting needs no comparison


class OperationMetrics:
    """What happened to one operation since the start. errors: count by status, 200 left out."""

    __slots__ = ("buckets", "errors", "name", "service", "sum_s")

    def __init__(self, service: str, name: str) -> None:
        self.service = service
        self.name = name
        self.errors: dict[int, int] = {}
        self.buckets = [0] * _BUCKETS
        self.sum_s = 0.0

    def count_good(self, took_s: float) -> None:
        """An answer with status 200."""
        self.sum_s += took_s
        self.buckets[int(took_s * 1e6).bit_length()] += 1

    def count(self, status: int, took_s: float) -> None:
        self.sum_s += took_s
        self.buckets[int(took_s * 1e6).bit_length()] += 1
        if status != 200:
            self.errors[status] = self.errors.get(status, 0) + 1

    def by_status(self) -> list[tuple[int, int]]:
        """(status, count), of statuses that occurred."""
        good = sum(self.buckets) - sum(self.errors.values())
        return sorted([(200, good), *self.errors.items()] if good else self.errors.items())


def prometheus_text(operations: Iterable[OperationMetrics], connections: int) -> str:
    """All metrics in Prometheus's text format 0.0.4; operations never called are left out."""
    called = [operation for operation in operations if any(operation.buckets)]
    lines = [
        "# HELP jedlik_connections Open client connections.",
        "# TYPE jedlik_connections gauge",
        f"jedlik_connections {connections}",
        "# HELP jedlik_requests_total Requests answered, by operation and HTTP status.",
        "# TYPE jedlik_requests_total counter",
    ]
    for operation in called:
        labels = f'service="{operation.service}",operation="{operation.name}"'
        lines += (
            f'jedlik_requests_total{{{labels},status="{status}"}} {count}'
            for status, count in operation.by_status()
        )
    lines += (
        "# HELP jedlik_request_seconds Time from a complete request to its answer.",
        "# TYPE jedlik_request_seconds histogram",
    )
    for operation in called:
        labels = f'service="{operation.service}",operation="{operation.name}"'
        cumulated = 0
        for power, count in enumerate(operation.buckets[:_SHOWN]):
            cumulated += count
            bound = 2**power / 1e6
            lines.append(f'jedlik_request_seconds_bucket{{{labels},le="{bound:g}"}} {cumulated}')
        total = sum(operation.buckets)
        lines += (
            f'jedlik_request_seconds_bucket{{{labels},le="+Inf"}} {total}',
            f"jedlik_request_seconds_sum{{{labels}}} {operation.sum_s:.6f}",
            f"jedlik_request_seconds_count{{{labels}}} {total}",
        )
    return "\n".join(lines) + "\n"
