"""Endpoint: an operation as the wire sees it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any, cast

from jedlik.api.context import Context
from jedlik.api.errors import ApiError, internal_failure
from jedlik.api.model import load_model
from jedlik.api.operation import Operation

from .id_forms import Ids
from .json import JSON_1_0, JSON_1_1, decode_body, error_body
from .known_ways import KnownWays
from .metrics import OperationMetrics

Running = Coroutine[Any, Any, dict[str, Any] | bytes]

log = logging.getLogger("jedlik.wire")


class Endpoint:
    """How to call an operation, how it is counted, and what is said when it fails."""

    __slots__ = ("check", "content_line", "content_type", "handler", "ids", "metrics", "operation",
                 "signing_name", "translate", "ways")  # fmt: skip

    def __init__(
        self,
        operation: Operation,
        translate: Callable[[BaseException], ApiError | None],
        json_version: str,
        ids: Ids,
    ) -> None:
        """ids: of its requests."""
        self.operation = operation
        self.content_type = JSON_1_1 if json_version == "1.1" else JSON_1_0
        self.content_line = f"Content-Type: {self.content_type.decode()}\r\n"
        self.check = operation.check
        # Operations are coroutine functions; a plan takes their first step itself.
        self.handler = cast(Callable[[Context, dict[str, Any]], Running], operation.handler)
        self.ids = ids
        self.signing_name = operation.signing_name
        self.translate = translate
        self.ways = None if operation.way is None else KnownWays()
        self.metrics = OperationMetrics(operation.service, operation.name)

    def failure(self, error: Exception, body: bytes, request_id: str) -> tuple[bytes, int, str]:
        """What a JSON client is told when its operation raised: body, status, header lines."""
        refusal = self.refusal(error, lambda: decode_body(body), request_id)
        return error_body(refusal), refusal.status, self.error_lines(refusal)

    def error_lines(self, refusal: ApiError) -> str:
        """The header lines that go with a refusal: the code that it has in the query protocol,
        for clients of a service that once spoke it."""
        model = load_model(self.operation.service)
        if not model.query_compatible:
            return ""
        from .query import told  # most services never spoke it

        code, status = told(refusal, model)
        return f"x-amzn-query-error: {code};{'Sender' if status < 500 else 'Receiver'}\r\n"

    def refusal(
        self, error: Exception, reread: Callable[[], dict[str, Any]], request_id: str
    ) -> ApiError:
        """The refusal that an operation's exception amounts to. reread: decodes the request again,
        on any protocol."""
        refusal = error if isinstance(error, ApiError) else self.translate(error)
        if refusal is None:
            refusal = internal_failure()
            log.error("%s failed (request %s)", self.operation.name, request_id, exc_info=error)
        elif refusal.is_validation:
            refusal = self._earlier_refusal(reread) or refusal
        return refusal

    def _earlier_refusal(self, reread: Callable[[], dict[str, Any]]) -> ApiError | None:
        """What AWS would have found before the mistake at hand: the request read again, exactly."""
        try:
            self.operation.check_deep(reread())
        except ApiError as earlier:
            return earlier
        return None
