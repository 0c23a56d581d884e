"""XML by a model's shapes: documents in, documents out. Used by rest_xml.

Reading is strict about what matters (well-formedness, types, required members, enumerations) and
knows no DTD, so that no entity can make a small document large. Elements that a shape does not
have are passed over.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import formatdate, mktime_tz, parsedate_tz
from typing import Any
from urllib.parse import quote
from xml.parsers import expat

from jedlik.api.members import is_flattened, member_shape, sent_name

Shapes = Mapping[str, Mapping[str, Any]]

DEPTH_MAX = 32
ELEMENTS_MAX = 100_000
YEAR_1_S, YEAR_10000_S = -62_135_596_800, 253_402_300_800
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
    | {chr(n): f"&#x{n:x};" for n in range(32) if n not in (9, 10, 13)}
)
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


_ANY_CASE = ("FilterRuleName",)
_CHECKED_LATER = ("BucketLocationConstraint", "Event")
"""Enumerations about which an operation has its own refusal."""


class NotValid(Exception):
    """No XML, or not what the shape asks for."""


class Element:
    """name without its namespace's prefix; text: what stands directly in it."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""


def parse(document: bytes) -> Element:
    """The root of a document. Raises NotValid."""
    root = Element("", {})
    path = [root]
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(path) > DEPTH_MAX or count > ELEMENTS_MAX:
            raise NotValid
        # "xsi:type" keeps its prefix: as an attribute it is spelt so in the models.
        element = Element(name.rpartition(":")[2], attributes)
        path[-1].children.append(element)
        path.append(element)

    def end(name: str) -> None:
        path.pop()

    def text(data: str) -> None:
        path[-1].text += data

    def doctype(*_: Any) -> None:
        raise NotValid

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise NotValid from error
    return root.children[0]


def read_structure(shapes: Shapes, name: str, element: Element) -> dict[str, Any]:
    """The structure that an element holds. Raises NotValid."""
    shape = shapes[name]
    found: dict[str, Any] = {}
    for key, member in shape.get("members", {}).items():
        if _is_elsewhere(member):
            continue
        sent_as = sent_name(member, key)
        if isinstance(member, dict) and member.get("xmlAttribute"):
            if sent_as in element.attributes:
                found[key] = element.attributes[sent_as]
            continue
        below = shapes[member_shape(member)]
        if below["type"] == "list" and is_flattened(below, member):
            own = sent_name(below["member"], sent_as)
            elements = [child for child in element.children if child.name in (own, sent_as)]
            if elements:
                found[key] = [_read(shapes, below["member"], child) for child in elements]
            continue
        child = next((child for child in element.children if child.name == sent_as), None)
        if child is not None:
            found[key] = _read(shapes, member, child)
    for key in shape.get("required", ()):
        if key not in found and not _is_elsewhere(shape["members"][key]):
            raise NotValid
    return found


def _read(shapes: Shapes, member: Any, element: Element) -> Any:
    name = member_shape(member)
    shape = shapes[name]
    kind = shape["type"]
    if kind == "structure":
        return read_structure(shapes, name, element)
    if kind == "list":
        own = sent_name(shape["member"], "member")
        return [
            _read(shapes, shape["member"], child) for child in element.children if child.name == own
        ]
    if kind == "map":
        raise NotValid
    if "enum" in shape:
        # "Prefix" in a filter rule is taken as well as "prefix", and given back as it came.
        text = element.text.strip()
        if name in _ANY_CASE:
            text = text.lower()
        if text not in shape["enum"] and name not in _CHECKED_LATER:
            raise NotValid
    return read_text(shape, element.text)


def read_text(shape: Mapping[str, Any], text: str) -> Any:
    """A scalar from its text, here and in headers and queries. Raises NotValid."""
    kind = shape["type"]
    if kind == "string":
        return text
    stripped = text.strip()
    if kind in ("integer", "long"):
        if _WHOLE.fullmatch(stripped) is None:
            raise NotValid
        return int(stripped)
    if kind == "boolean":
        if stripped.lower() not in ("true", "false"):
            raise NotValid
        return stripped.lower() == "true"
    if kind in ("float", "double"):
        try:
            return float(stripped)
        except ValueError:
            raise NotValid from None
    if kind == "timestamp":
        return read_time(stripped)
    return text


def read_time(text: str) -> float:
    """Epoch seconds of an ISO 8601 or an HTTP date. Raises NotValid."""
    time_s = _time(text)
    if not YEAR_1_S <= time_s < YEAR_10000_S:
        raise NotValid  # as the time zone has it; nobody could be told of it
    return time_s


def _time(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        pass
    parsed = parsedate_tz(text)
    if parsed is None:
        raise NotValid
    try:
        return float(mktime_tz(parsed) if parsed[9] else timegm(parsed[:6] + (0, 1, 0)))
    except (ValueError, OverflowError):
        raise NotValid from None


def write_document(shapes: Shapes, name: str, root: str, value: Mapping[str, Any]) -> bytes:
    """A document of a structure."""
    namespace = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    parts = [HEAD, f"<{root}{namespace}>"]
    _write_members(shapes, name, value, parts)
    parts.append(f"</{root}>")
    return "".join(parts).encode("utf-8", "replace")


def _write_members(shapes: Shapes, name: str, value: Mapping[str, Any], parts: list[str]) -> None:
    for key, member in shapes[name].get("members", {}).items():
        if key in value and value[key] is not None and not _is_elsewhere(member):
            if not (isinstance(member, dict) and member.get("xmlAttribute")):
                _write(shapes, member, sent_name(member, key), value[key], parts)


def _write(shapes: Shapes, member: Any, tag: str, value: Any, parts: list[str]) -> None:
    name = member_shape(member)
    shape = shapes[name]
    kind = shape["type"]
    if kind == "structure":
        parts.append(f"<{tag}{_attributes(shape, value)}>")
        _write_members(shapes, name, value, parts)
        parts.append(f"</{tag}>")
    elif kind == "list":
        item = shape["member"]
        if is_flattened(shape, member):
            for each in value:
                _write(shapes, item, tag, each, parts)
            return
        parts.append(f"<{tag}>")
        for each in value:
            _write(shapes, item, sent_name(item, "member"), each, parts)
        parts.append(f"</{tag}>")
    else:
        parts.append(f"<{tag}>{escape(write_text(shape, value))}</{tag}>")


def _attributes(shape: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    found = ""
    for key, member in shape.get("members", {}).items():
        if isinstance(member, dict) and member.get("xmlAttribute") and key in value:
            sent_as = sent_name(member, key)
            prefix = sent_as.partition(":")[0]
            if prefix != sent_as:
                found += f' xmlns:{prefix}="http://www.w3.org/2001/XMLSchema-instance"'
            found += f' {sent_as}="{escape(str(value[key]))}"'
    return found


def write_text(shape: Mapping[str, Any], value: Any, *, header: bool = False) -> str:
    """A scalar as text."""
    if value is True or value is False:
        return "true" if value else "false"
    if shape["type"] == "timestamp" and not isinstance(value, str):
        chosen = shape.get("timestampFormat", "rfc822" if header else "iso8601")
        return http_date(value) if chosen == "rfc822" else iso_date(value)
    return str(value)


def iso_date(time_s: float) -> str:
    at = datetime.fromtimestamp(int(time_s * 1000 + 0.5) / 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def http_date(time_s: float) -> str:
    return formatdate(int(time_s), usegmt=True)


def escape(text: str) -> str:
    return text.translate(_ESCAPES)


def quoted(text: str, safe: str = "/") -> str:
    """A text as it stands in a URL."""
    return quote(text, safe=safe, encoding="utf-8", errors="surrogateescape")


def _is_elsewhere(member: Any) -> bool:
    """Whether a member is not in the document but in the path, the query or a header."""
    return isinstance(member, dict) and "location" in member
