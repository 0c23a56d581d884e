"""The protocols beside awsJson: query, smithy-rpc-v2-cbor and S3's rest-xml.

A request is told from its head: a form or an Action is query's, a path below /service/ is
rpc-v2-cbor's, and what names no operation in a header may be S3's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jedlik.api.operation import Registry
from jedlik.net import Reply, Request

from . import cbor_1_1, rpc_cbor, s3, s3_claims
from .endpoint import Endpoint
from .id_forms import S3Ids
from .json import media_type
from .metrics import OperationMetrics
from .query import FORM, XML_TYPE
from .query_service import QueryService
from .replies import reply_to

if TYPE_CHECKING:
    from .gateway import Gateway


class Protocols:
    """They share the endpoints of operations that awsJson has, too, and what is counted there."""

    def __init__(
        self,
        gateway: Gateway,
        registry: Registry,
        endpoints: Mapping[bytes, Endpoint],
        s3_edge: s3.Edge | None,
    ) -> None:
        counted = {
            (endpoint.operation.service, endpoint.operation.name): endpoint.metrics
            for endpoint in endpoints.values()
        }
        self._query = QueryService(gateway, registry, counted)
        self._rpc_cbor = rpc_cbor.RpcCbor(gateway, registry, endpoints)
        self.cbor_1_1 = cbor_1_1.Cbor11(gateway, endpoints)
        self._s3: s3.S3 | None = None
        if s3_edge is not None and "s3" in registry.services:
            self._s3 = s3.S3(gateway, registry, s3_edge)
        self._s3_ids = S3Ids(gateway.random)

    @property
    def metrics(self) -> list[OperationMetrics]:
        """Of all their operations, those of awsJson included."""
        return [*self._query.metrics, *(self._s3.metrics if self._s3 is not None else ())]

    def answers_preflight(self, request: Request) -> bool:
        """Whether an OPTIONS request is about an object, whose bucket has rules of its own."""
        path = request.path
        return self._s3 is not None and path != b"/" and not path.startswith(rpc_cbor.PREFIX)

    async def answer(self, request: Request) -> Reply | None:
        """The answer to a request of one of them; None for one of none of them."""
        method = request.method
        if (method == b"POST" and media_type(request.header(b"content-type")) == FORM) or (
            method == b"GET" and b"Action=" in request.query
        ):
            status, answer, request_id = await self._query.answer(request)
            return reply_to(request, request_id, status, answer, XML_TYPE)
        if request.path.startswith(rpc_cbor.PREFIX):
            return await self._rpc_cbor.answer(request)
        if self._s3 is not None and s3_claims.claims(request):
            return await self._s3.answer(request, self._s3_ids.next())
        return None
