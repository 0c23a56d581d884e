"""The pages under /_jedlik/: health for whoever restarts us, metrics for Prometheus.

Unsigned and without secrets: names of operations and counts.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson

from jedlik.net import Reply, Request

from .metrics import OperationMetrics, prometheus_text

log = logging.getLogger("jedlik.wire")

_JSON = "Content-Type: application/json\r\n"
_TEXT = "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"


_SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{)?", re.MULTILINE)


def labelled(text: str, label: str) -> str:
    """Metrics in Prometheus's text format, with a label more at every sample."""
    return _SAMPLE.sub(lambda m: f"{m[1]}{{{label}{',' if m[2] else '}'}", text)


class StatusPages:
    """health: tells of the parts below; its `status` is "unhealthy", or it raises, if one is ill.
    None if there are none. more_metrics: further metrics in Prometheus's text format. label: put to
    every sample, `name="value"`: who of several at this address has counted it."""

    def __init__(
        self,
        operations: Sequence[OperationMetrics],
        health: Callable[[], Awaitable[dict[str, Any]]] | None,
        connection_count: Callable[[], int],
        more_metrics: Callable[[], str],
        label: str = "",
    ) -> None:
        self._operations = operations
        self._health = health
        self._connection_count = connection_count
        self._more_metrics = more_metrics
        self._label = label

    async def answer(self, request: Request) -> Reply:
        if request.path not in (b"/_jedlik/health", b"/_jedlik/metrics"):
            return Reply(404, _JSON, b'{"error":"no such page"}')
        if request.method not in (b"GET", b"HEAD"):
            return Reply(405, _JSON + "Allow: GET, HEAD\r\n", b'{"error":"method not allowed"}')
        if request.path == b"/_jedlik/metrics":
            text = prometheus_text(self._operations, self._connection_count())
            text += self._more_metrics()
            return Reply(
                200, _TEXT, (labelled(text, self._label) if self._label else text).encode()
            )
        return await self._health_page()

    async def _health_page(self) -> Reply:
        try:
            details = await self._health() if self._health is not None else {}
        except Exception:
            log.exception("health check failed")
            return Reply(503, _JSON, b'{"status":"unhealthy"}')
        details = {"status": "healthy", **details}
        return Reply(200 if details["status"] == "healthy" else 503, _JSON, orjson.dumps(details))
