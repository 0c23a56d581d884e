"""Requests signed by botocore, as bytes on the wire; each part can be tampered with."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass, field
from unittest import mock
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

BODY = b'{"TableName":"t","Key":{"pk":{"S":"who"}}}'
JSON_1_0 = "application/x-amz-json-1.0"


@dataclass
class Signed:
    """A request's parts after signing, in the order of sending."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    extra: list[bytes] = field(default_factory=list)

    def bytes(self) -> bytes:
        lines = [f"{name}: {value}".encode("latin-1") for name, value in self.headers.items()]
        lines += self.extra
        head = b"\r\n".join([f"{self.method} {self.target} HTTP/1.1".encode(), *lines])
        return head + b"\r\n\r\n" + self.body


def sign(
    *,
    key: str = "jedlik",
    secret: str = "jedlik",
    token: str | None = None,
    region: str = "us-east-1",
    service: str = "dynamodb",
    operation: str = "DynamoDB_20120810.GetItem",
    body: bytes = BODY,
    host: str = "127.0.0.1:8000",
    path: str = "/",
    method: str = "POST",
    headers: dict[str, str] | None = None,
    time_s: float | None = None,
    presigned_s: int | None = None,
) -> Signed:
    """Sign with botocore.

    time_s: when, in epoch seconds. presigned_s: sign in the query, to be good for so long.
    """
    request = AWSRequest(
        method,
        f"http://{host}{path}",
        headers={"X-Amz-Target": operation, "Content-Type": JSON_1_0, **(headers or {})},
        data=body if presigned_s is None else b"",  # botocore would move it to the query
    )
    credentials = Credentials(key, secret, token)
    if presigned_s is None:
        auth = SigV4Auth(credentials, service, region)
    else:
        auth = SigV4QueryAuth(credentials, service, region, expires=presigned_s)
        auth.payload = lambda request: hashlib.sha256(body).hexdigest()
    at = datetime.datetime.now(datetime.UTC)
    if time_s is not None:
        at = datetime.datetime.fromtimestamp(time_s, datetime.UTC)
    with mock.patch("botocore.auth.get_current_datetime", return_value=at):
        auth.add_auth(request)
    url = urlsplit(request.url)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    sent = {
        "Host": host,
        **dict(request.headers.items()),
        "Content-Length": str(len(body)),
    }
    return Signed(method, target, sent, body)
