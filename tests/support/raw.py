"""Send one signed request as bytes, without an SDK, and see the answer as bytes.

The SDKs check and reshape what they send and hide how an error was written; these tests are about
just that. One connection is kept open; not for use by several threads at once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"
TARGET_PREFIX = "DynamoDB_20120810"
TIMEOUT_S = 30


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body; None where it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def error(self) -> str | None:
        """The error code without its namespace, None for a success."""
        body = self.json
        if self.status == 200 or not isinstance(body, dict):
            return None
        return str(body.get("__type", "")).rpartition("#")[2]

    @property
    def message(self) -> str | None:
        body = self.json
        if not isinstance(body, dict):
            return None
        return body.get("message", body.get("Message"))


class Raw:
    """A client of one endpoint. Raises OSError when it does not answer."""

    def __init__(
        self,
        endpoint: str,
        *,
        access_key: str = ACCESS_KEY,
        secret_key: str = SECRET_KEY,
        region: str = REGION,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.host = urlsplit(endpoint).netloc
        self.access_key = access_key
        self.secret_key = secret_key
        self.region = region
        self.timeout_s = timeout_s
        self.socket: socket.socket | None = None

    def call(self, operation: str, body: Any, **headers: str) -> Answer:
        """POST `body` (bytes as they are, anything else as JSON) to `operation`."""
        sent, signed = self._signed(operation, body)
        return self.post(sent, {**signed, **headers})

    def once(self, operation: str, body: Any) -> Answer:
        """As `call`, but never sent a second time. Raises OSError."""
        sent, signed = self._signed(operation, body)
        return self._post(sent, signed, "/")

    def _signed(self, operation: str, body: Any) -> tuple[bytes, dict[str, str]]:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = sign(
            self.host,
            operation,
            sent,
            access_key=self.access_key,
            secret_key=self.secret_key,
            region=self.region,
        )
        return sent, headers

    def post(self, body: bytes, headers: dict[str, str], path: str = "/") -> Answer:
        """POST with just these headers (and Content-Length)."""
        was_open = self.socket is not None
        try:
            return self._post(body, headers, path)
        except TimeoutError:
            raise
        except OSError:
            # The server may have closed an idle connection; a second failure is real.
            if not was_open:
                raise
            return self._post(body, headers, path)

    def _post(self, body: bytes, headers: dict[str, str], path: str) -> Answer:
        """Send, and read one answer. Not http.client, which takes a millisecond for it."""
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
        try:
            if self.socket is None:
                name, _, port = self.host.rpartition(":")
                self.socket = socket.create_connection((name, int(port)), self.timeout_s)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(head.encode() + body)
            return self._answer(self.socket)
        except OSError:
            self.close()
            raise

    def _answer(self, connection: socket.socket) -> Answer:
        data = b""
        while b"\r\n\r\n" not in data:
            data += _received(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        if headers.get("transfer-encoding") == "chunked":
            body = _unchunked(connection, body)
        else:
            length = int(headers.get("content-length", 0))
            parts, have = [body], len(body)
            while have < length:
                parts.append(_received(connection))
                have += len(parts[-1])
            body = b"".join(parts)
        if headers.get("connection") == "close":
            self.close()
        return Answer(int(first.split(" ", 2)[1]), headers, body)

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def _unchunked(connection: socket.socket, data: bytes) -> bytes:
    """A body in chunks, of which `data` is the beginning."""
    body = b""
    while True:
        while b"\r\n" not in data:
            data += _received(connection)
        line, _, data = data.partition(b"\r\n")
        size = int(line.split(b";")[0], 16)
        while len(data) < size + 2:
            data += _received(connection)
        body, data = body + data[:size], data[size + 2 :]
        if not size:
            return body


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 18)
    if not data:
        raise ConnectionError("closed without a whole answer")
    return data


def sign(
    host: str,
    operation: str,
    body: bytes,
    *,
    access_key: str = ACCESS_KEY,
    secret_key: str = SECRET_KEY,
    region: str = REGION,
    now: float | None = None,
    prefix: str = TARGET_PREFIX,
) -> dict[str, str]:
    """The headers of a signed awsJson 1.0 request to `/`, in the order boto3 sends them."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    scope = f"{stamp[:8]}/{region}/dynamodb/aws4_request"
    digest = hashlib.sha256(body).hexdigest()
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "host": host,
        "x-amz-date": stamp,
        "x-amz-target": f"{prefix}.{operation}",
    }
    names = ";".join(headers)
    canonical = "\n".join(
        ["POST", "/", "", *(f"{k}:{v}" for k, v in headers.items()), "", names, digest]
    )
    to_sign = "\n".join(
        ["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = b"AWS4" + secret_key.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return {
        "Host": host,
        "X-Amz-Target": headers["x-amz-target"],
        "Content-Type": headers["content-type"],
        "X-Amz-Date": stamp,
        "Authorization": (
            f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        ),
    }
