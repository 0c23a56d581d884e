"""The body of an S3 request: bytes as they come, content as it was signed.

Joins what three layers know: `net` receives, `identity` decodes chunks and their signatures, and
the hash that a header declared is compared at the end. Whoever reads it sees an `api.rest.Body`.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from jedlik.api.errors import ApiError
from jedlik.identity import chunks, s3
from jedlik.net import BodyBroken, Incoming, Request, StreamedRequest


class S3Body:
    """length: of the content, None if the client did not say. is_chunked: by HTTP's transfer coding
    alone."""

    def __init__(self, request: Request, caller: s3.Caller) -> None:
        """Raises ApiError for headers that contradict each other."""
        stream = request.stream if isinstance(request, StreamedRequest) else None
        self._stream: Incoming | None = stream
        self._rest = b"" if stream is not None else request.body_sent
        self.sent_length = stream.length if stream is not None else len(self._rest)
        self.length = self.sent_length
        self._count = 0
        self._trailers: dict[str, str] = {}
        self._decoder: chunks.ChunkDecoder | None = None
        self._declared = ""
        coding = (request.header(b"content-encoding") or b"").lower()
        payload = caller.payload
        if payload not in s3.CHUNKED and coding.startswith(b"aws-chunked"):
            payload = s3.UNSIGNED_CHUNKS_TRAILER
        if payload in s3.CHUNKED:
            self._decoder = chunks.ChunkDecoder(
                key=caller.key,
                seed=caller.seed,
                date=caller.date,
                scope=caller.scope,
                signed=payload != s3.UNSIGNED_CHUNKS_TRAILER,
                trailing=payload != s3.SIGNED_CHUNKS,
            )
            self.length = _decoded_length(request)
        elif payload != s3.UNSIGNED:
            self._declared = payload
        self.is_chunked = self.length is None and self._decoder is None
        self._hash = sha256() if self._declared else None

    async def receive(self) -> bytes:
        if self._stream is None:
            data, self._rest = self._rest, b""
            return data
        try:
            return await self._stream.receive()
        except BodyBroken as broken:
            raise chunks.incomplete() from broken

    def decode(self, data: bytes) -> bytes:
        if self._decoder is not None:
            data = self._decoder.feed(data)
        if self._hash is not None:
            self._hash.update(data)
        self._count += len(data)
        if self.length is not None and self._count > self.length:
            raise chunks.incomplete()
        return data

    def finish(self) -> Mapping[str, str]:
        if self._decoder is not None:
            self._decoder.finish()
            self._trailers = self._decoder.trailers
        if self.length is not None and self._count != self.length:
            raise chunks.incomplete()
        if self._hash is not None and self._hash.hexdigest() != self._declared:
            raise ApiError(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                fields={
                    "ClientComputedContentSHA256": self._declared,
                    "S3ComputedContentSHA256": self._hash.hexdigest(),
                },
            )
        return self._trailers

    async def whole(self, bytes_max: int) -> tuple[bytes, Mapping[str, str]]:
        """All of a small body, and its trailers. Raises ApiError if it is no small one."""
        parts = []
        size = 0
        while data := await self.receive():
            parts.append(self.decode(data))
            size += len(parts[-1])
            if size > bytes_max:
                raise ApiError(
                    "MaxMessageLengthExceeded", "Your request was too big.",
                    fields={"MaxMessageLengthBytes": str(bytes_max)},
                )  # fmt: skip
        return b"".join(parts), self.finish()


def _decoded_length(request: Request) -> int | None:
    text = request.header(b"x-amz-decoded-content-length")
    if text is None:
        return None
    if not text.isdigit() or len(text) > 18:
        raise ApiError("InvalidArgument", "Invalid x-amz-decoded-content-length header.")
    return int(text)
