"""AWS Signature Version 4: what is signed and how. Pure functions of bytes, and cached HMAC keys.

Source: "Create a signed AWS API request", IAM user guide. The tests take botocore as the oracle.
"""

from __future__ import annotations

import hmac
import posixpath
import re
from binascii import hexlify
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import quote_from_bytes, unquote_to_bytes

ALGORITHM = b"AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
UNSIGNED_PAYLOAD = b"UNSIGNED-PAYLOAD"

_BLOCK = 64  # bytes of SHA-256's block
_INNER = bytes(b ^ 0x36 for b in range(256))
_OUTER = bytes(b ^ 0x5C for b in range(256))
_BLANKS = re.compile(rb"[ \t]+")


class SigningKey:
    """A signing key as two SHA-256 states: copying them saves half of each HMAC."""

    __slots__ = ("inner", "inner_block", "outer", "outer_block")

    def __init__(self, key: bytes) -> None:
        padded = key.ljust(_BLOCK, b"\0")
        self.inner_block = padded.translate(_INNER)
        self.outer_block = padded.translate(_OUTER)
        self.inner = sha256(self.inner_block)
        self.outer = sha256(self.outer_block)

    def sign(self, text: bytes) -> bytes:
        """HMAC-SHA256 of the text, as lower-case hexadecimal digits."""
        inner = self.inner.copy()
        inner.update(text)
        outer = self.outer.copy()
        outer.update(inner.digest())
        return hexlify(outer.digest())


def signing_key(secret: str, *, day: str, region: str, service: str) -> SigningKey:
    """The key that signs for one day, region and service."""
    key = ("AWS4" + secret).encode()
    for part in (day, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return SigningKey(key)


def canonical_request(
    method: bytes,
    path: bytes,
    query: bytes,
    *,
    headers: Iterable[tuple[bytes, bytes]],
    signed_headers: bytes,
    payload_hash: bytes,
    path_is_canonical: bool = False,
) -> bytes:
    """headers: the signed ones, lower-case name and value, in the order of `signed_headers`.

    path_is_canonical: neither resolved nor escaped a second time, as S3 has it.
    """
    lines = b"".join(b"%b:%b\n" % (name, canonical_value(value)) for name, value in headers)
    path = path if path_is_canonical else canonical_path(path)
    return b"\n".join((method, path, canonical_query(query), lines, signed_headers, payload_hash))


def string_to_sign(date: bytes, scope: bytes, canonical: bytes) -> bytes:
    return b"%b\n%b\n%b\n%b" % (ALGORITHM, date, scope, payload_hash(canonical))


def payload_hash(body: bytes) -> bytes:
    """SHA-256 as lower-case hexadecimal digits."""
    return hexlify(sha256(body).digest())


def canonical_value(value: bytes) -> bytes:
    """A header's value with blanks at its ends gone and runs of them made one."""
    return _BLANKS.sub(b" ", value.strip(b" \t"))


def canonical_path(path: bytes) -> bytes:
    """The path as sent, dots and doubled slashes resolved, each byte escaped once more.

    Every service but S3 signs the path escaped twice.
    """
    if path == b"/" or not path:
        return b"/"
    resolved = posixpath.normpath(path)
    if resolved.startswith(b"//"):  # POSIX keeps two leading slashes
        resolved = resolved[1:]
    if path.endswith(b"/") and resolved != b"/":
        resolved += b"/"
    return quote_from_bytes(resolved, safe="/~").encode("ascii")


def escape_path(path: bytes) -> bytes:
    """The path with every byte escaped that should be, and no other."""
    return quote_from_bytes(unquote_to_bytes(path), safe="/-_.~").encode("ascii") or b"/"


def canonical_query(query: bytes) -> bytes:
    """Parameters decoded, escaped anew and sorted; the signature itself left out."""
    if not query:
        return b""
    pairs = []
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if name and name != b"X-Amz-Signature":
            pairs.append((_escape(name), _escape(value)))
    return b"&".join(b"%b=%b" % pair for pair in sorted(pairs))


def _escape(text: bytes) -> bytes:
    return quote_from_bytes(unquote_to_bytes(text), safe="-_.~").encode("ascii")
