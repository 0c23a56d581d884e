"""Compressing an object while it is made: bytes in, bytes out, and the end.

Snappy is the stream format of snappy-java (xerial's), as AWS writes it, and not Snappy's own
framing format; Hadoop's is its block format. Both need `cramjam`, which
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
XERIAL_BLOCK_BYTES = 32 * 1024
XERIAL_HEADER = b"\x82SNAPPY\0" + (1).to_bytes(4, "big") * 2  # its version, and the oldest like it
SNAPPY = ("Snappy", "HADOOP_SNAPPY")
CONTENT_TYPE = "application/octet-stream"
CONTENT_ENCODINGS = {
    "GZIP": "gzip",
    "ZIP": "zip",
    "Snappy": "snappy-java",
    "HADOOP_SNAPPY": "hadoop-snappy",
}
"""What objects say that they are, as those of AWS do: told by users of it, not in its manuals."""


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


class _SnappyBlocks:
    """Raw Snappy in blocks of one size; each says how long it is, 4 bytes, big end first."""

    block_bytes = XERIAL_BLOCK_BYTES

    def __init__(self) -> None:
        from cramjam import snappy

        self._compress = snappy.compress_raw
        self._rest = bytearray()

    def feed(self, data: bytes) -> bytes:
        self._rest += data
        made, place = [], 0
        while len(self._rest) - place >= self.block_bytes:
            made.append(self._block(bytes(self._rest[place : place + self.block_bytes])))
            place += self.block_bytes
        del self._rest[:place]
        return b"".join(made)

    def finish(self) -> bytes:
        return self._block(bytes(self._rest)) if self._rest else b""

    def _block(self, data: bytes) -> bytes:
        packed = bytes(self._compress(data))
        return len(packed).to_bytes(4, "big") + packed


class _Snappy(_SnappyBlocks):
    """A header before the blocks."""

    def __init__(self) -> None:
        super().__init__()
        self._header = XERIAL_HEADER

    def feed(self, data: bytes) -> bytes:
        header, self._header = self._header, b""
        return header + super().feed(data)

    def finish(self) -> bytes:
        return self._header + super().finish()


class _HadoopSnappy(_SnappyBlocks):
    """Before each block how long it was, in the same form."""

    block_bytes = HADOOP_BLOCK_BYTES

    def _block(self, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + super()._block(data)
