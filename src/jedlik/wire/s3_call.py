"""A request to S3 as far as it was understood, and refusals of it as S3 writes them."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from typing import Any
from urllib.parse import unquote_to_bytes

from jedlik.api.errors import ApiError
from jedlik.net import Reply, Request

from . import xml
from .rest_xml import BadInput
from .s3_claims import HOST

# How S3 writes what policies refuse: the resource in quotes.
_RESOURCE = re.compile(r"( on resource: )(.*?)(?= because no | with an explicit deny |$)", re.S)
_HOISTED = "x-amz-"
_SIGNATURE = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires",
              "x-amz-signature", "x-amz-signedheaders")  # fmt: skip
# Checksums of the bytes hold as headers alone (aws/aws-sdk#480): SDKs presign those of no bytes.
_HEADERS_ALONE = {
    "x-amz-sdk-checksum-algorithm",
    *(f"x-amz-checksum-{name}" for name in ("crc32", "crc32c", "crc64nvme", "sha1", "sha256")),
}


class Call:
    """A request as far as it was understood."""

    def __init__(self, request: Request, request_id: str) -> None:
        self.request = request
        self.request_id = request_id
        self.operation = ""
        self.method = request.method.decode("latin-1")
        self.headers = {
            name.decode("latin-1"): _header_text(value) for name, value in request.headers.items()
        }
        self.query = _query(request.query)
        if "X-Amz-Signature" in self.query:
            # A presigned request may carry in its query what is a header otherwise.
            for name, value in self.query.items():
                low = name.lower()
                if low.startswith(_HOISTED) and low not in _SIGNATURE and low not in _HEADERS_ALONE:
                    self.headers.setdefault(low, value)
        # A plus is a space to S3 in paths as well, so that keys' own come as %2B.
        path = _text(request.path.replace(b"+", b" "))
        host = self.headers.get("host", "")
        found = HOST.fullmatch(host)
        self.hosted = found is not None and not host.lower().startswith("s3.")
        if found is not None and self.hosted:
            self.bucket, self.key = found[1], path[1:]
        else:
            self.bucket, _, self.key = path[1:].partition("/")

    @property
    def is_text(self) -> bool:
        """Whether path and query are UTF-8 where they are escaped."""
        return not any(
            _is_broken(text) for text in (self.bucket, self.key, *self.query, *self.query.values())
        )

    @property
    def depth(self) -> int:
        return 2 if self.key else 1 if self.bucket else 0

    @property
    def labels(self) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.key}


def _query(query: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in query.split(b"&"):
        if part:
            name, _, value = part.replace(b"+", b" ").partition(b"=")
            found.setdefault(_text(name), _text(value))
    return found


def _text(escaped: bytes) -> str:
    return unquote_to_bytes(escaped).decode("utf-8", "surrogateescape")


def _is_broken(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text)


def _header_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def header_lines(headers: Any) -> str:
    """Header lines; what could end a line early is taken out."""
    found = ""
    for name, value in headers:
        safe = value.replace("\r", " ").replace("\n", " ").replace("\0", " ")
        found += f"{name}: {safe}\r\n"
    return found


def without_length(lines: str) -> str:
    return re.sub(r"(?mi)^content-length: .*\r\n", "", lines)


def host_id(call: Call) -> str:
    return b64encode(hashlib.sha256(call.request_id.encode()).digest()).decode()


def first_lines(call: Call) -> str:
    return f"x-amz-request-id: {call.request_id}\r\nx-amz-id-2: {host_id(call)}\r\n"


def not_allowed(call: Call) -> ApiError:
    if call.method == "POST" and call.depth == 1:
        return ApiError(
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
            status=412,
            fields={"Condition": "Bucket POST must be of the enclosure-type multipart/form-data"},
        )
    return ApiError(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        status=405,
        fields={"Method": call.method, "ResourceType": ("SERVICE", "BUCKET", "OBJECT")[call.depth]},
    )


def no_length(*, chunked: bool) -> ApiError:
    """Nobody says how long an object is. chunked: that of HTTP itself, which S3 does not take."""
    if chunked:
        return ApiError(
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
            status=501,
            fields={"Header": "Transfer-Encoding"},
        )
    return ApiError(
        "MissingContentLength", "You must provide the Content-Length HTTP header.", status=411
    )


def bad_list_type(call: Call) -> ApiError:
    """The second version is the only one that has a number."""
    return ApiError(
        "InvalidArgument",
        "Invalid List Type specified in Request",
        fields={"ArgumentName": "list-type", "ArgumentValue": call.query["list-type"]},
    )


def quoting(message: str | None) -> str:
    return _RESOURCE.sub(r'\1"\2"', message or "")


def denied() -> ApiError:
    return ApiError("AccessDenied", "Access Denied", status=403)


def bad_uri(call: Call) -> ApiError:
    uri = call.request.target.decode("latin-1")
    return ApiError("InvalidURI", "Couldn't parse the specified URI.", fields={"URI": uri})


def bad_input(bad: BadInput) -> ApiError:
    return ApiError(
        "InvalidArgument",
        f"Provided {bad.name} not an integer or within integer range",
        fields={"ArgumentName": bad.name, "ArgumentValue": bad.value},
    )


def refused(call: Call, refusal: ApiError) -> Reply:
    """An error as S3 writes it."""
    lines = first_lines(call) + header_lines(getattr(refusal, "headers", {}).items())
    code = "InternalError" if refusal.code == "InternalServerError" else refusal.code
    status = refusal.status
    if status == 304:
        return Reply(status, lines)
    if call.method == "HEAD":
        return Reply(status, lines + "Content-Type: application/xml\r\n")
    inside = (
        f"<Code>{xml.escape(code)}</Code><Message>{xml.escape(refusal.message or '')}</Message>"
    )
    for name, value in refusal.fields.items():
        inside += f"<{name}>{xml.escape(str(value))}</{name}>"
    inside += f"<RequestId>{call.request_id}</RequestId><HostId>{host_id(call)}</HostId>"
    body = f"{xml.HEAD}<Error>{inside}</Error>".encode("utf-8", "replace")
    return Reply(status, lines + "Content-Type: application/xml\r\n", body)
