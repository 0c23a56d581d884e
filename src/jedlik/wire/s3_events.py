"""Event streams of S3's operations: an answer of many messages, their framing in event_stream.py.

An event's payload is bytes as they are, or a document of its one member ("Details"). What goes
wrong meanwhile is told by a last message, because the status has long been sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from jedlik.api.errors import ApiError
from jedlik.net import StreamedReply

from . import event_stream, xml

Events = AsyncIterator[tuple[str, bytes | dict[str, Any]]]


AT_ONCE_MAX = 16
"""Behind each there is a process."""


class EventStreams:
    """The streams that are being sent."""

    def __init__(self, shapes: xml.Shapes) -> None:
        self._shapes = shapes
        self._count = 0

    def reply(
        self, lines: str, events: Events, refuse: Callable[[Exception], ApiError]
    ) -> StreamedReply:
        """refuse: what an exception amounts to. Raises ApiError where there are too many."""
        if self._count >= AT_ONCE_MAX:
            raise ApiError("Busy", "The service is unavailable. Try again later.", status=503)
        source = self._messages(events, refuse)
        lines += f"Content-Type: {event_stream.CONTENT_TYPE}\r\n"
        return StreamedReply(200, lines, None, source)

    async def _messages(
        self, events: Events, refuse: Callable[[Exception], ApiError]
    ) -> AsyncIterator[bytes]:
        self._count += 1
        try:
            async for message in _messages(self._shapes, events, refuse):
                yield message
        finally:
            self._count -= 1
            await events.aclose()  # type: ignore[attr-defined]


async def _messages(
    shapes: xml.Shapes, events: Events, refuse: Callable[[Exception], ApiError]
) -> AsyncIterator[bytes]:
    try:
        async for name, content in events:
            headers = {":message-type": "event", ":event-type": name}
            if isinstance(content, dict):
                headers[":content-type"] = "text/xml"
                content = xml.write_document(shapes, name, name, content)
            elif content:
                headers[":content-type"] = "application/octet-stream"
            yield event_stream.message(headers, content)
    except Exception as error:
        refusal = refuse(error)
        headers = {
            ":message-type": "error",
            ":error-code": refusal.code,
            ":error-message": refusal.message or "",
        }
        yield event_stream.message(headers, b"")
