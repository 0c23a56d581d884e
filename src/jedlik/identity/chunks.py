"""Bodies in chunks that are signed one by one, S3's aws-chunked coding. No I/O.

    10000;chunk-signature=ad80c7…CRLF  bytes CRLF  …  0;chunk-signature=b6c6ea…CRLF
    x-amz-checksum-crc32c:sOO8/Q== CRLF  x-amz-trailer-signature:63bddb… CRLF CRLF

Each signature covers the one before it, so that chunks can be neither changed, dropped nor moved.
Source: S3 API reference, "Signature calculations … Transferring payload in multiple chunks".
"""

from __future__ import annotations

import re
from hashlib import sha256
from hmac import compare_digest

from jedlik.api.errors import ApiError

from .sigv4 import SigningKey

_LINE_MAX = 256
_TRAILERS_MAX = 4096
_EMPTY = sha256(b"").hexdigest()
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[ \t]*chunk-signature=([0-9a-f]{64}))?[ \t]*")

HEAD, DATA, AFTER_DATA, TRAILERS, DONE = range(5)


def incomplete() -> ApiError:
    return ApiError(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )


class ChunkDecoder:
    """Takes bytes as they come and gives the content.

    key: verifies signatures, which then must be there; None takes chunks as they are. trailing:
    trailers follow, signed if the chunks are.
    """

    def __init__(
        self, *, key: SigningKey | None, seed: str, date: str, scope: str, signed: bool,
        trailing: bool,
    ) -> None:  # fmt: skip
        self._key = key if signed else None
        self._previous = seed
        self._date = date
        self._scope = scope
        self._signed = signed
        self._trailing = trailing
        self._state = HEAD
        self._left = b""  # the beginning of a line, or of the trailers
        self._missing = 0
        self._signature = ""
        self._hash = sha256()
        self.trailers: dict[str, str] = {}
        self.count = 0

    def feed(self, data: bytes) -> bytes:
        """The content in the next bytes. Raises ApiError for broken framing or signatures."""
        out: list[bytes] = []
        data, self._left = self._left + data, b""
        at = 0
        while at < len(data):
            if self._state == DATA:
                part = data[at : at + self._missing]
                at += len(part)
                self._missing -= len(part)
                self.count += len(part)
                if self._key is not None:
                    self._hash.update(part)
                out.append(part)
                if not self._missing:
                    self._state = AFTER_DATA
            elif self._state == TRAILERS:
                self._left = data[at:]
                if len(self._left) > _TRAILERS_MAX:
                    raise _malformed()
                break
            elif self._state == DONE:
                if data[at:].strip(b"\r\n"):
                    raise _malformed()
                break
            else:
                end = data.find(b"\n", at)
                if end < 0:
                    self._left = data[at:]
                    if len(self._left) > _LINE_MAX:
                        raise _malformed()
                    break
                self._line(data[at:end].rstrip(b"\r"))
                at = end + 1
        return b"".join(out) if len(out) != 1 else out[0]

    def finish(self) -> None:
        """The body has ended. Raises ApiError if the chunks have not."""
        if self._state == TRAILERS:
            self._read_trailers(self._left)
        elif self._state != DONE:
            raise incomplete()

    def _line(self, line: bytes) -> None:
        if self._state == AFTER_DATA:
            if line:
                raise _malformed()
            self._verify()
            self._state = HEAD
            return
        found = _SIZE.fullmatch(line)
        if found is None or (self._key is not None and found[2] is None):
            raise _malformed()
        self._missing = int(found[1], 16)
        self._signature = (found[2] or b"").decode()
        self._hash = sha256()
        if self._missing:
            self._state = DATA
        else:
            self._verify()
            self._state = TRAILERS if self._trailing else DONE

    def _verify(self) -> None:
        if self._key is None:
            return
        text = "\n".join(
            ("AWS4-HMAC-SHA256-PAYLOAD", self._date, self._scope, self._previous, _EMPTY,
             self._hash.hexdigest())
        )  # fmt: skip
        self._compare(text, self._signature)

    def _read_trailers(self, text: bytes) -> None:
        signature = ""
        lines: list[str] = []
        for raw in text.decode("latin-1").split("\n"):
            name, colon, value = raw.strip("\r").partition(":")
            name, value = name.strip().lower(), value.strip()
            if not colon:
                if name:
                    raise _malformed()
                continue
            if name == "x-amz-trailer-signature":
                signature = value
            else:
                self.trailers[name] = value
                lines.append(f"{name}:{value}\n")
        if self._key is None:
            return
        signed = sha256("".join(lines).encode()).hexdigest()
        text_signed = "\n".join(
            ("AWS4-HMAC-SHA256-TRAILER", self._date, self._scope, self._previous, signed)
        )
        self._compare(text_signed, signature)

    def _compare(self, text: str, signature: str) -> None:
        assert self._key is not None
        expected = self._key.sign(text.encode())
        if not compare_digest(expected, signature.encode("latin-1")):
            raise ApiError(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                "Check your key and signing method.",
                status=403,
                fields={"StringToSign": text, "SignatureProvided": signature},
            )
        self._previous = expected.decode()


def _malformed() -> ApiError:
    return ApiError("InvalidChunk", "The request body is not in the aws-chunked format.")
