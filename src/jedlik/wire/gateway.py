"""Gateway: the one visible path of a request.

    find the operation → authenticate → decode and check its shape → authorise → run → encode

AWS reads the JSON before it looks for a signature, so broken JSON is what an unsigned client is
told of; here too. Requests like one that was accepted before take the short way of `plan.py`: the
same steps, each a look-up. Whatever is wrong with them is found out here.

Called by `net` with complete requests; answers everything, raises nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from orjson import dumps

from jedlik.api.context import Context
from jedlik.api.errors import ApiError, unknown_operation
from jedlik.api.operation import Operation, Registry
from jedlik.identity import Authenticator, Authoriser, Identity, Transport
from jedlik.net import Reply, Request

from . import cors, rpc_cbor, s3
from .checksum import crc32
from .endpoint import Endpoint
from .json import (
    JSON_1_0,
    JSON_1_1,
    PLAIN_JSON,
    UNKNOWN_OPERATION_XML,
    decode_body,
    error_body,
    media_type,
)
from .observer import Observer
from .plan import Plan
from .query import FORM, XML_TYPE
from .query_service import QueryService
from .request_ids import RequestIds
from .status_pages import StatusPages


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
        authoriser: Authoriser | None = None,
        health: Callable[[], Awaitable[dict[str, Any]]] | None = None,
        connection_count: Callable[[], int] = lambda: 0,
        more_metrics: Callable[[], str] = lambda: "",
        observer: Observer | None = None,
        s3_edge: s3.Edge | None = None,
        clock: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """region: named in the answer to GET. authoriser: judges what a principal
        may do; None lets everyone. health: what `/_jedlik/health` tells of the parts below;
        raises if one is ill. observer: told how requests went. s3_edge: the part
        of S3 that is HTTP's. clock: epoch seconds.
        """
        self.authenticator = authenticator
        self.authoriser = authoriser
        self.db = db
        self.settings = settings
        self.clock = clock
        self.observer = observer
        self.ids = RequestIds(random)
        self.region = region
        self._greeting = f"healthy: dynamodb.{region}.amazonaws.com ".encode()
        self._endpoints: dict[bytes, Endpoint] = {
            f"{service.target_prefix}.{operation.name}".encode(): Endpoint(
                operation, service.translate, service.json_version
            )
            for service in registry.services.values()
            if service.target_prefix
            for operation in service.operations.values()
        }
        counted = {
            (endpoint.operation.service, endpoint.operation.name): endpoint.metrics
            for endpoint in self._endpoints.values()
        }
        self._query = QueryService(self, registry, counted)
        self._rpc_cbor = rpc_cbor.RpcCbor(self, registry, self._endpoints)
        self._s3 = None
        if s3_edge is not None and "s3" in registry.services:
            self._s3 = s3.S3(self, registry, s3_edge)
        of_s3 = self._s3.metrics if self._s3 is not None else []
        self._pages = StatusPages(
            list(
                {
                    id(each): each for each in (*counted.values(), *self._query.metrics, *of_s3)
                }.values()
            ),
            health,
            connection_count,
            more_metrics,
        )

    async def handle(self, request: Request) -> Reply:
        """The answer to a request."""
        path = request.path
        if path.startswith(b"/_jedlik/"):
            return await self._pages.answer(request)
        request_id = self.ids.next()
        method = request.method
        if (
            method == b"OPTIONS"
            and request.header(b"origin") is not None
            and (self._s3 is None or path == b"/" or path.startswith(rpc_cbor.PREFIX))
        ):
            lines = f"x-amzn-RequestId: {request_id}\r\n{cors.preflight_lines(request)}"
            return Reply(200, lines)
        content_type = media_type(request.header(b"content-type"))
        if (method == b"POST" and content_type == FORM) or (
            method == b"GET" and b"Action=" in request.query
        ):
            status, answer, request_id = await self._query.answer(request)
            return _reply(request, request_id, status, answer, XML_TYPE)
        if path.startswith(rpc_cbor.PREFIX):
            return await self._rpc_cbor.answer(request, request_id)
        if self._s3 is not None and s3.claims(request):
            return await self._s3.answer(request, request_id)
        if method == b"GET":
            return _reply(request, request_id, 200, self._greeting, b"")
        if method != b"POST" or content_type not in (JSON_1_0, JSON_1_1, PLAIN_JSON):
            return _reply(request, request_id, 404, UNKNOWN_OPERATION_XML, b"")
        status, answer, more = await self._answer(request, request_id)
        return _reply(request, request_id, status, answer, content_type, more)

    async def _answer(self, request: Request, request_id: str) -> tuple[int, bytes, str]:
        """Status, body and further header lines for a POST, its mistakes found in AWS's order."""
        now = self.clock()
        endpoint = self._endpoints.get(request.header(b"x-amz-target") or b"")
        if endpoint is None:
            refusal = unknown_operation()
            return refusal.status, error_body(refusal), ""
        try:
            req = decode_body(request.body)
            identity = self.authenticator.authenticate(request, endpoint.signing_name, now)
        except ApiError as refusal:
            endpoint.metrics.count(refusal.status, self.clock() - now)
            return refusal.status, error_body(refusal), endpoint.error_lines(refusal)
        self._learn(request, endpoint, identity)
        status, more = 200, ""
        try:
            found = await self.call(endpoint, identity, req, request_id, now, request)
            answer = found if isinstance(found, bytes) else dumps(found)
        except Exception as error:
            answer, status, more = endpoint.failure(error, request.body, request_id)
        endpoint.metrics.count(status, self.clock() - now)
        return status, answer, more

    async def call(
        self,
        endpoint: Endpoint,
        identity: Identity,
        req: dict[str, Any],
        request_id: str,
        now: float,
        request: Request | None = None,
    ) -> dict[str, Any] | bytes:
        """Check, authorise and run one operation, whatever protocol it came by. request: what it
        came as, which policies may ask about."""
        endpoint.check(req)
        return await self.perform(endpoint.operation, identity, req, request_id, now, request)

    async def perform(
        self,
        operation: Operation,
        identity: Identity,
        req: dict[str, Any],
        request_id: str,
        now: float,
        request: Request | None = None,
        *,
        judged: bool = True,
    ) -> dict[str, Any] | bytes:
        """Authorise and run an operation whose input is checked. judged: False where nobody signs
        and the operation itself finds out who it is."""
        ctx = Context(
            self.db,
            identity.account,
            identity.region,
            identity.principal,
            request_id,
            now,
            self.settings,
        )
        observer = self.observer
        try:
            if judged and self.authoriser is not None:
                await self.authoriser.require(ctx, operation, req, transport_of(request))
            answer = await operation.handler(ctx, req)
        except Exception as error:
            if observer is not None:
                observer.failed(ctx, operation, error)
            raise
        if observer is not None:
            observer.served(ctx, operation, self.clock() - now)
        return answer

    def _learn(self, request: Request, endpoint: Endpoint, identity: Identity) -> None:
        """From now on let requests like this one, which was accepted, take the short way."""
        layout = request.layout
        if layout is None or not Plan.fits(layout):
            return
        plan = layout.plan
        if not isinstance(plan, Plan):
            plan = layout.plan = Plan(self, layout)
        plan.learn(request, endpoint, identity)


def transport_of(request: Request | None) -> Transport:
    """How a request came, for conditions of policies. TLS ends before us, if there is any."""
    if request is None:
        return Transport()
    peer, agent, referer = request.peer, request.header(b"user-agent"), request.header(b"referer")
    return Transport(
        address=str(peer[0]) if isinstance(peer, tuple) else "",
        user_agent=agent.decode("latin-1") if agent is not None else None,
        referer=referer.decode("latin-1") if referer is not None else None,
    )


def _reply(
    request: Request, request_id: str, status: int, body: bytes, content_type: bytes, more: str = ""
) -> Reply:
    lines = (
        f"x-amzn-RequestId: {request_id}\r\n{cors.origin_line(request)}"
        f"x-amz-crc32: {crc32(body)}\r\n{more}"
    )
    if content_type:
        lines += f"Content-Type: {content_type.decode()}\r\n"
    return Reply(status, lines, body)
