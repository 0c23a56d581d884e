"""Requests to S3 as they are on the wire, for what no SDK would send or show."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conftest import ACCESS_KEY, SECRET_KEY


def send(
    endpoint: str | None,
    method: str,
    path: str,
    region: str | None = "us-east-1",
    *,
    host: str = "",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    chunks: list[bytes] | None = None,
) -> tuple[int, dict[str, str], str]:
    """One request as it is; region: None signs nothing. body is signed, chunks are not."""
    if endpoint is None:
        pytest.skip("looks at the bytes of our own answers")
    address = urlsplit(endpoint).netloc
    url = f"http://{host or address}{path}"
    request = AWSRequest(method, url, headers=headers or {}, data=body)
    if region is not None:
        request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
        S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", region).add_auth(request)
    request.headers["Host"] = host or address
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request(
            method, path, iter(chunks) if chunks else body, dict(request.headers.items()),
            encode_chunked=chunks is not None,
        )  # fmt: skip
        answer = connection.getresponse()
        lines = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, lines, answer.read().decode()
    finally:
        connection.close()
