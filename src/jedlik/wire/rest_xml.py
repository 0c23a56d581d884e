"""The rest-xml protocol over a service model: which operation a request means, its input, its
answer. Pure functions of the model; the way of a request is told in s3.py.

An operation is found by method, by whether the path has a key, and then by what is particular:
literal query parameters in its URI and required members that travel in query or headers. The most
particular one that fits is meant (UploadPart rather than PutObject where partNumber is there).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jedlik.api.members import member_shape
from jedlik.api.model import ServiceModel

from . import xml

Query = Mapping[str, str]
Headers = Mapping[str, str]

_LATER = ("GetBucketLifecycle", "PutBucketLifecycle", "GetBucketNotification",
          "PutBucketNotification", "ListDirectoryBuckets")  # fmt: skip
"""Superseded by an operation of the same URI."""


_PASSED_OVER = ("If-Modified-Since", "If-Unmodified-Since", "Expires",
                "x-amz-copy-source-if-modified-since",
                "x-amz-copy-source-if-unmodified-since")  # fmt: skip
"""Dates that count as absent if they are none (RFC 9110, 13.1.3 and 13.1.4)."""


class BadInput(Exception):
    """A value in the query or a header that its type does not allow. name: as it was sent."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(name, value)
        self.name = name
        self.value = value


@dataclass(frozen=True, slots=True)
class Route:
    """literals: query parameters of the URI. query, headers: names of those required."""

    operation: str
    literals: tuple[tuple[str, str], ...]
    query: tuple[str, ...]
    headers: tuple[str, ...]

    @property
    def weight(self) -> int:
        return 2 * len(self.literals) + 2 * len(self.query) + len(self.headers)

    def fits(self, query: Query, headers: Headers) -> bool:
        return (
            all(name in query and (not value or query[name] == value)
                for name, value in self.literals)
            and all(name in query for name in self.query)
            and all(name in headers for name in self.headers)
        )  # fmt: skip


class RestXml:
    """One service's protocol."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._shapes = model.shapes
        self._routes: dict[tuple[str, int], list[Route]] = {}
        for name, operation in model.operations.items():
            if name not in _LATER:
                self._add(name, operation)
        for routes in self._routes.values():
            routes.sort(key=lambda route: -route.weight)

    def find(self, method: str, depth: int, query: Query, headers: Headers) -> str | None:
        """The operation meant. depth: labels in the path, 0 for "/", 1 for "/bucket", 2 beyond."""
        for route in self._routes.get((method, depth), ()):
            if route.fits(query, headers):
                return route.operation
        return None

    def payload(self, operation: str) -> str | None:
        """What the body is: "stream", "text", "xml", or None."""
        shape = self._input(operation)
        member = shape.get("payload")
        if member is None:
            return "xml" if _unplaced(shape) else None
        described = shape["members"][member]
        below = self._shapes[member_shape(described)]
        if below["type"] == "structure":
            return "xml"
        return "stream" if below["type"] == "blob" else "text"

    def read_input(
        self, operation: str, labels: Mapping[str, str], query: Query, headers: Headers
    ) -> dict[str, Any]:
        """Everything but the body. Raises BadInput."""
        found: dict[str, Any] = {}
        for key, member in self._input(operation).get("members", {}).items():
            if not isinstance(member, dict) or "location" not in member:
                continue
            where, name = member["location"], member.get("locationName", key)
            if where == "uri":
                if name in labels:
                    found[key] = labels[name]
            elif where == "querystring":
                if name in query:
                    found[key] = self._read(member, name, query[name])
            elif where == "header":
                if (value := headers.get(name.lower())) is not None:
                    found[key] = self._read(member, name, value)
            elif where == "headers":
                prefix = name.lower()
                found[key] = {
                    each[len(prefix) :]: value
                    for each, value in headers.items()
                    if each.startswith(prefix)
                }
        return found

    def read_body(self, operation: str, document: bytes) -> dict[str, Any]:
        """The payload member from its XML, or all members that travel nowhere else. Raises
        xml.NotValid."""
        shape = self._input(operation)
        member = shape.get("payload")
        if member is None:
            name = self._model.operations[operation]["input"]
            return xml.read_structure(self._shapes, name, xml.parse(document))
        described = shape["members"][member]
        name = member_shape(described)
        root = xml.parse(document)
        wanted = described.get("locationName", name) if isinstance(described, dict) else name
        if root.name != wanted:  # else what is meant for something else would clear a setting
            raise xml.NotValid
        return {member: xml.read_structure(self._shapes, name, root)}

    def payload_member(self, operation: str) -> str:
        return str(self._input(operation)["payload"])

    def requires_payload(self, operation: str) -> bool:
        shape = self._input(operation)
        if "payload" not in shape:
            return any(member in shape.get("required", ()) for member in _unplaced(shape))
        return shape["payload"] in shape.get("required", ())

    def status(self, operation: str) -> int:
        return int(self._model.operations[operation]["http"].get("responseCode", 200))

    def write_headers(self, operation: str, answer: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The headers that an answer's members travel in."""
        found: list[tuple[str, str]] = []
        for key, member in self._output(operation).get("members", {}).items():
            value = answer.get(key)
            if value is None or not isinstance(member, dict) or "location" not in member:
                continue
            name = member.get("locationName", key)
            if member["location"] == "header":
                shape = self._shapes[member["shape"]]
                found.append((name, xml.write_text(shape, value, header=True)))
            elif member["location"] == "headers":
                found += [(name + each, str(text)) for each, text in value.items()]
        return found

    def write_body(self, operation: str, answer: Mapping[str, Any]) -> bytes | None:
        """The document of an answer, None if its operation has none."""
        name = self._model.operations[operation].get("output")
        if name is None:
            return None
        shape = self._shapes[name]
        payload = shape.get("payload")
        if payload is None:
            inside = [
                key
                for key, member in shape.get("members", {}).items()
                if not (isinstance(member, dict) and "location" in member)
            ]
            if not inside:
                return None
            return xml.write_document(self._shapes, name, shape.get("locationName", name), answer)
        member = shape["members"][payload]
        inner = member_shape(member)
        value = answer.get(payload)
        if self._shapes[inner]["type"] != "structure":
            if value is None or isinstance(value, bytes):
                return value
            return str(value).encode()
        root = member.get("locationName", inner) if isinstance(member, dict) else inner
        return xml.write_document(self._shapes, inner, root, value or {})

    def _add(self, name: str, operation: dict[str, Any]) -> None:
        path, _, literal = operation["http"]["requestUri"].partition("?")
        literals = []
        for part in literal.split("&"):
            if part:
                key, _, value = part.partition("=")
                literals.append((key, value))
        shape = self._input(name)
        query, headers = [], []
        for key in shape.get("required", ()):
            member = shape["members"][key]
            if isinstance(member, dict) and member.get("location") == "querystring":
                query.append(member["locationName"])
            elif isinstance(member, dict) and member.get("location") == "header":
                headers.append(member["locationName"].lower())
        if "attributes" in dict(literals):
            headers = []  # GetObjectAttributes without its header is refused, not GetObject
        depth = 0 if path == "/" else 1 if path.count("/") == 1 else 2
        route = Route(name, tuple(literals), tuple(query), tuple(headers))
        self._routes.setdefault((operation["http"]["method"], depth), []).append(route)

    def _read(self, member: Mapping[str, Any], name: str, text: str) -> Any:
        shape = self._shapes[member["shape"]]
        if shape["type"] == "list":
            return [each.strip() for each in text.split(",")]
        try:
            return xml.read_text(shape, text)
        except xml.NotValid:
            if name in _PASSED_OVER:
                return None
            raise BadInput(name, text) from None

    @property
    def shapes(self) -> xml.Shapes:
        return self._shapes

    def _input(self, operation: str) -> dict[str, Any]:
        name = self._model.operations[operation].get("input")
        return self._shapes[name] if name else {}

    def _output(self, operation: str) -> dict[str, Any]:
        name = self._model.operations[operation].get("output")
        return self._shapes[name] if name else {}


def _unplaced(shape: Mapping[str, Any]) -> list[str]:
    """The members that are in neither path, query nor headers."""
    return [
        name
        for name, member in shape.get("members", {}).items()
        if not (isinstance(member, dict) and "location" in member)
    ]
