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
from typing import TYPE_CHECKING, Any

from orjson import dumps

from jedlik.api.context import Context
from jedlik.api.errors import ApiError, unknown_operation
from jedlik.api.operation import Operation, Registry
from jedlik.identity import Authenticator, Authoriser, Identity, Transport
from jedlik.net import Reply, Request

from . import cors
from .endpoint import Endpoint
from .event_stream import json_events
from .id_forms import OF_DYNAMODB, Uuids
from .json import (
    CBOR_1_1,
    JSON_1_0,
    JSON_1_1,
    PLAIN_JSON,
    UNKNOWN_OPERATION_XML,
    decode_body,
    error_body,
    media_type,
)
from .metrics import OperationMetrics
from .observer import Observer
from .plan import Plan
from .replies import reply_to
from .request_ids import RequestIds
from .status_pages import StatusPages

if TYPE_CHECKING:
    from .protocols import Protocols
    from .s3 import Edge


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
        metric_label: str = "",
        observer: Observer | None = None,
        s3_edge: Edge | None = None,
        late: Callable[[], tuple[Registry, Edge]] | None = None,
        clock: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """region: named in the answer to GET. authoriser: judges what a principal
        may do; None lets everyone. health: what `/_jedlik/health` tells of the parts below;
        raises if one is ill. observer: told how requests went. s3_edge: the part
        of S3 that is HTTP's. late: the services that come when they are asked for, or by
        `complete`: all of them, with those of `registry`. clock: epoch seconds.
        """
        self.authenticator = authenticator
        self.authoriser = authoriser
        self.db = db
        self.looks_first: bool = db is not None and db.catalog.shared
        """Whether other processes change tables, so that each request must look first."""
        self.settings = settings
        self.clock = clock
        self.observer = observer
        self.ids = RequestIds(random)
        self.uuids = Uuids(random)
        self.random = random
        self.region = region
        self._greeting = f"healthy: dynamodb.{region}.amazonaws.com ".encode()
        self._endpoints: dict[bytes, Endpoint] = {}
        self._protocols: Protocols | None = None
        self._metrics: list[OperationMetrics] = []
        self._late = late
        self._add(registry)
        self._first_metrics = tuple(self._metrics)
        if late is None:
            self._add_protocols(registry, s3_edge)
        self._pages = StatusPages(
            self._metrics, health, connection_count, more_metrics, metric_label
        )

    def complete(self) -> None:
        """Bring the services that a start does not wait for; harmless when repeated."""
        if self._late is None:
            return
        late, self._late = self._late, None
        registry, edge = late()
        self._add(registry)
        self._add_protocols(registry, edge)

    def answering_s(self) -> float:
        """How much time the answers of the operations that came first have taken so far."""
        return sum([each.sum_s for each in self._first_metrics])

    def _add(self, registry: Registry) -> None:
        for service in registry.services.values():
            for operation in service.operations.values() if service.target_prefix else ():
                target = f"{service.target_prefix}.{operation.name}".encode()
                if target not in self._endpoints:
                    ids = self.ids if service.name in OF_DYNAMODB else self.uuids
                    endpoint = Endpoint(operation, service.translate, service.json_version, ids)
                    self._endpoints[target] = endpoint
                    self._metrics.append(endpoint.metrics)

    def _add_protocols(self, registry: Registry, s3_edge: Edge | None) -> None:
        from .protocols import Protocols  # with what it needs, a good part of a start's time

        self._protocols = Protocols(self, registry, self._endpoints, s3_edge)
        known = {id(each) for each in self._metrics}
        self._metrics += [each for each in self._protocols.metrics if id(each) not in known]

    def _waits_for_more(self, request: Request) -> bool:
        """Whether a request may be for a service that is not there yet."""
        if request.header(b"x-amz-target") in self._endpoints:
            return False
        is_greeting = request.method == b"GET" and request.path == b"/" and not request.query
        return not is_greeting or request.header(b"authorization") is not None

    async def handle(self, request: Request) -> Reply:
        """The answer to a request."""
        path = request.path
        if path.startswith(b"/_jedlik/"):
            return await self._pages.answer(request)
        if self.looks_first:
            await self.db.catalog.fresh()
            planned = await self._planned(request)
            if planned is not None:
                return planned
        if self._late is not None and self._waits_for_more(request):
            self.complete()
        endpoint = self._endpoints.get(request.header(b"x-amz-target") or b"")
        request_id = (self if endpoint is None else endpoint).ids.next()
        method, protocols = request.method, self._protocols
        if (
            method == b"OPTIONS"
            and request.header(b"origin") is not None
            and (protocols is None or not protocols.answers_preflight(request))
        ):
            lines = f"x-amzn-RequestId: {request_id}\r\n{cors.preflight_lines(request)}"
            return Reply(200, lines)
        if protocols is not None and request.header(b"x-amz-target") is None:
            answered = await protocols.answer(request)
            if answered is not None:
                return answered
        content_type = media_type(request.header(b"content-type"))
        if method == b"GET":
            return reply_to(request, request_id, 200, self._greeting, b"")
        if protocols is not None and method == b"POST" and content_type == CBOR_1_1:
            return await protocols.cbor_1_1.answer(request, request_id)
        if method != b"POST" or content_type not in (JSON_1_0, JSON_1_1, PLAIN_JSON):
            return reply_to(request, request_id, 404, UNKNOWN_OPERATION_XML, b"")
        status, answer, more = await self._answer(request, endpoint, request_id)
        if isinstance(answer, dict):
            assert endpoint is not None
            lines = f"x-amzn-RequestId: {request_id}\r\n{cors.origin_line(request)}{more}"
            return json_events(endpoint, answer, lines, request.body, request_id)
        return reply_to(request, request_id, status, answer, content_type, more)

    async def _planned(self, request: Request) -> Reply | None:
        """The answer by the short way, if that is for this request."""
        layout, match = request.layout, request.match
        if layout is None or match is None or not isinstance(layout.plan, Plan):
            return None
        answer = layout.plan.take(match, request.body)
        if answer is None or isinstance(answer, Reply):
            return answer
        if isinstance(answer, tuple):
            return Reply(200, *answer)
        return await answer

    async def _answer(
        self, request: Request, endpoint: Endpoint | None, request_id: str
    ) -> tuple[int, bytes | dict[str, Any], str]:
        """Status, body and further header lines for a POST, its mistakes found in AWS's order. A
        body that is an event stream is still the operation's answer."""
        now = self.clock()
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
            answer: bytes | dict[str, Any]
            if isinstance(found, bytes) or endpoint.operation.streams:
                answer = found
            else:
                answer = dumps(found)
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
        if layout is None or not Plan.fits(layout) or endpoint.operation.streams:
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
