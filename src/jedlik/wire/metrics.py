"""Counters and a latency histogram per operation, and their Prometheus text.

Costs a request two additions and a list index. Latencies are counted in powers of two of a
microsecond; the text shows them cumulated, in seconds, as Prometheus wants them.
"""

from __future__ import annotations

from collections.abc import Iterable

_BUCKETS = 27  # up to 2**26 µs, 67 s; the last takes everything above


class OperationMetrics:
    """What happened to one operation since the start."""

    __slots__ = ("buckets", "name", "service", "statuses", "sum_s")

    def __init__(self, service: str, name: str) -> None:
        self.service = service
        self.name = name
        self.statuses: dict[int, int] = {}
        self.buckets = [0] * (_BUCKETS + 1)
        self.sum_s = 0.0

    def count(self, status: int, took_s: float) -> None:
        statuses = self.statuses
        statuses[status] = statuses.get(status, 0) + 1
        self.sum_s += took_s
        bucket = int(took_s * 1e6).bit_length()
        self.buckets[bucket if bucket < _BUCKETS else _BUCKETS] += 1


def prometheus_text(operations: Iterable[OperationMetrics], connections: int) -> str:
    """All metrics in Prometheus's text format 0.0.4; operations never called are left out."""
    called = [operation for operation in operations if operation.statuses]
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
            for status, count in sorted(operation.statuses.items())
        )
    lines += (
        "# HELP jedlik_request_seconds Time from a complete request to its answer.",
        "# TYPE jedlik_request_seconds histogram",
    )
    for operation in called:
        labels = f'service="{operation.service}",operation="{operation.name}"'
        cumulated = 0
        for power, count in enumerate(operation.buckets[:-1]):
            cumulated += count
            bound = 2**power / 1e6
            lines.append(f'jedlik_request_seconds_bucket{{{labels},le="{bound:g}"}} {cumulated}')
        total = cumulated + operation.buckets[-1]
        lines += (
            f'jedlik_request_seconds_bucket{{{labels},le="+Inf"}} {total}',
            f"jedlik_request_seconds_sum{{{labels}}} {operation.sum_s:.6f}",
            f"jedlik_request_seconds_count{{{labels}}} {total}",
        )
    return "\n".join(lines) + "\n"
