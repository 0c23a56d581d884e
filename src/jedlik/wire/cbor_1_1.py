"""`application/x-amz-cbor-1.1`: what AWS's Java clients speak where the model says JSON 1.1.

The operation is in X-Amz-Target, as on awsJson; bodies are CBOR maps, blobs byte strings, and times
milliseconds (tag 1), unlike in smithy's CBOR. Called by the gateway.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jedlik.api.errors import ApiError, serialization, unknown_operation
from jedlik.api.members import member_shape
from jedlik.api.model import load_model
from jedlik.net import Reply, Request

from . import cbor, cors, event_stream, rpc_cbor
from .endpoint import Endpoint
from .json import CBOR_1_1

if TYPE_CHECKING:
    from .gateway import Gateway


_CONTENT = f"Content-Type: {CBOR_1_1.decode()}\r\n"


class Cbor11:
    """The protocol over a gateway's endpoints."""

    def __init__(self, gateway: Gateway, endpoints: Mapping[bytes, Endpoint]) -> None:
        self._gateway = gateway
        self._endpoints = endpoints

    async def answer(self, request: Request, request_id: str) -> Reply:
        """The answer to a POST of this content type."""
        lines = f"x-amzn-RequestId: {request_id}\r\n{cors.origin_line(request)}"
        endpoint = self._endpoints.get(request.header(b"x-amz-target") or b"")
        if endpoint is None:
            return _refusal(lines, unknown_operation())
        gateway, operation = self._gateway, endpoint.operation
        now = gateway.clock()

        def read() -> dict[str, Any]:
            return _request(operation.service, operation.name, request.body)

        try:
            identity = gateway.authenticator.authenticate(request, endpoint.signing_name, now)
            answer = await gateway.call(endpoint, identity, read(), request_id, now, request)
        except Exception as error:
            refusal = endpoint.refusal(error, read, request_id)
            endpoint.metrics.count(refusal.status, gateway.clock() - now)
            return _refusal(lines, refusal)
        endpoint.metrics.count(200, gateway.clock() - now)
        if operation.streams:
            assert isinstance(answer, dict)
            shapes = _events(operation.service, operation.name)

            def encode(event: str | None, members: dict[str, Any]) -> bytes:
                if event is None:
                    return cbor.encode(members)
                return rpc_cbor.encode_shape(operation.service, shapes[event], members, ms=True)

            return event_stream.reply(
                lines,
                answer,
                content_type=CBOR_1_1.decode(),
                encode=encode,
                refuse=lambda error: endpoint.refusal(error, read, request_id),
            )
        body = rpc_cbor.encode_output(operation.service, operation.name, answer, ms=True)
        return Reply(200, lines + _CONTENT, body)


def _events(service: str, operation: str) -> dict[str, str]:
    """The shapes of the events of an operation's stream, by the names of the events."""
    model = load_model(service)
    (stream,) = model.shapes[model.operations[operation]["output"]]["members"].values()
    events = model.shapes[member_shape(stream)]["members"]
    return {name: member_shape(event) for name, event in events.items()}


def _request(service: str, operation: str, body: bytes) -> dict[str, Any]:
    """The members of a request as JSON has them. Raises SerializationException."""
    if not body:
        return {}
    try:
        decoded = cbor.decode(body)
    except cbor.Malformed:
        raise serialization() from None
    if not isinstance(decoded, dict):
        raise serialization()
    model = load_model(service)
    name = model.operations[operation].get("input")
    found: dict[str, Any] = _as_json(decoded, model.shapes, name)
    return found


def _as_json(value: Any, shapes: Mapping[str, Any], name: str | None) -> Any:
    """A value as the JSON protocols have it: blobs in base64, times in seconds."""
    shape: Mapping[str, Any] = shapes.get(name, {}) if name is not None else {}
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        members = shape.get("members", {})
        of_map = shape.get("value")
        return {
            key: _as_json(each, shapes, _target(members.get(key, of_map)))
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_as_json(each, shapes, _target(shape.get("member"))) for each in value]
    if shape.get("type") == "timestamp" and isinstance(value, (int, float)):
        return value / 1000
    return cbor.as_json(value) if type(value) is int else value


def _target(member: Any) -> str | None:
    return member if member is None or isinstance(member, str) else str(member["shape"])


def _refusal(lines: str, refusal: ApiError) -> Reply:
    kind = f"{refusal.namespace}#{refusal.code}" if refusal.namespace else refusal.code
    told: dict[str, Any] = {"__type": kind, **refusal.fields}
    if refusal.message is not None:
        told[refusal.message_key] = refusal.message
    return Reply(refusal.status, lines + _CONTENT, cbor.encode(told))
