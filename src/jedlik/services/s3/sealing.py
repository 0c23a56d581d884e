"""Bytes sealed with a customer's key: AES-256-GCM in chunks, so that any stretch can be read.

A blob is a sequence of chunks of 64 KB, the last one shorter, each followed by its tag. The key of
a blob is derived from the customer's and the blob's id, which is random and never used again, so a
chunk's place can be its nonce: chunks that were changed, moved or swapped with another blob's do
not open. That none is missing at the end, the size in the row tells.

Checksums are sealed, too: that of a short text could be guessed from.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from jedlik.services.s3.customer_keys import CustomerKey
from jedlik.storage.blobs import Blobs, BlobWriter, Span
from jedlik.storage.waist import StorageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16
_SEALED = CHUNK_BYTES + TAG_BYTES
_NONCE_BYTES = 12


class SealBroken(StorageError):
    """Bytes on disk are not those that were sealed."""


class Stretch(NamedTuple):
    """A stretch of the content of one blob. size: of all its content."""

    id: str
    start: int
    length: int
    size: int


def content(
    blobs: Blobs, stretches: Sequence[Stretch], key: CustomerKey | None
) -> AsyncIterator[bytes]:
    """The content of several stretches, one after the other, in pieces; key: of sealed blobs."""
    if key is None:
        return blobs.read([Span(each.id, each.start, each.length) for each in stretches])
    return _unsealed(blobs, stretches, key)


class SealingWriter:
    """Seals what is written on its way to a blob. Methods block, as a BlobWriter's."""

    def __init__(self, writer: BlobWriter, key: CustomerKey) -> None:
        self.id = writer.id
        self._writer = writer
        self._cipher = _cipher(key, writer.id)
        self._held = bytearray()
        self._count = 0

    def write(self, data: bytes) -> None:
        self._held += data
        whole = len(self._held) // CHUNK_BYTES * CHUNK_BYTES
        for at in range(0, whole, CHUNK_BYTES):
            self._seal(bytes(self._held[at : at + CHUNK_BYTES]))
        del self._held[:whole]

    def finish(self) -> None:
        if self._held:
            self._seal(bytes(self._held))
            self._held.clear()
        self._writer.finish()

    def abort(self) -> None:
        self._held.clear()
        self._writer.abort()

    def _seal(self, chunk: bytes) -> None:
        self._writer.write(self._cipher.encrypt(_nonce(self._count), chunk, None))
        self._count += 1


def seal_text(key: CustomerKey | None, text: str) -> str:
    """A checksum as it is stored; as it is without a key."""
    if key is None:
        return text
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _cipher(key, "checksum").encrypt(nonce, text.encode(), None)
    return b64encode(nonce + sealed).decode()


def open_text(key: CustomerKey | None, text: str) -> str:
    if key is None:
        return text
    from cryptography.exceptions import InvalidTag

    raw = b64decode(text)
    try:
        opened = _cipher(key, "checksum").decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None)
    except InvalidTag:
        raise SealBroken("a checksum is not what was stored") from None
    return opened.decode()


async def _unsealed(
    blobs: Blobs, stretches: Sequence[Stretch], key: CustomerKey
) -> AsyncIterator[bytes]:
    pieces = blobs.read([_enclosing(each) for each in stretches])
    held = bytearray()
    try:
        for stretch in stretches:
            cipher = _cipher(key, stretch.id)
            end = stretch.start + stretch.length
            for first, count, sealed in _runs(stretch):
                while len(held) < sealed:
                    held += await anext(pieces)
                data = bytes(held[:sealed])
                del held[:sealed]
                plain = await blobs.run(_open, cipher, stretch.id, first, count, data)
                at = first * CHUNK_BYTES
                yield plain[max(0, stretch.start - at) : end - at]
    finally:
        await pieces.aclose()  # type: ignore[attr-defined]


_RUN_CHUNKS = 8  # opened at once


def _runs(stretch: Stretch) -> Iterator[tuple[int, int, int]]:
    """(first chunk, how many, sealed bytes), together all chunks that a stretch touches."""
    chunk = stretch.start // CHUNK_BYTES
    beyond = -(-(stretch.start + stretch.length) // CHUNK_BYTES)
    while chunk < beyond:
        count = min(_RUN_CHUNKS, beyond - chunk)
        plain = min(count * CHUNK_BYTES, stretch.size - chunk * CHUNK_BYTES)
        yield chunk, count, plain + count * TAG_BYTES
        chunk += count


def _enclosing(stretch: Stretch) -> Span:
    """The sealed bytes that hold a stretch."""
    runs = list(_runs(stretch))
    start = runs[0][0] * _SEALED if runs else 0
    return Span(stretch.id, start, sum(sealed for _, _, sealed in runs))


def _open(cipher: AESGCM, id: str, first: int, count: int, sealed: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag

    view = memoryview(sealed)
    try:
        return b"".join(
            cipher.decrypt(_nonce(first + n), view[n * _SEALED : (n + 1) * _SEALED], None)
            for n in range(count)
        )
    except InvalidTag:
        raise SealBroken(f"blob {id} is not what was stored") from None


def _cipher(key: CustomerKey, purpose: str) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key.derived(purpose.encode()))


def _nonce(count: int) -> bytes:
    return count.to_bytes(_NONCE_BYTES, "big")
