"""Which requests are S3's: told from their heads, before anything of S3 has to be there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jedlik.net import Request

TERMINATOR = b"aws4_request"
SCOPE = b"/s3/aws4_request"
HOST = re.compile(r"(.+?)\.(?:s3[.-].*|s3|localhost)(?::\d+)?", re.I)
METHODS = (b"GET", b"HEAD", b"PUT", b"POST", b"DELETE", b"OPTIONS", b"PATCH")


def claims(request: Request) -> bool:
    """Whether a request that is no other service's is meant for S3."""
    if request.method not in METHODS or request.header(b"x-amz-target") is not None:
        return False
    authorization = request.header(b"authorization")
    if authorization is not None:
        if not authorization.startswith(b"AWS4-"):
            return authorization.startswith(b"AWS ") or request.path != b"/"
        return SCOPE in authorization
    query = request.query
    if b"X-Amz-Credential=" in query:
        if TERMINATOR in query:
            return b"%2Fs3%2F" in query or SCOPE in query or b"%2fs3%2f" in query
    if request.path != b"/":
        return True
    host = (request.header(b"host") or b"").decode("latin-1")
    return HOST.fullmatch(host) is not None and not host.lower().startswith("s3.")


def streams_body(method: bytes, target: bytes, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a body is read while it comes: all that may be an object's, or a browser's form."""
    if b"x-amz-target" in headers or target.startswith(b"/_jedlik/"):
        return False
    authorization = headers.get(b"authorization", b"")
    if authorization.startswith(b"AWS4-") and SCOPE not in authorization:
        return False
    if method == b"PUT":
        return True
    kind = headers.get(b"content-type", b"").lower()
    return method == b"POST" and (kind.startswith(b"multipart/form-data") or SCOPE in authorization)
