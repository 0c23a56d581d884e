"""The pages under /_jedlik/: health for whoever restarts us, metrics for Prometheus.

Unsigned and without secrets: names of operations and counts.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson

from jedlik.net import Reply, Request

from .metrics import OperationMetrics, prometheus_text

log = logging.getLogger("jedlik.wire")

_JSON = "Content-Type: application/json\r\n"
_TEXT = "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"


class StatusPages:
    """health: tells of the parts below; its `status` is "unhealthy", or it raises, if one is ill.
    None if there are none. more_metrics: further metrics in Prometheus's text format."""

    def __init__(
        self,
        operations: Sequence[OperationMetrics],
        health: Callable[[], Awaitable[dict[str, Any]]] | None,
        connection_count: Callable[[], int],
        more_metrics: Callable[[], str],
    ) -> None:
        self._operations = operations
        self._health = health
        self._connection_count = connection_count
        self._more_metrics = more_metrics

    async def answer(self, request: Request) -> Reply:
        if request.path not in (b"/_jedlik/health", b"/_jedlik/metrics"):
            return Reply(404, _JSON, b'{"error":"no such page"}')
        if request.method not in (b"GET", b"HEAD"):
            return Reply(405, _JSON + "Allow: GET, HEAD\r\n", b'{"error":"method not allowed"}')
        if request.path == b"/_jedlik/metrics":
            text = prometheus_text(self._operations, self._connection_count())
            return Reply(200, _TEXT, (text + self._more_metrics()).encode())
        return await self._health_page()

    async def _health_page(self) -> Reply:
        try:
            details = await self._health() if self._health is not None else {}
        except Exception:
            log.exception("health check failed")
            return Reply(503, _JSON, b'{"status":"unhealthy"}')
        details = {"status": "healthy", **details}
        return Reply(200 if details["status"] == "healthy" else 503, _JSON, orjson.dumps(details))
