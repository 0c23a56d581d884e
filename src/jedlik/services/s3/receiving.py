"""Bytes of an object on their way in: to a content file, hashed as they pass, in threads.

Memory is bounded by what the network holds back: one piece is worked on while the next arrives.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jedlik.api.rest import Body
from jedlik.services.s3 import checksums
from jedlik.services.s3.customer_keys import CustomerKey
from jedlik.services.s3.errors import (
    bad_checksum,
    bad_digest,
    entity_too_large,
    invalid_checksum,
    invalid_digest,
    invalid_request,
)
from jedlik.services.s3.sealing import SealingWriter, Stretch, content
from jedlik.storage.blobs import Blobs, BlobWriter


class Receiver:
    """A content file and its hashes. Methods block; one thread at a time."""

    def __init__(
        self, blobs: Blobs, algorithms: Iterable[str], key: CustomerKey | None = None
    ) -> None:
        """key: seals the content file."""
        self._blobs = blobs
        self._key = key
        self._writer: BlobWriter | None = None
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._running = {name: checksums.running(name) for name in algorithms}
        self.size = 0

    def take(self, data: bytes) -> None:
        if not data:
            return
        if self._writer is None:
            writer = self._blobs.writer()
            self._writer = SealingWriter(writer, self._key) if self._key else writer
        self._writer.write(data)
        self._md5.update(data)
        for each in self._running.values():
            each.update(data)
        self.size += len(data)

    def finish(self) -> None:
        """Complete and durable, though nothing refers to it yet."""
        if self._writer is not None:
            self._writer.finish()

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.abort()

    @property
    def blob(self) -> str:
        """ "" where there are no bytes at all."""
        return self._writer.id if self._writer is not None else ""

    @property
    def md5(self) -> bytes:
        return self._md5.digest()

    def etag(self, *, opaque: bool) -> str:
        """opaque: for bytes of which nobody is told the MD5, those under a key of somebody's."""
        return os.urandom(16).hex() if opaque else self.md5.hex()

    def checksum(self, algorithm: str) -> str:
        return checksums.text(self._running[algorithm].digest())


class Expected:
    """What a client says of the bytes: checked once they are there.

    algorithm: the checksum that is kept. value: None where it comes in a trailer, or not at all.
    """

    def __init__(self, req: Mapping[str, Any], headers: Mapping[str, str], chosen: str) -> None:
        """chosen: the algorithm of the upload, "" if none. Raises S3Error."""
        self.md5 = req.get("ContentMD5")
        if self.md5 is not None and not checksums.is_value("MD5", self.md5):
            raise invalid_digest(self.md5)
        given = {
            name: req[f"Checksum{name}"]
            for name in checksums.ALGORITHMS
            if req.get(f"Checksum{name}") is not None
        }
        for name, value in given.items():
            if not checksums.is_value(name, value):
                raise invalid_checksum(f"x-amz-checksum-{name.lower()}")
        trailing = [
            name.strip().lower().removeprefix("x-amz-checksum-").upper()
            for name in headers.get("x-amz-trailer", "").split(",")
            if name.strip().lower().startswith("x-amz-checksum-")
        ]
        if len(given) + len(trailing) > 1:
            raise invalid_request(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                "allowed."
            )
        self.is_given = bool(given or trailing)
        asked = str(req.get("ChecksumAlgorithm") or "").upper()
        if asked:
            checksums.running(asked)
            if not self.is_given:
                raise invalid_request(
                    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* "
                    "or x-amz-trailer headers were found."
                )
            if asked not in (*given, *trailing):
                raise invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid.")
        self.algorithm = next(iter((*given, *trailing)), asked or chosen or checksums.DEFAULT)
        self.value = given.get(self.algorithm)
        self._trailing = bool(trailing)

    def check(self, receiver: Receiver, trailers: Mapping[str, str]) -> str:
        """The checksum that is kept. Raises S3Error if what came is not what was said."""
        if self.md5 is not None and b64decode(self.md5) != receiver.md5:
            raise bad_digest(self.md5, checksums.text(receiver.md5))
        found = receiver.checksum(self.algorithm)
        expected = self.value
        if self._trailing:
            header = f"x-amz-checksum-{self.algorithm.lower()}"
            expected = trailers.get(header)
            if expected is None or not checksums.is_value(self.algorithm, expected):
                raise invalid_checksum(header)
        if expected is not None and expected != found:
            raise bad_checksum(self.algorithm)
        return found


async def receive(
    blobs: Blobs,
    body: Body,
    expected: Expected,
    *,
    bytes_max: int,
    also: str = "",
    key: CustomerKey | None = None,
) -> tuple[Receiver, str]:
    """Take in a body: a finished Receiver, and the checksum. Nothing is left behind on failure.

    also: another algorithm to calculate by. key: seals the content file.
    """
    receiver = Receiver(blobs, {expected.algorithm, also or expected.algorithm}, key)

    def take(data: bytes) -> None:
        receiver.take(body.decode(data))

    def check_and_finish() -> str:
        found = expected.check(receiver, body.finish())
        receiver.finish()
        return found

    try:
        while data := await body.receive():
            await blobs.run(take, data)
            if receiver.size > bytes_max:
                raise entity_too_large(receiver.size, bytes_max)
        checksum = await blobs.run(check_and_finish)
    except BaseException:
        await blobs.run(receiver.abort)
        raise
    return receiver, checksum


async def receive_copy(
    blobs: Blobs,
    stretches: Sequence[Stretch],
    algorithms: Iterable[str],
    *,
    source_key: CustomerKey | None = None,
    key: CustomerKey | None = None,
) -> Receiver:
    """The content of other blobs as that of a new one. source_key: of theirs; key: of the new."""
    receiver = Receiver(blobs, algorithms, key)
    try:
        async for piece in content(blobs, stretches, source_key):
            await blobs.run(receiver.take, piece)
        await blobs.run(receiver.finish)
    except BaseException:
        await blobs.run(receiver.abort)
        raise
    return receiver
