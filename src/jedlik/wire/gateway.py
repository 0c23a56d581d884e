"""Gateway: the one visible path of a request.

    find the operation → authenticate → decode and check its shape → authorise → run → encode

AWS's order differs in what it looks at first: it refuses broken JSON before a missing signature.
So whenever something is wrong, `_explain` looks again in AWS's order; as long as nothing is, the
order cannot be seen from outside. A request with a learned layout takes the path with a plan:
the same steps, each a dictionary look-up.

Called by `net` with complete requests; answers everything, raises nothing.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from orjson import JSONDecodeError, dumps, loads

from jedlik.api.context import Context
from jedlik.api.errors import ApiError, internal_failure, unknown_operation
from jedlik.api.operation import Operation, Registry
from jedlik.identity import Authenticator, HeaderSignatures, Identity
from jedlik.net import Layout, Reply, Request

from . import cors
from .checksum import crc32
from .json import (
    JSON_1_0,
    JSON_1_1,
    PLAIN_JSON,
    UNKNOWN_OPERATION_XML,
    decode_body,
    error_body,
    media_type,
)
from .metrics import OperationMetrics
from .request_ids import RequestIds
from .status_pages import StatusPages

log = logging.getLogger("jedlik.wire")

Authorise = Callable[[Context, Operation, dict[str, Any]], None]


def allow_all(ctx: Context, operation: Operation, request: dict[str, Any]) -> None:
    """The policy of a house without policies."""


class Endpoint:
    """An operation as the wire sees it: how to call it, how it is counted."""

    __slots__ = (
        "check",
        "content_line",
        "content_type",
        "handler",
        "metrics",
        "operation",
        "service",
        "translate",
    )

    def __init__(
        self,
        operation: Operation,
        translate: Callable[[BaseException], ApiError | None],
        json_version: str,
    ) -> None:
        self.operation = operation
        self.content_type = JSON_1_1 if json_version == "1.1" else JSON_1_0
        self.content_line = f"Content-Type: {self.content_type.decode()}\r\n"
        self.check = operation.check
        self.handler = operation.handler
        self.service = operation.service
        self.translate = translate
        self.metrics = OperationMetrics(operation.service, operation.name)


class Plan:
    """What the gateway knows of a header layout for `POST /`.

    target, content_type, authorization: groups of these headers; all 0 if the layout lacks one.
    lines: header lines that every answer carries.
    """

    __slots__ = ("authorization", "content_type", "lines", "signatures", "target")

    def __init__(self, layout: Layout, signatures: dict[str, HeaderSignatures], lines: str) -> None:
        groups = layout.groups
        usable = (
            layout.method == b"POST"
            and {
                b"x-amz-target",
                b"content-type",
                b"authorization",
            }
            <= groups.keys()
        )
        self.target = groups[b"x-amz-target"] if usable else 0
        self.content_type = groups[b"content-type"] if usable else 0
        self.authorization = groups[b"authorization"] if usable else 0
        self.signatures = signatures
        self.lines = lines


class Gateway:
    """Answers requests with the operations of a registry."""

    def __init__(
        self,
        registry: Registry,
        authenticator: Authenticator,
        *,
        db: Any,
        settings: Any,
        region: str,
        authorise: Authorise | None = None,
        health: Callable[[], Awaitable[dict[str, Any]]] | None = None,
        connection_count: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.time,
        stopwatch: Callable[[], float] = time.perf_counter,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """region: named in the answer to GET. authorise: raises ApiError for what a principal may
        not do; None lets everyone. health: what `/_jedlik/health` tells of the parts below;
        raises if one is ill. clock: epoch seconds. stopwatch: seconds, for latencies.
        """
        self._authenticator = authenticator
        self._authorise = authorise
        self._db = db
        self._settings = settings
        self._clock = clock
        self._stopwatch = stopwatch
        self._ids = RequestIds(random)
        self._greeting = f"healthy: dynamodb.{region}.amazonaws.com ".encode()
        self._endpoints: dict[bytes, Endpoint] = {
            f"{service.target_prefix}.{operation.name}".encode(): Endpoint(
                operation, service.translate, service.json_version
            )
            for service in registry.services.values()
            for operation in service.operations.values()
        }
        self._services = tuple(registry.services)
        self._pages = StatusPages(
            [endpoint.metrics for endpoint in self._endpoints.values()], health, connection_count
        )

    async def handle(self, request: Request) -> Reply:
        """The answer to a request.

        The body of this function is the path of a good request from a known client, all of it:
        a call or a coroutine more would each cost a percent.
        """
        layout = request.layout
        if layout is None:
            return await self._handle_any(request)
        plan: Plan = layout.plan or self._make_plan(layout)
        match = request.match
        if not plan.target or match is None:
            return await self._handle_any(request)
        started = self._stopwatch()
        endpoint = self._endpoints.get(match[plan.target])
        if endpoint is None or match[plan.content_type] != endpoint.content_type:
            return await self._handle_any(request)
        now = self._clock()
        body = request.body
        identity = plan.signatures[endpoint.service].check(
            match, match[plan.authorization], body, now
        )
        if identity is None:
            return await self._handle_any(request)
        try:
            req = loads(body)
        except JSONDecodeError:
            return await self._handle_any(request)
        if type(req) is not dict:
            return await self._handle_any(request)
        request_id = f"{self._ids.prefix}{self._ids.count()}"
        status = 200
        try:
            endpoint.check(req)
            ctx = Context(
                self._db,
                identity.account,
                identity.region,
                identity.principal,
                request_id,
                now,
                self._settings,
            )
            if self._authorise is not None:
                self._authorise(ctx, endpoint.operation, req)
            answer = await endpoint.handler(ctx, req)
            if type(answer) is not bytes:
                answer = dumps(answer)
        except Exception as error:
            answer, status = self._failure(endpoint, error, body, request_id)
        endpoint.metrics.count(status, self._stopwatch() - started)
        return Reply(
            status,
            f"x-amzn-RequestId: {request_id}\r\n{plan.lines}x-amz-crc32: {crc32(answer)}\r\n"
            f"{endpoint.content_line}",
            answer,
        )

    # Whatever is not an everyday request

    async def _handle_any(self, request: Request) -> Reply:
        path = request.path
        if path.startswith(b"/_jedlik/"):
            return await self._pages.answer(request)
        request_id = self._ids.next()
        method = request.method
        if method == b"OPTIONS" and request.header(b"origin") is not None:
            lines = f"x-amzn-RequestId: {request_id}\r\n{cors.preflight_lines(request)}"
            return Reply(200, lines)
        if method == b"GET":
            return self._reply(request, request_id, 200, self._greeting, b"")
        content_type = media_type(request.header(b"content-type"))
        if method != b"POST" or content_type not in (JSON_1_0, JSON_1_1, PLAIN_JSON):
            return self._reply(request, request_id, 404, UNKNOWN_OPERATION_XML, b"")
        status, answer = await self._answer(request, content_type, request_id)
        return self._reply(request, request_id, status, answer, content_type)

    async def _answer(
        self, request: Request, content_type: bytes, request_id: str
    ) -> tuple[int, bytes]:
        """Status and body for a POST, its mistakes found in AWS's order."""
        started = self._stopwatch()
        endpoint = self._endpoints.get(request.header(b"x-amz-target") or b"")
        if endpoint is None:
            refusal = unknown_operation()
            return refusal.status, error_body(refusal)
        now = self._clock()
        try:
            req = decode_body(request.body)
            identity = self._authenticator.authenticate(request, endpoint.service, now)
        except ApiError as refusal:
            endpoint.metrics.count(refusal.status, self._stopwatch() - started)
            return refusal.status, error_body(refusal)
        layout = request.layout
        if layout is not None and layout.plan.target:
            layout.plan.signatures[endpoint.service].learn(request, identity)
        status = 200
        try:
            answer = await self._run(endpoint, identity, req, request_id, now)
        except Exception as error:
            answer, status = self._failure(endpoint, error, request.body, request_id)
        endpoint.metrics.count(status, self._stopwatch() - started)
        return status, answer

    async def _run(
        self,
        endpoint: Endpoint,
        identity: Identity,
        req: dict[str, Any],
        request_id: str,
        now: float,
    ) -> bytes:
        """Check, authorise, run and encode one operation."""
        endpoint.check(req)
        ctx = Context(
            self._db,
            identity.account,
            identity.region,
            identity.principal,
            request_id,
            now,
            self._settings,
        )
        if self._authorise is not None:
            self._authorise(ctx, endpoint.operation, req)
        answer = await endpoint.handler(ctx, req)
        return answer if type(answer) is bytes else dumps(answer)

    def _failure(
        self, endpoint: Endpoint, error: Exception, body: bytes, request_id: str
    ) -> tuple[bytes, int]:
        """What a client is told when its operation raised: body and status."""
        refusal = error if isinstance(error, ApiError) else endpoint.translate(error)
        if refusal is None:
            refusal = internal_failure()
            log.error("%s failed (request %s)", endpoint.operation.name, request_id, exc_info=error)
        elif refusal.is_validation:
            refusal = self._earlier_refusal(endpoint, body) or refusal
        return error_body(refusal), refusal.status

    def _earlier_refusal(self, endpoint: Endpoint, body: bytes) -> ApiError | None:
        """What AWS would have found before the mistake at hand: the request read again, exactly."""
        try:
            endpoint.operation.check_deep(decode_body(body))
        except ApiError as earlier:
            return earlier
        return None

    def _make_plan(self, layout: Layout) -> Plan:
        signatures = {
            service: HeaderSignatures(layout.groups, self._authenticator, service)
            for service in self._services
        }
        plan = Plan(layout, signatures, cors.ORIGIN_LINE if b"origin" in layout.groups else "")
        layout.plan = plan
        return plan

    def _reply(
        self, request: Request, request_id: str, status: int, body: bytes, content_type: bytes
    ) -> Reply:
        lines = (
            f"x-amzn-RequestId: {request_id}\r\n{cors.origin_line(request)}"
            f"x-amz-crc32: {crc32(body)}\r\n"
        )
        if content_type:
            lines += f"Content-Type: {content_type.decode()}\r\n"
        return Reply(status, lines, body)
