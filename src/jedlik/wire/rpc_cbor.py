"""smithy-rpc-v2-cbor: `POST /service/<Name>/operation/<Operation>` with a CBOR body.

    path → operation → authenticate → decode → check, authorise, run → encode by the output's shape

Serves every service whose model lists the protocol. Requests are turned into what the JSON
protocols give an operation (blobs in base64, times in seconds), answers from it back by their
shapes. Answers tell errors as a map with `__type` and `message`; services that once spoke query
add the code that they had there (`x-amzn-query-error`). Called by the gateway.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from jedlik.api.errors import ApiError, serialization, unknown_operation
from jedlik.api.members import member_shape
from jedlik.api.model import load_model
from jedlik.api.operation import Registry
from jedlik.net import Reply, Request

from . import cbor, cors
from .endpoint import Endpoint

if TYPE_CHECKING:
    from .gateway import Gateway

PREFIX = b"/service/"
PROTOCOL = "smithy-rpc-v2-cbor"
_HEADER = "smithy-protocol: rpc-v2-cbor\r\n"
_CONTENT = "Content-Type: application/cbor\r\n"
_MEDIA_TYPE = b"application/cbor"


class RpcCbor:
    """The protocol over a gateway's endpoints."""

    def __init__(
        self, gateway: Gateway, registry: Registry, endpoints: Mapping[bytes, Endpoint]
    ) -> None:
        self._gateway = gateway
        self._endpoints: dict[bytes, Endpoint] = {}
        for service in registry.services.values():
            if PROTOCOL not in service.model.metadata.get("protocols", ()):
                continue
            for name in service.operations:
                target = f"{service.target_prefix}.{name}".encode()
                path = f"/service/{service.target_prefix}/operation/{name}".encode()
                self._endpoints[path] = endpoints[target]

    async def answer(self, request: Request) -> Reply:
        """The answer to a request whose path begins with PREFIX."""
        endpoint = self._endpoints.get(request.path)
        content_type = (request.header(b"content-type") or b"").partition(b";")[0].strip()
        is_ours = request.header(b"smithy-protocol") == b"rpc-v2-cbor"
        if request.method != b"POST" or not is_ours or content_type not in (b"", _MEDIA_TYPE):
            endpoint = None
        gateway = self._gateway
        request_id = (gateway.uuids if endpoint is None else endpoint.ids).next()
        if endpoint is None:
            return _refusal(request, request_id, None, unknown_operation(), status=404)
        now = gateway.clock()
        try:
            identity = gateway.authenticator.authenticate(request, endpoint.signing_name, now)
            req = _request(request.body)
            answer = await gateway.call(endpoint, identity, req, request_id, now, request)
        except Exception as error:
            refusal = endpoint.refusal(error, lambda: _request(request.body), request_id)
            endpoint.metrics.count(refusal.status, gateway.clock() - now)
            return _refusal(request, request_id, endpoint, refusal)
        body = encode_output(endpoint.operation.service, endpoint.operation.name, answer)
        endpoint.metrics.count(200, gateway.clock() - now)
        return _reply(request, request_id, 200, body)


def _request(body: bytes) -> dict[str, Any]:
    """The members of a request; an empty body has none. Raises SerializationException."""
    if not body:
        return {}
    try:
        decoded = cbor.decode(body)
    except cbor.Malformed:
        raise serialization() from None
    if not isinstance(decoded, dict):
        raise serialization()
    return {key: _as_json(value) for key, value in decoded.items()}


def _as_json(value: Any) -> Any:
    """A value as the JSON protocols have it: byte strings in base64, numbers of 64 bits."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if type(value) is int:
        return cbor.as_json(value)
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    if isinstance(value, dict):
        return {key: _as_json(each) for key, each in value.items()}
    return value


def encode_output(
    service: str, operation: str, answer: dict[str, Any] | bytes, *, ms: bool = False
) -> bytes:
    """An operation's answer as CBOR; empty for operations without an output. ms: times are whole
    milliseconds."""
    model = load_model(service)
    name = model.operations[operation].get("output")
    if name is None:
        return b""
    value = orjson.loads(answer) if isinstance(answer, bytes) else answer
    return encode_shape(service, name, value, ms=ms)


def encode_shape(service: str, name: str, value: Any, *, ms: bool = False) -> bytes:
    """A value of one of a service's shapes as CBOR. ms: times are whole milliseconds."""
    out = bytearray()
    _write(out, load_model(service).shapes, name, value, ms)
    return bytes(out)


def _write(out: bytearray, shapes: Mapping[str, Any], name: str, value: Any, ms: bool) -> None:
    """Append a value of a shape; members that are None are left out."""
    shape = shapes[name]
    kind = shape["type"]
    if value is None:
        cbor.write(out, None)
    elif kind == "structure":
        members = shape.get("members", {})
        given = [(key, each) for key, each in value.items() if each is not None and key in members]
        cbor.write_head(out, 5, len(given))
        for key, each in given:
            cbor.write_text(out, key)
            _write(out, shapes, member_shape(members[key]), each, ms)
    elif kind == "list":
        inner = member_shape(shape["member"])
        cbor.write_head(out, 4, len(value))
        for each in value:
            _write(out, shapes, inner, each, ms)
    elif kind == "map":
        inner = member_shape(shape["value"])
        cbor.write_head(out, 5, len(value))
        for key, each in value.items():
            cbor.write_text(out, key)
            _write(out, shapes, inner, each, ms)
    elif kind == "timestamp":
        out += cbor.EPOCH
        if ms:
            cbor.write(out, round(value * 1000))
            return
        cbor.write(out, int(value) if float(value).is_integer() else float(value))
    elif kind in ("double", "float"):
        cbor.write(out, float(value))
    elif kind == "blob":
        cbor.write(out, b64decode(value) if isinstance(value, str) else bytes(value))
    else:
        cbor.write(out, value)


def _refusal(
    request: Request,
    request_id: str,
    endpoint: Endpoint | None,
    refusal: ApiError,
    *,
    status: int | None = None,
) -> Reply:
    kind = f"{refusal.namespace}#{refusal.code}" if refusal.namespace else refusal.code
    told: dict[str, Any] = {"__type": kind, **refusal.fields}
    if refusal.message is not None:
        told[refusal.message_key] = refusal.message
    lines = endpoint.error_lines(refusal) if endpoint is not None else ""
    return _reply(request, request_id, status or refusal.status, cbor.encode(told), lines)


def _reply(request: Request, request_id: str, status: int, body: bytes, more: str = "") -> Reply:
    lines = (
        f"x-amzn-RequestId: {request_id}\r\n{_HEADER}{cors.origin_line(request)}{more}"
        f"{_CONTENT if body else ''}"
    )
    return Reply(status, lines, body)
