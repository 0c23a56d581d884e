"""AWS's event streams (`application/vnd.amazon.eventstream`): an answer of many messages.

    length of all | length of headers | CRC-32 of both | headers | payload | CRC-32 of all before

A message is an event, with a name and a payload, or an exception, which is the last. On the JSON
protocols the first event is the answer itself ("initial-response"), without its stream.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from zlib import crc32

from orjson import dumps

from jedlik.api.errors import ApiError
from jedlik.net import StreamedReply

from .endpoint import Endpoint
from .json import decode_body

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_PRELUDE = struct.Struct(">II")
_CRC = struct.Struct(">I")
_STRING = 7

Events = AsyncIterator[tuple[str, dict[str, Any]] | None]
Encode = Callable[[str | None, dict[str, Any]], bytes]
"""From the name of an event (None: of the answer itself) and its members to a payload."""


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message; all headers are texts."""
    told = bytearray()
    for name, value in headers.items():
        text = value.encode()
        told += bytes((len(name),)) + name.encode() + bytes((_STRING,))
        told += len(text).to_bytes(2, "big") + text
    prelude = _PRELUDE.pack(len(told) + len(payload) + 16, len(told))
    before = prelude + _CRC.pack(crc32(prelude)) + bytes(told) + payload
    return before + _CRC.pack(crc32(before))


def reply(
    lines: str,
    answer: Mapping[str, Any],
    *,
    content_type: str,
    encode: Encode,
    refuse: Callable[[Exception], ApiError],
) -> StreamedReply:
    """The answer of an operation of which one member is the iterator of its events.

    content_type: of the payloads. refuse: what an exception amounts to while the stream runs.
    """
    (events,) = answer.values()
    source = _messages(events, content_type, encode, refuse)
    return StreamedReply(200, f"{lines}Content-Type: {CONTENT_TYPE}\r\n", None, source)


async def _messages(
    events: Events,
    content_type: str,
    encode: Encode,
    refuse: Callable[[Exception], ApiError],
) -> AsyncIterator[bytes]:
    def event(name: str, payload: bytes) -> bytes:
        kind = {":message-type": "event", ":event-type": name, ":content-type": content_type}
        return message(kind, payload)

    yield event("initial-response", encode(None, {}))
    try:
        async for each in events:
            yield event(each[0], encode(*each)) if each is not None else b""
    except Exception as error:
        refusal = refuse(error)
        headers = {
            ":message-type": "exception",
            ":exception-type": refusal.code,
            ":content-type": content_type,
        }
        yield message(headers, encode(None, {"message": refusal.message or ""}))
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


def json_events(
    endpoint: Endpoint, answer: Mapping[str, Any], lines: str, body: bytes, request_id: str
) -> StreamedReply:
    """The event stream of an operation that came by awsJson."""
    return reply(
        lines,
        answer,
        content_type=endpoint.content_type.decode(),
        encode=lambda _, members: dumps(members),
        refuse=lambda error: endpoint.refusal(error, lambda: decode_body(body), request_id),
    )
