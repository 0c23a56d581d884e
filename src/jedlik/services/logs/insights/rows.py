"""Event and Row: what the commands of a query work on."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from jedlik.services.logs.insights.values import Time

FIELDS_MAX = 1000
"""Of one event (user guide, "Supported logs and discovered fields")."""
SYSTEM = ("@timestamp", "@message", "@logStream", "@log", "@ingestionTime", "@ptr")


class Event(NamedTuple):
    """name: its place in its stream. log: account:group."""

    name: str
    at_ms: int
    ingested_ms: int
    stream: str
    log: str
    message: str

    @property
    def pointer(self) -> str:
        group = self.log.partition(":")[2]
        told = orjson.dumps([group, self.stream, self.name])
        return urlsafe_b64encode(told).decode()


class Row:
    """made: the fields that commands have made; the others are the event's, if there is one."""

    __slots__ = ("_found", "event", "made")

    def __init__(self, event: Event | None, made: dict[str, Any] | None = None) -> None:
        self.event = event
        self.made: dict[str, Any] = {} if made is None else made
        self._found: dict[str, Any] | None = None

    def get(self, name: str) -> Any:
        if name in self.made:
            return self.made[name]
        event = self.event
        if event is None:
            return None
        if name == "@message":
            return event.message
        if name == "@timestamp":
            return Time(event.at_ms)
        if name.startswith("@"):
            return _system(event, name)
        return self.found.get(name)

    @property
    def found(self) -> dict[str, Any]:
        """The fields of a message that is JSON, or has some in it."""
        if self._found is None:
            assert self.event is not None
            self._found = discovered(self.event.message)
        return self._found


def _system(event: Event, name: str) -> Any:
    if name == "@ingestionTime":
        return Time(event.ingested_ms)
    if name == "@ptr":
        return event.pointer
    return {"@logStream": event.stream, "@log": event.log}.get(name)


def discovered(message: str) -> dict[str, Any]:
    """Names with dots -> texts and truths, of a JSON object, or the first one in the message."""
    start = message.find("{")
    if start < 0:
        return {}
    end = message.rfind("}")
    try:
        document = orjson.loads(message[start : end + 1])
    except orjson.JSONDecodeError:
        return {}
    found: dict[str, Any] = {}
    for name, value in _leaves(document, ""):
        if len(found) >= FIELDS_MAX:
            break
        found[name] = value
    return found


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _leaves(each, f"{name}.{number}")
    elif isinstance(value, str | bool):
        yield name, value
    elif value is not None:
        yield name, orjson.dumps(value).decode()
