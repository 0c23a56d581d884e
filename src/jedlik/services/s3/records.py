"""What is stored of S3: rows of the internal table "s3" (tables/internal.py).

    ("bucket", name)                            -> Bucket
    ("config|" + bucket id, kind)               -> a configuration, as its XML was read
    ("object|" + bucket id, key)                -> Version: the current one, or a delete marker
    ("version|" + bucket id, key, later first)  -> Version: those that are not current any more
    ("upload|" + bucket id, key, upload id)     -> Upload
    ("part|" + upload id, number)               -> Part
    ("layout|" + upload id, number)             -> Layout: what an object of parts is made of
    ("blob|" + shelf, blob id)                  -> the blob of that id is referred to
    ("garbage", number)                         -> Garbage: work that a delete left for later

A name that ends in something else than the key has the key escaped, so that rows stay in the order
of keys: NUL becomes NUL 1, and NUL NUL ends it.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, TypeVar

import msgspec

from jedlik.tables.internal import Change, Record

TABLE = "s3"
BUCKETS = "bucket"
GARBAGE = "garbage"
NULL = "null"
END = "\U0010ffff"
REFERRED = b"1"

_SEQ_MAX = 10**20 - 1
_LAYOUT_PARTS = 1000

Headers = dict[str, str]
Grants = list[dict[str, Any]]


class Bucket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """versioning: "", "Enabled" or "Suspended". configured: kinds of configurations it has."""

    name: str
    id: str
    account: str
    region: str
    created_ms: int
    versioning: str = ""
    object_lock: bool = False
    configured: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.name}"


class Version(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of an object, or a delete marker.

    seq: grows with every write; version: "null" or what clients call it. Bytes are in `blob`, or
    in the layout of an upload, or there are none. headers: those that are given back as they
    came (content-type and the like), by lower-case name. checksum: (algorithm, value, "FULL_OBJECT"
    or "COMPOSITE"). lock_mode, lock_until_ms: its retention; legal_hold: "ON", "OFF" or "", by
    object_lock.py. grants: its access control list, if it has one. customer: by what the key of
    the customer's own is known again with which bytes and checksum are sealed (customer_keys.py).
    Of the current version only: null_seq, where the null version is if it is not this one; older:
    whether there may be others.
    """

    key: str
    seq: int
    version: str = NULL
    modified_ms: int
    etag: str = ""
    size: int = 0
    blob: str = ""
    layout: str = ""
    parts: int = 0
    marker: bool = False
    headers: Headers = {}
    metadata: Headers = {}
    tags: Headers = {}
    checksum: tuple[str, str, str] | None = None
    storage_class: str = "STANDARD"
    encryption: str = "AES256"
    kms_key: str = ""
    bucket_key: bool = False
    customer: str = ""
    lock_mode: str = ""
    lock_until_ms: int = 0
    legal_hold: str = ""
    grants: Grants = []
    restored_until_ms: int = 0
    null_seq: int = 0
    older: bool = False


class Upload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A multipart upload that is going on. algorithm: of its checksums, "" if none was chosen.
    completing: set by whoever completes it just now, and different each time."""

    id: str
    key: str
    started_ms: int
    headers: Headers = {}
    metadata: Headers = {}
    tags: Headers = {}
    completing: str = ""
    algorithm: str = ""
    checksum_type: str = ""
    storage_class: str = "STANDARD"
    encryption: str = "AES256"
    kms_key: str = ""
    bucket_key: bool = False
    customer: str = ""
    lock_mode: str = ""
    lock_until_ms: int = 0
    legal_hold: str = ""
    grants: Grants = []


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    number: int
    etag: str
    size: int
    modified_ms: int
    blob: str = ""
    checksum: tuple[str, str] | None = None


class Layout(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some of the parts of an object, in order."""

    parts: list[Part]


class Garbage(msgspec.Struct, frozen=True, omit_defaults=True):
    """layout: the layout's rows and blobs go. parts: the part rows of an upload go, and those of
    its blobs that no layout of that upload kept."""

    layout: str = ""
    parts: str = ""


T = TypeVar("T", Bucket, Version, Upload, Part, Layout, Garbage)


def decode(kind: type[T], row: Record) -> T:
    return msgspec.json.decode(row.document, type=kind)


def encode(record: Any) -> bytes:
    return msgspec.json.encode(record)


def objects(bucket: Bucket) -> str:
    """The group of a bucket's current versions."""
    return f"object|{bucket.id}"


def versions(bucket: Bucket) -> str:
    return f"version|{bucket.id}"


def uploads(bucket: Bucket) -> str:
    return f"upload|{bucket.id}"


def configurations(bucket: Bucket) -> str:
    return f"config|{bucket.id}"


def escaped(key: str) -> str:
    """A key as the beginning of a longer name."""
    return key.replace("\0", "\0\1")


def version_name(key: str, seq: int) -> str:
    return f"{escaped(key)}\0\0{_SEQ_MAX - seq:020d}"


def upload_name(key: str, upload_id: str) -> str:
    return f"{escaped(key)}\0\0{upload_id}"


def part_name(number: int) -> str:
    return f"{number:05d}"


def referred(blob: str) -> Change:
    """The row that keeps a blob."""
    return Change(f"blob|{blob[:2]}", blob, REFERRED)


def no_longer_referred(blob: str) -> Change:
    group = f"blob|{blob[:2]}"
    return Change(group, blob, None, Record(group, blob, REFERRED))


def version_id(seq: int, noise: bytes) -> str:
    """A version's name for clients; noise: 16 bytes, so that names are no numbers to be guessed."""
    return urlsafe_b64encode(seq.to_bytes(8, "big") + noise).decode()


def seq_of(version: str) -> int | None:
    """Where the version of that name is, or None for what never was a name."""
    try:
        raw = urlsafe_b64decode(version)
    except ValueError:
        return None
    return int.from_bytes(raw[:8], "big") if len(raw) == 24 else None


def layouts_of(parts: list[Part]) -> list[Layout]:
    """Parts in rows of bearable size."""
    return [
        Layout(parts[start : start + _LAYOUT_PARTS])
        for start in range(0, len(parts), _LAYOUT_PARTS)
    ]
