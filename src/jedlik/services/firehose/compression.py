"""Compressing an object while it is made: bytes in, bytes out, and the end.

Snappy is the framing format, Hadoop's its block format; both need `cramjam`, which
`pip install 'jedlik[firehose]'` brings. Nothing here holds more than a block.
"""

from __future__ import annotations

import importlib.util
import io
import zipfile
import zlib
from typing import Any, Protocol

GZIP_LEVEL = 6
HADOOP_BLOCK_BYTES = 256 * 1024
SNAPPY = ("Snappy", "HADOOP_SNAPPY")


class Compressor(Protocol):
    def feed(self, data: bytes) -> bytes:
        """What the object grows by."""

    def finish(self) -> bytes:
        """What is at its end."""


def snappy_is_there() -> bool:
    return importlib.util.find_spec("cramjam") is not None


def compressor(kind: str, name: str) -> Compressor:
    """name: of the file in a ZIP archive."""
    if kind == "GZIP":
        return _Gzip()
    if kind == "ZIP":
        return _Zip(name)
    if kind == "Snappy":
        return _Snappy()
    if kind == "HADOOP_SNAPPY":
        return _HadoopSnappy()
    return _Plain()


class _Plain:
    def feed(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


class _Gzip:
    def __init__(self) -> None:
        self._made = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)

    def feed(self, data: bytes) -> bytes:
        return self._made.compress(data)

    def finish(self) -> bytes:
        return self._made.flush()


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found


class _Zip:
    """An archive of one file."""

    def __init__(self, name: str) -> None:
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        self._file = self._archive.open(name, "w", force_zip64=True)

    def feed(self, data: bytes) -> bytes:
        self._file.write(data)
        return self._sink.taken()

    def finish(self) -> bytes:
        self._file.close()
        self._archive.close()
        return self._sink.taken()


class _Snappy:
    def __init__(self) -> None:
        from cramjam import snappy

        self._made = snappy.Compressor()

    def feed(self, data: bytes) -> bytes:
        self._made.compress(data)
        return bytes(self._made.flush())

    def finish(self) -> bytes:
        return bytes(self._made.finish())


class _HadoopSnappy:
    """Blocks: length before, length after compression (both 4 bytes, big end first), raw Snappy."""

    def __init__(self) -> None:
        from cramjam import snappy

        self._compress = snappy.compress_raw
        self._rest = bytearray()

    def feed(self, data: bytes) -> bytes:
        self._rest += data
        made = []
        while len(self._rest) >= HADOOP_BLOCK_BYTES:
            made.append(self._block(bytes(self._rest[:HADOOP_BLOCK_BYTES])))
            del self._rest[:HADOOP_BLOCK_BYTES]
        return b"".join(made)

    def finish(self) -> bytes:
        return self._block(bytes(self._rest)) if self._rest else b""

    def _block(self, data: bytes) -> bytes:
        packed = bytes(self._compress(data))
        return len(data).to_bytes(4, "big") + len(packed).to_bytes(4, "big") + packed
