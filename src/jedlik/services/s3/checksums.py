"""Checksums of objects: running ones, and those of a whole made from those of its parts.

Values are base64, as they travel. A composite checksum is that of the parts' checksums put
together, with "-" and their number behind it; a full-object CRC of several parts is calculated
from the parts' CRCs and sizes without reading the bytes again.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any, Protocol

from jedlik.services.s3.errors import invalid_request

CRCS = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8}  # name: bytes
HASHES = {"SHA1": 20, "SHA256": 32, "SHA512": 64, "MD5": 16}
ALGORITHMS = (*CRCS, *HASHES)
DEFAULT = "CRC64NVME"
"""What S3 keeps when a client chooses none (user guide, "Checking object integrity")."""


def make_ready() -> None:
    """Read the library, which takes some sixty milliseconds: once, where there are objects, before
    somebody waits for one."""
    import awscrt.checksums  # noqa: F401


class Running(Protocol):
    """A checksum in the making."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class _Crc:
    __slots__ = ("_bytes", "_crc", "_value")

    def __init__(self, algorithm: str) -> None:
        # Not at the top: the library is large, and a server without objects does without it.
        from awscrt import checksums

        self._crc: Any = getattr(checksums, algorithm.lower())
        self._bytes = CRCS[algorithm]
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = self._crc(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._bytes, "big")


def running(algorithm: str) -> Running:
    """A new checksum. Raises for algorithms that are not there."""
    if algorithm in CRCS:
        return _Crc(algorithm)
    if algorithm in HASHES:
        return hashlib.new(algorithm.lower(), usedforsecurity=False)
    raise invalid_request(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        f"[{', '.join(ALGORITHMS)}]"
    )


def text(digest: bytes) -> str:
    return b64encode(digest).decode()


def is_value(algorithm: str, value: str) -> bool:
    """Whether the text can be a checksum of the algorithm."""
    size = CRCS.get(algorithm) or HASHES.get(algorithm)
    try:
        return len(b64decode(value, validate=True)) == size
    except ValueError:
        return False


def composite(algorithm: str, parts: Sequence[str]) -> str:
    """The checksum of checksums."""
    whole = running(algorithm)
    for part in parts:
        whole.update(b64decode(part))
    return f"{text(whole.digest())}-{len(parts)}"


def full_object(algorithm: str, parts: Sequence[tuple[str, int]]) -> str:
    """The CRC of parts put together, from (checksum, size in bytes) of each."""
    from awscrt import checksums

    combine: Any = getattr(checksums, f"combine_{algorithm.lower()}")
    value = 0
    for checksum, size in parts:
        value = combine(value, int.from_bytes(b64decode(checksum), "big"), size)
    return text(value.to_bytes(CRCS[algorithm], "big"))
