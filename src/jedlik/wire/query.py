"""The AWS query protocol: requests as forms (POST, or GET with Action=), answers as XML.

    Action=CreateUser&Version=2010-05-08&UserName=a&Tags.member.1.Key=k&Tags.member.1.Value=v

A service is chosen by Version, an operation by Action. Decoded input is what the same operation
would be given by JSON: blobs stay base64 text, timestamps are epoch seconds. Pure functions of the
service models; query_service.py, the way of a request, calls them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

from jedlik.api.errors import ApiError
from jedlik.api.members import is_flattened, member_shape, sent_name
from jedlik.api.model import ServiceModel

FORM = b"application/x-www-form-urlencoded"
XML_TYPE = b"text/xml"
DEPTH_MAX = 20
PARAMETERS_MAX = 20_000

# How the errors that every AWS service shares are called in this protocol, with their status.
# Source: "Common Errors" of the IAM and STS API references.
SHARED_CODES = {
    "AccessDeniedException": ("AccessDenied", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "InternalServerError": ("InternalFailure", 500),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "SerializationException": ("MalformedInput", 400),
    "ThrottlingException": ("Throttling", 400),
    "UnknownOperationException": ("InvalidAction", 400),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
    "ValidationException": ("ValidationError", 400),
}

_WHOLE = re.compile("[+-]?[0-9]+")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Shapes = Mapping[str, Mapping[str, Any]]
Node = dict[str, Any]  # of names to nodes, and texts at the leaves


def read_form(text: bytes) -> dict[str, str]:
    """The parameters of a form; of a repeated one, the first. Raises ApiError."""
    if text.count(b"&") >= PARAMETERS_MAX:
        raise malformed("Too many parameters")  # Unverified, like its limit.
    found: dict[str, str] = {}
    for part in text.decode("latin-1").split("&"):
        if part:
            name, _, value = part.partition("=")
            found.setdefault(_text(name), _text(value))
    return found


def malformed(message: str) -> ApiError:
    return ApiError("MalformedInput", message)


def invalid_action(action: str, version: str) -> ApiError:
    return ApiError(
        "InvalidAction",
        f"Could not find operation {action} for version {version or 'NO_VERSION_SPECIFIED'}",
    )


def read_input(shapes: Shapes, name: str | None, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The input structure that a form's parameters describe. Raises ApiError.

    Unknown parameters are left out, as AWS does.
    """
    if name is None:
        return {}
    return _structure(shapes, name, _tree(parameters))


def _text(escaped: str) -> str:
    # Form bytes came through latin-1, so that unquote sees exactly the bytes that were sent.
    return unquote_plus(escaped, "utf-8", "replace")


def _tree(parameters: Mapping[str, str]) -> Node:
    root: Node = {}
    for key, value in parameters.items():
        parts = key.split(".")
        if len(parts) > DEPTH_MAX:
            continue
        node = root
        for part in parts[:-1]:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                below = node[part] = {}
            node = below
        node.setdefault(parts[-1], value)
    return root


def _read(shapes: Shapes, member: Any, node: Any) -> Any:
    name = member_shape(member)
    shape = shapes[name]
    kind = shape["type"]
    if kind == "structure":
        return _structure(shapes, name, node if isinstance(node, dict) else {})
    if kind == "list":
        return _list(shapes, shape, member, node)
    if kind == "map":
        return _map(shapes, shape, member, node)
    return _scalar(kind, node)


def _structure(shapes: Shapes, name: str, node: Node) -> dict[str, Any]:
    found = {}
    for key, member in shapes[name].get("members", {}).items():
        below = node.get(sent_name(member, key))
        if below is not None:
            found[key] = _read(shapes, member, below)
    return found


def _list(shapes: Shapes, shape: Mapping[str, Any], member: Any, node: Any) -> list[Any]:
    if not isinstance(node, dict):
        return []  # "Names=": an empty list
    item = shape["member"]
    if not is_flattened(shape, member):
        node = node.get(sent_name(item, "member"), {})
        if not isinstance(node, dict):
            return []
    return [_read(shapes, item, below) for below in _numbered(node)]


def _map(shapes: Shapes, shape: Mapping[str, Any], member: Any, node: Any) -> dict[str, Any]:
    if not isinstance(node, dict):
        return {}
    if not is_flattened(shape, member):
        node = node.get("entry", {})
    key_name, value_name = sent_name(shape["key"], "key"), sent_name(shape["value"], "value")
    found = {}
    for entry in _numbered(node if isinstance(node, dict) else {}):
        if isinstance(entry, dict) and isinstance(entry.get(key_name), str):
            found[entry[key_name]] = _read(shapes, shape["value"], entry.get(value_name, ""))
    return found


def _numbered(node: Node) -> Iterator[Any]:
    numbers = sorted(int(key) for key in node if key.isascii() and key.isdigit() and len(key) < 8)
    for number in numbers:
        below = node.get(str(number))
        if below is not None:
            yield below


def _scalar(kind: str, node: Any) -> Any:
    """Unverified: AWS's words for texts that are no number, boolean or date."""
    text = node if isinstance(node, str) else ""
    if kind in ("string", "blob"):
        return text
    try:
        if kind in ("integer", "long") and _WHOLE.fullmatch(text):
            return int(text)
        if kind in ("double", "float"):
            return float(text)
        if kind == "timestamp":
            return _epoch_seconds(text)
    except (ValueError, OverflowError):
        raise malformed(f"Invalid value '{text[:100]}'") from None
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise malformed(f"Invalid value '{text[:100]}'")


def _epoch_seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


# Answers


def write_answer(
    model: ServiceModel, operation: str, answer: Mapping[str, Any], request_id: str
) -> bytes:
    """`<XResponse xmlns="…"><XResult>…</XResult><ResponseMetadata>…</ResponseMetadata></…>`"""
    declared = model.operations[operation]
    out = [f'<{operation}Response xmlns="{model.metadata.get("xmlNamespace", "")}">\n']
    if declared.get("output"):
        wrapper = declared.get("resultWrapper", f"{operation}Result")
        out.append(f"  <{wrapper}>")
        _write_structure(out, model.shapes, declared["output"], answer)
        out.append(f"</{wrapper}>\n")
    out.append(
        f"  <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n"
        f"</{operation}Response>\n"
    )
    return "".join(out).encode("utf-8", "replace")


def write_refusal(refusal: ApiError, model: ServiceModel | None, request_id: str) -> bytes:
    """`<ErrorResponse>` with type, code and message; see also `status_of`."""
    code, status = told(refusal, model)
    namespace = model.metadata.get("xmlNamespace", "") if model else ""
    attribute = f' xmlns="{namespace}"' if namespace else ""
    message = "" if refusal.message is None else f"<Message>{_xml(refusal.message)}</Message>\n    "
    return (
        f"<ErrorResponse{attribute}>\n  <Error>\n"
        f"    <Type>{'Sender' if status < 500 else 'Receiver'}</Type>\n"
        f"    <Code>{_xml(code)}</Code>\n    {message}</Error>\n"
        f"  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n"
    ).encode("utf-8", "replace")


def told(refusal: ApiError, model: ServiceModel | None) -> tuple[str, int]:
    """Code and status of a refusal in this protocol: what the model says of the error, if it is one
    of the service's, else what the shared ones are called here."""
    shape = model.shapes.get(refusal.code) if model else None
    if shape is not None and shape.get("exception"):
        error = shape.get("error", {})
        return error.get("code", refusal.code), error.get("httpStatusCode", refusal.status)
    return SHARED_CODES.get(refusal.code, (refusal.code, refusal.status))


def _write_structure(out: list[str], shapes: Shapes, name: str, value: Mapping[str, Any]) -> None:
    for key, member in shapes[name].get("members", {}).items():
        below = value.get(key)
        if below is not None:
            _write(out, shapes, member, sent_name(member, key), below)


def _write(out: list[str], shapes: Shapes, member: Any, tag: str, value: Any) -> None:
    name = member_shape(member)
    shape = shapes[name]
    kind = shape["type"]
    if kind == "list":
        _write_list(out, shapes, shape, member, tag, value)
    elif kind == "map":
        _write_map(out, shapes, shape, member, tag, value)
    elif kind == "structure":
        out.append(f"<{tag}>")
        _write_structure(out, shapes, name, value)
        out.append(f"</{tag}>")
    else:
        out.append(f"<{tag}>{_printed(kind, value)}</{tag}>")


def _write_list(
    out: list[str], shapes: Shapes, shape: Mapping[str, Any], member: Any, tag: str, value: Any
) -> None:
    item = shape["member"]
    if is_flattened(shape, member):
        for each in value:
            _write(out, shapes, item, tag, each)
        return
    out.append(f"<{tag}>")
    inner = sent_name(item, "member")
    for each in value:
        _write(out, shapes, item, inner, each)
    out.append(f"</{tag}>")


def _write_map(
    out: list[str], shapes: Shapes, shape: Mapping[str, Any], member: Any, tag: str, value: Any
) -> None:
    flattened = is_flattened(shape, member)
    entry = tag if flattened else "entry"
    if not flattened:
        out.append(f"<{tag}>")
    for key, each in value.items():
        out.append(f"<{entry}>")
        _write(out, shapes, shape["key"], sent_name(shape["key"], "key"), key)
        _write(out, shapes, shape["value"], sent_name(shape["value"], "value"), each)
        out.append(f"</{entry}>")
    if not flattened:
        out.append(f"</{tag}>")


def _printed(kind: str, value: Any) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp" and not isinstance(value, str):
        return date_time(value)
    return _xml(value if isinstance(value, str) else str(value))


def date_time(seconds: float) -> str:
    """Epoch seconds as "2026-11-22T03:18:18Z", as IAM and STS write times."""
    whole = datetime.fromtimestamp(int(seconds), UTC)
    return whole.strftime("%Y-%m-%dT%H:%M:%SZ")


def _xml(text: str) -> str:
    """Escaped; carriage returns too, which a reader of XML would make newlines."""
    return escape(_NOT_XML.sub("\ufffd", text), {'"': "&quot;", "\r": "&#xD;"})
