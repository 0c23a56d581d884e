"""Requests of every protocol from members that need not fit their shapes, and one connection.

Only what the wire needs is taken from the models: what things are called there. Signatures are not
real: an open server asks nothing of the keys that it does not know.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import struct
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from jedlik.api.members import is_flattened, member_shape, sent_name
from jedlik.api.model import ServiceModel, load_model
from tests.fuzz.mutations import TEXTS, Written

ANSWER_S_MAX = 120  # generous: other people may be at work on the machine
HEADERS = [
    "Range", "If-Match", "If-Modified-Since", "x-amz-acl", "x-amz-copy-source", "x-amz-tagging",
    "x-amz-copy-source-range", "x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm", "Expect",
    "x-amz-server-side-encryption", "x-amz-server-side-encryption-customer-key", "Content-MD5",
    "x-amz-object-lock-retain-until-date", "x-amz-grant-read", "x-amz-object-attributes", "Expires",
    "x-amz-decoded-content-length", "x-amz-trailer", "Content-Encoding", "Content-Type", "Origin",
    "x-amz-website-redirect-location", "x-amz-meta-a", "x-amz-date", "x-amz-mp-object-size",
]  # fmt: skip
HEADER_TEXTS = [text for text in TEXTS if len(text) < 1000 and "\n" not in text] + [
    "bytes=0-", "bytes=5-2", "bytes=0-0,2-3", "bytes=" + "9" * 30 + "-", '"a", W/"b"', "AES256",
    "aws-chunked", "gzip", "100-continue", "fuzz/k", "fuzz/k?versionId=x", "%zz", "a/%00", "CRC32",
    "Thu, 99 Jan 9999 00:00:00 GMT", "2050-01-01T00:00:00Z", 'id="x", uri=http://a', "ETag",
]  # fmt: skip
QUERY = [
    "acl", "tagging", "versionId", "partNumber", "uploadId", "uploads", "delete", "versioning",
    "versions", "list-type", "location", "cors", "lifecycle", "policy", "website", "encryption",
    "object-lock", "legal-hold", "retention", "attributes", "restore", "ownershipControls",
    "max-keys", "max-parts", "part-number-marker", "prefix", "delimiter", "key-marker", "inventory",
    "continuation-token", "encoding-type", "response-expires", "X-Amz-Signature", "X-Amz-Expires",
]  # fmt: skip
PATH_ENDS = ["/", "%00", "/%2e%2e/", "%", "%zz", "%ff", "//a", "%ed%a0%80", "/" + "k" * 1025]
HASH, UNSIGNED = "x-amz-content-sha256", "UNSIGNED-PAYLOAD"
CHUNKED = ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]
STREAMS = {"SubscribeToShard", "StartLiveTail", "SelectObjectContent"}
SIGNING = {"cloudwatch": "monitoring", "dynamodbstreams": "dynamodb"}
MODELS = {"application-autoscaling": "applicationautoscaling"}


class CborBytes(bytes):
    """An item of CBOR as it is written."""


OF_CBOR = [
    CborBytes.fromhex(item)
    for item in (
        "f7", "f97e00", "fb7ff0000000000000", "f9fc00", "c1fb7ff8000000000000", "c11b" + "ff" * 8,
        "c16161", "1b" + "ff" * 8, "3b" + "ff" * 8, "c249010000000000000000", "c2587f" + "ff" * 127,
        "c259ffff" + "ff" * 65535, "c4820102", "5f41614162ff", "9f01ff", "bf616101ff", "ff", "1c",
        "a10102", "a2616101616102", "63eda080", "9b" + "ff" * 8, "81" * 500 + "01",
    )
]  # fmt: skip


@dataclass
class Sent:
    method: str = "POST"
    path: str = "/"
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def encoded(protocol: str, service: str, operation: str, members: dict[str, Any]) -> Sent:
    """protocol: "json", "cbor" (Java's), "rpc", "query" or "rest"."""
    model = load_model(MODELS.get(service, service))
    if protocol == "rest":
        return _rest(model, operation, members)
    if protocol == "query":
        form = [("Action", operation), ("Version", model.metadata["apiVersion"])]
        shape = model.operations[operation].get("input")
        _form(form, model, shape, members, "")
        kind = "application/x-www-form-urlencoded"
        return Sent(headers=[("Content-Type", kind)], body=_joined(form).encode())
    prefix = model.metadata["targetPrefix"]
    if protocol == "rpc":
        headers = [("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor")]
        path = f"/service/{prefix}/operation/{operation}"
        return Sent(path=path, headers=headers, body=_cbor(members))
    kind = "json" if protocol == "json" else "cbor"
    headers = [
        ("X-Amz-Target", f"{prefix}.{operation}"),
        ("Content-Type", f"application/x-amz-{kind}-1.1"),
    ]
    body = _json(members).encode("utf-8", "surrogatepass") if kind == "json" else _cbor(members)
    return Sent(headers=headers, body=body)


def disturb(r: Random, sent: Sent) -> None:
    """What only a request by paths, queries and headers can have wrong."""
    for _ in range(r.choice([1, 1, 2])):
        match r.randrange(6):
            case 0:
                sent.query.append((r.choice(QUERY), r.choice(["", "0", "-1", *TEXTS[:30]])))
            case 1:
                sent.headers.append((r.choice(HEADERS), r.choice(HEADER_TEXTS)))
            case 2 if sent.headers:
                name, _ = sent.headers.pop(r.randrange(len(sent.headers)))
                sent.headers.append((name, r.choice(HEADER_TEXTS)))
            case 3:
                sent.method = r.choice(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "FOO"])
            case 4:
                sent.path += r.choice(PATH_ENDS)
            case _:
                sent.headers += [
                    (HASH, r.choice(CHUNKED)),
                    ("Content-Encoding", "aws-chunked"),
                    ("x-amz-decoded-content-length", r.choice([str(len(sent.body)), "-1", "x"])),
                ]
                sent.body = r.choice([_chunks(sent.body), _chunks(sent.body)[:-3], b"zz\r\n", b""])


class Connection:
    """Raises OSError or HTTPException where there is no answer."""

    def __init__(self, endpoint: str) -> None:
        self._host = urlsplit(endpoint).netloc
        self._socket: socket.socket | None = None

    def ask(self, service: str, operation: str, sent: Sent) -> tuple[int, bytes]:
        """Status and body; of an answer that may go on for minutes no body."""
        name = SIGNING.get(service, service)
        target = sent.path + ("?" + _joined(sent.query) if sent.query else "")
        scope = f"AKIAFUZZ/20260101/us-east-1/{name}/aws4_request"
        lines = [
            f"{sent.method} {target} HTTP/1.1",
            f"Host: {self._host}",
            "X-Amz-Date: 20260101T000000Z",
            *(() if any(name == HASH for name, _ in sent.headers) else (f"{HASH}: {UNSIGNED}",)),
            f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, "
            f"Signature={'0' * 64}",
            *(f"{key}: {value}" for key, value in sent.headers),
            f"Content-Length: {len(sent.body)}",
            "",
            "",
        ]
        data = "\r\n".join(lines).encode("utf-8", "surrogatepass") + sent.body
        return self._exchanged(data, sent.method, operation in STREAMS)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchanged(self, data: bytes, method: str, streams: bool) -> tuple[int, bytes]:
        if self._socket is None:
            name, _, port = self._host.rpartition(":")
            self._socket = socket.create_connection((name, int(port)), ANSWER_S_MAX)
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it was read: the answer is there
        answer = http.client.HTTPResponse(self._socket, method=method)
        answer.begin()
        body = b"" if streams and answer.status == 200 else answer.read()
        closes = answer.will_close or (streams and answer.status == 200)
        answer.close()
        if closes:
            self.close()
        return answer.status, body


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "&".join("=".join(quote(part.encode("utf-8", "surrogatepass"), safe="") for part in pair)
                    for pair in pairs)  # fmt: skip


def _json(value: Any) -> str:
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(each) for each in value) + "]"
    if isinstance(value, bytes):
        return json.dumps(base64.b64encode(value).decode())
    return json.dumps(value)


def _cbor(value: Any) -> bytes:
    if isinstance(value, CborBytes):
        return bytes(value)
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int) and -(2**64) <= value < 2**64:
        return _cbor_head(0, value) if value >= 0 else _cbor_head(1, -1 - value)
    if isinstance(value, int):
        data = abs(value).to_bytes((value.bit_length() + 7) // 8, "big")
        return (b"\xc2" if value > 0 else b"\xc3") + _cbor(data)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return _cbor_head(2, len(value)) + value
    if isinstance(value, dict):
        pairs = b"".join(_cbor(str(key)) + _cbor(each) for key, each in value.items())
        return _cbor_head(5, len(value)) + pairs
    if isinstance(value, list):
        return _cbor_head(4, len(value)) + b"".join(_cbor(each) for each in value)
    text = str(value).encode("utf-8", "surrogatepass")
    return _cbor_head(3, len(text)) + text


def _cbor_head(major: int, number: int) -> bytes:
    return bytes([major << 5 | 27]) + number.to_bytes(8, "big")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return "" if value is None else str(value)


def _inner(model: ServiceModel, member: Any) -> tuple[str, dict[str, Any]]:
    """The name of a member's shape, and the shape; nothing where there is no such member."""
    name = "" if member is None else member_shape(member)
    return name, dict(model.shapes.get(name, {}))


def _form(
    form: list[tuple[str, str]], model: ServiceModel, member: Any, value: Any, at: str
) -> None:
    _, shape = _inner(model, member)
    flat = member is not None and is_flattened(shape, member)
    if isinstance(value, dict) and shape.get("type") == "map":
        for number, (key, each) in enumerate(value.items(), 1):
            place = f"{at}.{number}" if flat else f"{at}.entry.{number}"
            form.append((f"{place}.{sent_name(shape['key'], 'key')}", _text(key)))
            name = sent_name(shape["value"], "value")
            _form(form, model, shape["value"], each, f"{place}.{name}")
    elif isinstance(value, dict):
        members = shape.get("members", {})
        for key, each in value.items():
            name = sent_name(members.get(key, ""), str(key))
            _form(form, model, members.get(key), each, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        item = shape.get("member")
        place = at if flat else f"{at}.{sent_name(item or '', 'member')}"
        for number, each in enumerate(value, 1):
            _form(form, model, item, each, f"{place}.{number}")
    else:
        form.append((at, _text(value)))


def _rest(model: ServiceModel, operation: str, members: dict[str, Any]) -> Sent:
    described = model.operations[operation]
    path, _, query = described["http"]["requestUri"].partition("?")
    sent = Sent(described["http"]["method"])
    sent.query = [(name, value) for name, _, value in (q.partition("=") for q in query.split("&"))]
    sent.query = [pair for pair in sent.query if pair[0]]
    name, shape = _inner(model, described.get("input"))
    labels, below = {"Bucket": "", "Key": ""}, {}
    for key, value in members.items():
        member = shape.get("members", {}).get(key, "")
        place = member.get("location") if isinstance(member, dict) else None
        told = sent_name(member, key)
        text = _text(value).replace("\r", " ").replace("\n", " ")
        if place == "uri":
            labels[told] = text
        elif place == "querystring":
            sent.query.append((told, text))
        elif place == "header":
            sent.headers.append((told, text))
        elif place == "headers" and isinstance(value, dict):
            sent.headers += [(f"{told}a", each) for each in HEADER_TEXTS[: len(value)]]
        else:
            below[key] = value
    for label, text in labels.items():
        quoted = quote(text.encode("utf-8", "surrogatepass"), safe="/~")
        path = path.replace(f"{{{label}}}", quoted).replace(f"{{{label}+}}", quoted)
    sent.path = path
    payload = shape.get("payload")
    value = below.get(payload) if payload else below
    if isinstance(value, bytes) or (payload and _inner(model, shape["members"][payload])[1]["type"]
                                    in ("blob", "string")):  # fmt: skip
        sent.body = value if isinstance(value, bytes) else _text(value).encode("utf-8", "replace")
    elif value:
        member = shape["members"][payload] if payload else name
        root = sent_name(member, payload) if payload else name
        sent.body = _xml(model, member, value, root).encode("utf-8", "surrogatepass")
    return sent


def _xml(model: ServiceModel, member: Any, value: Any, tag: str) -> str:
    _, shape = _inner(model, member)
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, dict):
        members = shape.get("members", {})
        inside = [
            _xml(model, members.get(key), each, sent_name(members.get(key, ""), str(key)))
            for key, each in value.items()
        ]
        return f"<{tag}>{''.join(inside)}</{tag}>"
    if isinstance(value, list):
        item = shape.get("member")
        flat = member is not None and is_flattened(shape, member)
        name = tag if flat else sent_name(item or "", "member")
        inside = [_xml(model, item, each, name) for each in value]
        return "".join(inside) if flat else f"<{tag}>{''.join(inside)}</{tag}>"
    return f"<{tag}>{escape(_text(value))}</{tag}>"


def _chunks(body: bytes) -> bytes:
    """A body as S3's clients send it in chunks, signed by nobody."""
    signature = f";chunk-signature={'0' * 64}\r\n".encode()
    return b"%x%b%b\r\n0%b\r\n" % (len(body), signature, body, signature)
