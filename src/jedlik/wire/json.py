"""awsJson 1.0 and 1.1: content types, the X-Amz-Target header, and how an error is written.

Pure bytes; the gateway decides what to say.
"""

from __future__ import annotations

from typing import Any

import orjson

from jedlik.api.errors import ApiError, serialization

JSON_1_0 = b"application/x-amz-json-1.0"
JSON_1_1 = b"application/x-amz-json-1.1"
PLAIN_JSON = b"application/json"
CBOR_1_1 = b"application/x-amz-cbor-1.1"
UNKNOWN_OPERATION_XML = b"<UnknownOperationException/>\n"


def media_type(content_type: bytes | None) -> bytes:
    """The media type without its parameters. AWS compares it letter for letter."""
    if content_type is None:
        return PLAIN_JSON
    return content_type.partition(b";")[0].strip(b" \t")


def decode_body(body: bytes) -> dict[str, Any]:
    """The request's JSON object. Raises SerializationException, without a message, as AWS does."""
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise serialization() from None
    if type(request) is not dict:
        raise serialization()
    return request


def error_body(error: ApiError) -> bytes:
    """`{"__type":"com.amazonaws.dynamodb.v20120810#…", …,"message":"…"}`"""
    kind = f"{error.namespace}#{error.code}" if error.namespace else error.code
    body: dict[str, Any] = {"__type": kind, **error.fields}
    if error.message is not None:
        body[error.message_key] = error.message
    return orjson.dumps(body)
