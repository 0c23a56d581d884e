"""The way of a request of the query protocol:

    find the operation → authenticate → read and check its input → authorise → run → write XML

As in gateway.py, which hands such requests over, and in the same order.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from jedlik.api.errors import ApiError, internal_failure
from jedlik.api.operation import Operation, Registry, Service
from jedlik.identity import Identity
from jedlik.net import Request

from .metrics import OperationMetrics
from .query import invalid_action, read_form, read_input, told, write_answer, write_refusal

if TYPE_CHECKING:
    from .gateway import Gateway

log = logging.getLogger("jedlik.wire")


class QueryEndpoint:
    """An operation as this protocol sees it. unsigned: nobody signs it, as AssumeRoleWithSAML."""

    __slots__ = ("declared", "metrics", "operation", "service", "unsigned")

    def __init__(self, service: Service, operation: Operation, metrics: OperationMetrics) -> None:
        self.service = service
        self.operation = operation
        self.declared = service.model.operations[operation.name]
        self.metrics = metrics
        self.unsigned = self.declared.get("authtype") == "none"


class QueryService:
    """All operations that can be called by forms.

    metrics: by (service, operation) of those that other protocols offer, too.
    """

    def __init__(
        self, gateway: Gateway, registry: Registry, metrics: dict[tuple[str, str], OperationMetrics]
    ) -> None:
        self._gateway = gateway
        self._services: dict[str, Service] = {}
        self._endpoints: dict[tuple[str, str], QueryEndpoint] = {}
        for service in registry.services.values():
            if "query" not in service.protocols:
                continue
            version = service.model.metadata["apiVersion"]
            self._services[version] = service
            for operation in service.operations.values():
                counted = metrics.get((service.name, operation.name))
                self._endpoints[version, operation.name] = QueryEndpoint(
                    service, operation, counted or OperationMetrics(service.name, operation.name)
                )

    @property
    def metrics(self) -> list[OperationMetrics]:
        return [endpoint.metrics for endpoint in self._endpoints.values()]

    async def answer(self, request: Request) -> tuple[int, bytes, str]:
        """Status, body and request id."""
        now = self._gateway.clock()
        request_id = self._gateway.uuids.next()
        endpoint: QueryEndpoint | None = None
        service: Service | None = None
        try:
            form = read_form(request.query if request.method == b"GET" else request.body)
            action, version = form.get("Action", ""), form.get("Version", "")
            service = self._services.get(version)
            endpoint = self._endpoints.get((version, action))
            if endpoint is None:
                raise invalid_action(action, version)
            body = await self._run(endpoint, request, form, request_id, now)
            status = 200
        except Exception as error:
            refusal = _refusal(error, service, request_id)
            model = service.model if service else None
            status, body = told(refusal, model)[1], write_refusal(refusal, model, request_id)
        if endpoint is not None:
            endpoint.metrics.count(status, self._gateway.clock() - now)
        return status, body, request_id

    async def _run(
        self,
        endpoint: QueryEndpoint,
        request: Request,
        form: dict[str, str],
        request_id: str,
        now: float,
    ) -> bytes:
        gateway, operation, model = self._gateway, endpoint.operation, endpoint.service.model
        if endpoint.unsigned:
            identity = Identity("", gateway.authenticator.account, gateway.region, None)
        else:
            identity = gateway.authenticator.authenticate(request, operation.signing_name, now)
        req: dict[str, Any] = read_input(model.shapes, endpoint.declared.get("input"), form)
        operation.check(req)
        answer = await gateway.perform(
            operation, identity, req, request_id, now, request, judged=not endpoint.unsigned
        )
        assert isinstance(answer, dict)  # operations that have their JSON ready are not asked here
        return write_answer(model, operation.name, answer, request_id)


def _refusal(error: Exception, service: Service | None, request_id: str) -> ApiError:
    found = error if isinstance(error, ApiError) else service.translate(error) if service else None
    if found is None:
        log.error("a request failed (request %s)", request_id, exc_info=error)
        found = internal_failure()
    return found
