"""Signature version 2, as S3 still takes it in us-east-1: in a header, in the query, in a form.

SDKs presign with it where nobody asks for version 4 (boto3 and the command line do), so URLs made
unchanged need it. Source: S3 user guide, "Signing and authenticating REST requests".
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from urllib.parse import unquote_plus, unquote_to_bytes

from jedlik.api.errors import ApiError

from .authorization import SignedRequest
from .credentials import Credential

_SKEW_S = 15 * 60
_SUBRESOURCES = frozenset((
    "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "encryption",
    "inventory", "lifecycle", "location", "logging", "metrics", "notification", "object-lock",
    "legal-hold", "retention", "ownershipControls", "partNumber", "policy", "policyStatus",
    "publicAccessBlock", "replication", "requestPayment", "response-cache-control",
    "response-content-disposition", "response-content-encoding", "response-content-language",
    "response-content-type", "response-expires", "restore", "select", "select-type", "storageClass",
    "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class OldClaim:
    """access_key and signature as sent; date: what is signed in its place; expires_at: of a
    presigned request, epoch seconds."""

    access_key: str
    signature: str
    date: str
    expires_at: int | None
    token: str | None


def read_old_claim(request: SignedRequest) -> OldClaim | None:
    """None for a request that is not signed so. Raises ApiError."""
    header = request.header(b"authorization")
    token = request.header(b"x-amz-security-token")
    if header is not None:
        if not header.startswith(b"AWS "):
            return None
        access_key, _, signature = header[4:].decode("latin-1").strip().rpartition(":")
        # Whoever signs x-amz-date leaves the place of Date empty.
        dated = request.header(b"x-amz-date") is not None
        date = "" if dated else (request.header(b"date") or b"").decode("latin-1")
        return OldClaim(access_key, signature, date, None, _text(token))
    query = _query(request.query)
    if "AWSAccessKeyId" not in query or "Signature" not in query:
        return None
    expires = query.get("Expires", "")
    if not expires.isascii() or not expires.isdigit() or len(expires) > 12:
        raise ApiError("AccessDenied", f"Invalid date (should be seconds since epoch): {expires}",
                       status=403)  # fmt: skip
    sent = query.get("x-amz-security-token") or _text(token)
    return OldClaim(query["AWSAccessKeyId"], query["Signature"], expires, int(expires), sent)


def check_old_time(request: SignedRequest, claim: OldClaim, now: float) -> None:
    """Raises ApiError for what has expired or is too far from our time."""
    if claim.expires_at is not None:
        if now > claim.expires_at:
            raise ApiError("AccessDenied", "Request has expired", status=403)
        return
    text = (request.header(b"x-amz-date") or request.header(b"date") or b"").decode("latin-1")
    parsed = parsedate_tz(text)
    if parsed is None:
        raise ApiError(
            "AccessDenied",
            "AWS authentication requires a valid Date or x-amz-date header",
            status=403,
        )
    if abs(mktime_tz(parsed) - now) > _SKEW_S:
        raise ApiError(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            status=403,
        )


def old_text(
    request: SignedRequest, claim: OldClaim, headers: Mapping[bytes, bytes], bucket: str
) -> str:
    """The string to sign. bucket: the one in the host's name, "" if it is in the path."""
    amz = {
        name.decode("latin-1"): value.decode("latin-1").strip()
        for name, value in headers.items()
        if name.startswith(b"x-amz-")
    }
    if claim.expires_at is not None and claim.token is not None:
        amz.setdefault("x-amz-security-token", claim.token)
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(amz.items()))
    parameters = []
    for part in request.query.decode("latin-1").split("&"):
        name, equals, value = part.partition("=")
        name = unquote_plus(name)
        if name in _SUBRESOURCES:
            parameters.append((name, f"={unquote_plus(value)}" if equals and value else ""))
    resource = (f"/{bucket}" if bucket else "") + request.path.decode("latin-1")
    if parameters:
        resource += "?" + "&".join(name + value for name, value in sorted(parameters))
    md5 = _text(request.header(b"content-md5")) or ""
    kind = _text(request.header(b"content-type")) or ""
    method = request.method.decode("latin-1")
    return f"{method}\n{md5}\n{kind}\n{claim.date}\n{lines}{resource}"


def old_signature(credential: Credential, text: str) -> str:
    digest = hmac.digest(credential.secret.encode(), text.encode("latin-1", "replace"), "sha1")
    return b64encode(digest).decode()


def _query(query: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        found.setdefault(
            unquote_to_bytes(name).decode("latin-1"), unquote_to_bytes(value).decode("latin-1")
        )
    return found


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
