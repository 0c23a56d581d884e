"""Reading what a request says about its own signature: the Authorization header, or the query.

Gives one frozen `Claim`, or the refusal that AWS gives to what is incomplete. Nothing is verified
here and nothing looked up.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz
from typing import Protocol
from urllib.parse import unquote_plus

from msgspec import Struct

from . import errors

_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")
_EXPIRY_MAX_S = 7 * 24 * 3600
_HEADER_PARTS = ("Credential", "Signature", "SignedHeaders")
_QUERY_PARTS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
)


class SignedRequest(Protocol):
    """What authentication needs to see of a request; `net.Request` is one."""

    @property
    def method(self) -> bytes: ...
    @property
    def path(self) -> bytes: ...
    @property
    def query(self) -> bytes: ...
    @property
    def body_sent(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[bytes, bytes]: ...
    def header(self, name: bytes) -> bytes | None: ...


class Claim(Struct, frozen=True):
    """A request's signature and what it says it covers.

    date: "20261122T003000Z", and the same as time_s. expires_s: how long a presigned request is
    good for, None for a signature in the header.
    """

    access_key: str
    day: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str
    date: str
    time_s: int
    token: str | None
    expires_s: int | None

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/{self.terminator}"


def read_claim(request: SignedRequest) -> Claim:
    """Raises ApiError: MissingAuthenticationToken, IncompleteSignature, InvalidSignature."""
    header = request.header(b"authorization")
    query = _query(request.query) if request.query else {}
    in_query = "X-Amz-Algorithm" in query
    if header is not None and in_query:
        raise errors.two_signatures()
    if header is not None and header[:5] == b"AWS4-":
        return _from_header(header.decode("latin-1"), request)
    if in_query:
        return _from_query(query)
    raise errors.missing_token()


def parse_date(text: str) -> int | None:
    """Epoch seconds of a date in ISO 8601's basic format, or None."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61):
        return None
    return timegm((year, month, day, hour, minute, second))


def _from_header(header: str, request: SignedRequest) -> Claim:
    algorithm, _, rest = header.partition(" ")
    parts: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if equals:
            parts[name] = value
        elif name:
            raise errors.no_key_value_pair(name, header)
    date = request.header(b"x-amz-date") or request.header(b"date")
    missing = [name for name in _HEADER_PARTS if not parts.get(name)]
    if missing or not date:
        raise errors.incomplete_header(missing, dated=bool(date), authorization=header)
    token = request.header(b"x-amz-security-token")
    return _claim(
        algorithm,
        parts["Credential"],
        parts["SignedHeaders"],
        parts["Signature"],
        date.decode("latin-1"),
        token=None if token is None else token.decode("latin-1"),
        expires_s=None,
    )


def _from_query(query: dict[str, str]) -> Claim:
    missing = [name for name in _QUERY_PARTS if not query.get(name)]
    if missing:
        raise errors.incomplete_query(missing)
    expiry = query.get("X-Amz-Expires", "900")
    if not (expiry.isascii() and expiry.isdigit() and 1 <= int(expiry[:9]) <= _EXPIRY_MAX_S):
        raise errors.malformed_expiry(expiry)
    return _claim(
        query["X-Amz-Algorithm"],
        query["X-Amz-Credential"],
        query["X-Amz-SignedHeaders"],
        query["X-Amz-Signature"],
        query["X-Amz-Date"],
        token=query.get("X-Amz-Security-Token"),
        expires_s=int(expiry),
    )


def _claim(
    algorithm: str,
    credential: str,
    signed_headers: str,
    signature: str,
    date: str,
    *,
    token: str | None,
    expires_s: int | None,
) -> Claim:
    if algorithm != "AWS4-HMAC-SHA256":
        raise errors.unsupported_algorithm(algorithm)
    # An access key of ours has no slash, but one that a developer made up may.
    elements = credential.rsplit("/", 4)
    if len(elements) != 5:
        raise errors.malformed_credential(credential)
    time_s = parse_date(date)
    if time_s is None:
        parsed = parsedate_tz(date) if expires_s is None else None
        if parsed is None:
            raise errors.malformed_date(date)
        time_s = int(mktime_tz(parsed))
    access_key, day, region, service, terminator = elements
    return Claim(
        access_key=access_key,
        day=day,
        region=region,
        service=service,
        terminator=terminator,
        signed_headers=tuple(signed_headers.lower().split(";")),
        signature=signature,
        date=date,
        time_s=time_s,
        token=token,
        expires_s=expires_s,
    )


def _query(query: bytes) -> dict[str, str]:
    """Parameters of a query string; of a repeated one, the first. Bytes are latin-1, as those of
    headers are: what is signed is bytes again."""
    found: dict[str, str] = {}
    for part in query.decode("latin-1").split("&"):
        name, _, value = part.partition("=")
        found.setdefault(unquote_plus(name, "latin-1"), unquote_plus(value, "latin-1"))
    return found
